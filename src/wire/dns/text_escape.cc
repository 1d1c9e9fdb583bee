#include "wire/dns/text_escape.h"

#include <fmt/format.h>

namespace evershore::dnswire {

namespace {
bool digit(char c) { return c >= '0' && c <= '9'; }
bool blank(char c) { return c == ' ' || c == '\t'; }
}  // namespace

std::optional<char> take_escaped(std::string_view text, size_t& at) {
  if (text[at] != '\\') return text[at++];
  if (at + 1 >= text.size()) return std::nullopt;
  if (!digit(text[at + 1])) {
    at += 2;
    return text[at - 1];
  }
  if (at + 3 >= text.size() || !digit(text[at + 2]) || !digit(text[at + 3])) return std::nullopt;
  const int value = (text[at + 1] - '0') * 100 + (text[at + 2] - '0') * 10 + (text[at + 3] - '0');
  if (value > 255) return std::nullopt;
  at += 4;
  return static_cast<char>(value);
}

Result<std::vector<Token>> tokenize(std::string_view text) {
  std::vector<Token> tokens;
  for (size_t at = 0; at < text.size();) {
    if (blank(text[at])) {
      ++at;
      continue;
    }
    Token token;
    token.quoted = text[at] == '"';
    if (token.quoted) ++at;
    while (at < text.size() && (token.quoted ? text[at] != '"' : !blank(text[at]))) {
      const size_t start = at;
      const auto byte = take_escaped(text, at);
      if (!byte) return fail(Fault::kInvalid, "a backslash needs one character or three digits up to 255");
      token.text += *byte;
      token.raw += text.substr(start, at - start);
    }
    if (token.quoted) {
      if (at >= text.size()) return fail(Fault::kInvalid, "the closing quote is missing");
      ++at;
    }
    tokens.push_back(std::move(token));
  }
  return tokens;
}

}  // namespace evershore::dnswire
