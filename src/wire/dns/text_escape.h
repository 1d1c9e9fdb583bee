// Master-file text (RFC 1035 5.1): escapes and the splitting of a value into strings.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace evershore::dnswire {

// The byte that starts at text[at], which must exist: itself, \X or \DDD. Moves `at` past it. nullopt: a broken escape.
std::optional<char> take_escaped(std::string_view text, size_t& at);

struct Token {
  std::string raw;   // as written between the quotes or blanks, escapes kept
  std::string text;  // escapes resolved
  bool quoted = false;
};
// Splits at blanks; "..." is one token. Broken escapes and missing end quotes are errors.
Result<std::vector<Token>> tokenize(std::string_view text);

}  // namespace evershore::dnswire
