// Character classes of RFC 9110 5.6.2 and 5.5, and RFC 9112 3.2, as tables.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
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

namespace chars_detail {
// True: there may be one that is not in kFieldChars among these eight (or a tab, which is).
inline bool perhaps_control(const char* eight) {
  constexpr uint64_t kOnes = 0x0101010101010101, kHigh = 0x80 * kOnes;
  uint64_t bytes = 0;
  std::memcpy(&bytes, eight, sizeof bytes);
  const uint64_t unlike_delete = bytes ^ (0x7f * kOnes);
  const uint64_t below_space = (bytes - 0x20 * kOnes) & ~bytes;
  const uint64_t deletes = (unlike_delete - kOnes) & ~unlike_delete;
  return ((below_space | deletes) & kHigh) != 0;
}
}  // namespace chars_detail

// all_of(text, kFieldChars), eight at a time: asked of every field that comes and goes.
inline bool all_field_chars(std::string_view text) {
  if (text.size() < 8) return all_of(text, kFieldChars);
  bool perhaps = chars_detail::perhaps_control(text.data() + text.size() - 8);
  for (size_t at = 0; at + 8 < text.size(); at += 8) perhaps |= chars_detail::perhaps_control(text.data() + at);
  return !perhaps || all_of(text, kFieldChars);
}
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace evershore::http
