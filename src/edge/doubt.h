// Is a region's answer one to the question that was asked? What is not is worth nothing: kept, it would be wrong for everybody.
#pragma once

#include <string_view>

#include "wire/http/message.h"

namespace evershore::edge {

struct Question {
  std::string_view range;    // the Range field that was sent, "" = none
  bool conditional = false;  // If-None-Match or If-Modified-Since was sent
};

// Why the answer is no answer to it; "" if nothing is wrong.
std::string_view doubt(const Question& question, const http::ResponseHead& answer);

}  // namespace evershore::edge
