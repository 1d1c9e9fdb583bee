#include "base/json_text.h"

#include <fmt/format.h>

#include <iterator>

namespace evershore {

namespace {

// Length of the well-formed UTF-8 sequence (RFC 3629) at the start of `text`; 0 when there is none. Surrogates and
// overlong forms of three and four bytes are let through: readers of logs cope.
size_t utf8_length(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const size_t length = lead < 0x80                   ? 1
                        : lead >= 0xc2 && lead < 0xe0 ? 2
                        : lead >= 0xe0 && lead < 0xf0 ? 3
                        : lead >= 0xf0 && lead < 0xf5 ? 4
                                                      : 0;
  if (length > text.size()) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) return 0;
  }
  return length;
}

bool plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\';
}

void append_character(std::string& out, std::string_view character) {
  const auto first = static_cast<unsigned char>(character.front());
  const bool c1 = character.size() == 2 && first == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0;
  if (first == '"' || first == '\\') {
    out += '\\';
    out += character;
  } else if (first < 0x20 || first == 0x7f) {
    fmt::format_to(std::back_inserter(out), "\\u{:04x}", first);
  } else if (c1) {
    fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(character[1]));
  } else {
    out += character;
  }
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    size_t run = 0;
    while (run < text.size() && plain(text[run])) ++run;
    out += text.substr(0, run);
    text.remove_prefix(run);
    if (text.empty()) break;
    const size_t length = utf8_length(text);
    if (length == 0) {
      out += "\\ufffd";
    } else {
      append_character(out, text.substr(0, length));
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out += '"';
}

}  // namespace evershore
