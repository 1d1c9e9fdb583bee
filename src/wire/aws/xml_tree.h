// Reading the services' documents with pugixml; for this folder's .cc files only.
#pragma once

#include <pugixml.hpp>

#include <string>
#include <string_view>

#include "base/result.h"
#include "wire/aws/call.h"

namespace evershore::aws {

inline constexpr size_t kAnswerBytesMax = 16 << 20;

// The root of the answer's document, whatever it is called.
Result<pugi::xml_node> read_xml(pugi::xml_document& document, const Answer& answer, std::string_view what);

std::string text_of(const pugi::xml_node& node, const char* name);
uint64_t number_of(const pugi::xml_node& node, const char* name);  // 0 if absent or no number
bool flag_of(const pugi::xml_node& node, const char* name);
std::string xml_of(const pugi::xml_node& node);  // as text again

}  // namespace evershore::aws
