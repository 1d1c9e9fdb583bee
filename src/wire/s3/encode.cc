#include "wire/s3/encode.h"

#include <optional>

namespace evershore::s3 {

namespace {
constexpr bool is_unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

std::optional<uint8_t> hex_value(char c) {
  if (c >= '0' && c <= '9') return static_cast<uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<uint8_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<uint8_t>(c - 'A' + 10);
  return std::nullopt;
}
}  // namespace

std::string encode(std::string_view bytes, Slash slash) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 4);
  for (const char c : bytes) {
    if (is_unreserved(c) || (c == '/' && slash == Slash::kKept)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<uint8_t>(c);
    out += '%';
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
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
