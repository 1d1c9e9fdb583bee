// Character classes of RFC 9110 5.6.2 and 5.5, and RFC 9112 3.2, as tables.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace evershore::http {

using CharTable = std::array<bool, 256>;

namespace chars_detail {
constexpr CharTable make_token_table() {
  CharTable table{};
  for (int c = '0'; c <= '9'; ++c) table[static_cast<size_t>(c)] = true;
  for (int c = 'a'; c <= 'z'; ++c) table[static_cast<size_t>(c)] = table[static_cast<size_t>(c - 32)] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) table[static_cast<uint8_t>(c)] = true;
  return table;
}
constexpr CharTable make_field_table() {
  CharTable table{};
  for (size_t c = 0x20; c < 256; ++c) table[c] = true;
  table['\t'] = true;
  table[0x7f] = false;
  return table;
}
// Raw bytes above 0x7f and the printable ones that a URI should have encoded are let through, as keys are bytes and some
// clients send them; what could change the message's structure (controls, space, fragment) is not.
constexpr CharTable make_target_table() {
  CharTable table{};
  for (size_t c = 0x21; c < 256; ++c) table[c] = true;
  table[0x7f] = false;
  table['#'] = false;
  return table;
}
}  // namespace chars_detail

inline constexpr CharTable kTokenChars = chars_detail::make_token_table();    // tchar
inline constexpr CharTable kFieldChars = chars_detail::make_field_table();    // field-vchar, SP, HTAB
inline constexpr CharTable kTargetChars = chars_detail::make_target_table();  // in a request target

constexpr bool all_of(std::string_view text, const CharTable& table) {
  return std::ranges::all_of(text, [&](char c) { return table[static_cast<uint8_t>(c)]; });
}
constexpr bool is_token(std::string_view text) { return !text.empty() && all_of(text, kTokenChars); }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace evershore::http
