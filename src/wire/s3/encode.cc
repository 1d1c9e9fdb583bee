#include "wire/s3/encode.h"

#include <optional>

#include "wire/http/uri.h"

namespace evershore::s3 {

namespace {
std::optional<uint8_t> hex_value(char c) {
  if (c >= '0' && c <= '9') return static_cast<uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<uint8_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<uint8_t>(c - 'A' + 10);
  return std::nullopt;
}
}  // namespace

std::string encode(std::string_view bytes, Slash slash) {
  return http::percent_encode(bytes, slash == Slash::kKept ? http::Slash::kKeep : http::Slash::kEncode);
}

std::string decode(std::string_view text, PlusMeans plus) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus == PlusMeans::kSpace) {
      out += ' ';
      continue;
    }
    const bool escape = text[i] == '%' && i + 2 < text.size();
    const auto high = escape ? hex_value(text[i + 1]) : std::nullopt;
    const auto low = escape ? hex_value(text[i + 2]) : std::nullopt;
    if (high && low) {
      out += static_cast<char>(*high << 4 | *low);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace evershore::s3
