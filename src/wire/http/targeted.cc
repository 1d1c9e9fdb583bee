#include "wire/http/targeted.h"

#include <fmt/format.h>

#include <map>
#include <string>

#include "base/text.h"
#include "wire/http/chars.h"
#include "wire/http/lists.h"

namespace evershore::http {

namespace {

constexpr bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool is_alpha(char c) { return is_lower(ascii_lower(c)); }
constexpr bool is_key_char(char c) { return is_lower(c) || is_digit(c) || c == '_' || c == '-' || c == '.' || c == '*'; }

// A value as a Cache-Control argument would be written; kIgnored: of a type that no directive has.
struct Value {
  enum class Kind : uint8_t { kTrue, kFalse, kArgument, kIgnored };
  Kind kind = Kind::kTrue;
  std::string argument{};
};

// RFC 8941 4.2, as far as a dictionary needs it. Every step says whether the text could be read.
class DictionaryReader {
 public:
  explicit DictionaryReader(std::string_view text) : rest_(text) {}

  // Members by key, the last of equal ones; nullopt: malformed.
  std::optional<std::map<std::string, Value>> read() {
    std::map<std::string, Value> members;
    skip_spaces();
    while (!rest_.empty()) {
      std::string key;
      Value value;
      if (members.size() == kListMembersMax || !read_key(key) || !read_member(value)) return std::nullopt;
      members.insert_or_assign(std::move(key), std::move(value));
      skip_blanks();
      if (rest_.empty()) break;
      if (!take(',')) return std::nullopt;
      skip_blanks();
      if (rest_.empty()) return std::nullopt;  // a comma must be followed by a member
    }
    return members;
  }

 private:
  bool next_is(char c) const { return !rest_.empty() && rest_.front() == c; }
  bool take(char c) {
    if (!next_is(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void skip_spaces() {
    while (take(' ')) {
    }
  }
  void skip_blanks() {
    while (take(' ') || take('\t')) {
    }
  }
  template <class Wanted>
  std::string_view take_while(Wanted wanted) {
    size_t count = 0;
    while (count < rest_.size() && wanted(rest_[count])) ++count;
    const auto taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  bool read_key(std::string& key) {
    if (rest_.empty() || (!is_lower(rest_.front()) && rest_.front() != '*')) return false;
    key = take_while(is_key_char);
    return true;
  }
  bool read_member(Value& value) {
    if (take('=') && !(next_is('(') ? read_inner_list(value) : read_item(value))) return false;
    return read_parameters();
  }
  bool read_parameters() {
    while (take(';')) {
      skip_spaces();
      std::string key;
      Value value;
      if (!read_key(key) || (take('=') && !read_item(value))) return false;
    }
    return true;
  }
  bool read_inner_list(Value& value) {
    take('(');
    value.kind = Value::Kind::kIgnored;
    for (;;) {
      skip_spaces();
      if (take(')')) return true;
      Value member;
      if (rest_.empty() || !read_item(member) || !read_parameters()) return false;
      if (!next_is(' ') && !next_is(')')) return false;
    }
  }
  bool read_item(Value& value) {
    if (rest_.empty()) return false;
    const char c = rest_.front();
    if (c == '-' || is_digit(c)) return read_number(value);
    if (c == '"') return read_string(value);
    if (c == '?') return read_boolean(value);
    value.kind = Value::Kind::kIgnored;
    if (c == ':') return read_bytes();
    if (c != '*' && !is_alpha(c)) return false;
    take_while([](char t) { return kTokenChars[static_cast<uint8_t>(t)] || t == ':' || t == '/'; });
    return true;
  }
  bool read_number(Value& value) {
    const bool negative = take('-');
    const auto digits = take_while(is_digit);
    const bool decimal = take('.');
    const auto fraction = decimal ? take_while(is_digit) : std::string_view{};
    value = {negative || decimal ? Value::Kind::kIgnored : Value::Kind::kArgument, std::string(digits)};
    if (digits.empty() || digits.size() > (decimal ? 12 : 15)) return false;
    return !decimal || (!fraction.empty() && fraction.size() <= 3);
  }
  bool read_string(Value& value) {
    take('"');
    value.kind = Value::Kind::kArgument;
    while (!rest_.empty()) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') return true;
      if (c < 0x20 || c > 0x7e) return false;
      if (c != '\\') {
        value.argument += c;
        continue;
      }
      if (!next_is('"') && !next_is('\\')) return false;
      value.argument += rest_.front();
      rest_.remove_prefix(1);
    }
    return false;
  }
  bool read_boolean(Value& value) {
    take('?');
    if (take('1')) return value.kind = Value::Kind::kTrue, true;
    return value.kind = Value::Kind::kFalse, take('0');
  }
  bool read_bytes() {
    take(':');
    take_while([](char c) { return is_alpha(c) || is_digit(c) || c == '+' || c == '/' || c == '='; });
    return take(':');
  }

  std::string_view rest_;
};

bool is_number(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_digit); }

}  // namespace

std::optional<CacheControl> parse_targeted(std::string_view value) {
  const auto members = DictionaryReader(value).read();
  if (!members || members->empty()) return std::nullopt;
  std::string plain;
  for (const auto& [key, member] : *members) {
    if (member.kind == Value::Kind::kTrue) plain += key + ", ";
    if (member.kind != Value::Kind::kArgument) continue;
    const bool field_names = key == "no-cache" || key == "private";
    if (is_number(member.argument)) plain += fmt::format("{}={}, ", key, member.argument);
    if (field_names && !is_number(member.argument)) plain += fmt::format("{}=\"{}\", ", key, member.argument);
  }
  return parse_cache_control(plain);
}

std::optional<CacheControl> parse_surrogate_control(std::string_view value, std::string_view device) {
  std::string ours;
  for (const auto directive : split_list(value)) {
    const auto semicolon = directive.find(';');
    const auto target = semicolon == std::string_view::npos ? device : trim(directive.substr(semicolon + 1));
    if (equal_ignoring_case(target, device)) ours.append(trim(directive.substr(0, semicolon))).append(", ");
  }
  if (ours.empty()) return std::nullopt;
  return parse_cache_control(ours);
}

}  // namespace evershore::http
