// Any bytes as a JSON string.
#pragma once

#include <string>
#include <string_view>

namespace evershore {

// With its quotes. RFC 8259 7 and 8.1: what is not UTF-8 (an object's key may be anything) becomes U+FFFD; control characters are
// escaped, those of a terminal (C1) and DEL too.
void append_json_string(std::string& out, std::string_view text);

}  // namespace evershore
