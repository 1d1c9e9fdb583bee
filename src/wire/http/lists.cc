#include "wire/http/lists.h"

#include "base/text.h"

namespace evershore::http {

namespace {
// Where the member that begins at `at` ends: at a comma outside quotes, or at the end.
size_t member_end(std::string_view value, size_t at) {
  bool quoted = false;
  for (; at < value.size(); ++at) {
    const char c = value[at];
    if (c == '"') {
      quoted = !quoted;
    } else if (c == '\\' && quoted) {
      ++at;
    } else if (c == ',' && !quoted) {
      return at;
    }
  }
  return value.size();
}
}  // namespace

std::vector<std::string_view> split_list(std::string_view value) {
  std::vector<std::string_view> members;
  for (size_t at = 0; at < value.size() && members.size() < kListMembersMax;) {
    const size_t end = member_end(value, at);
    const auto member = trim(value.substr(at, end - at));
    if (!member.empty()) members.push_back(member);
    at = end + 1;
  }
  return members;
}

bool list_contains(std::string_view value, std::string_view member) {
  size_t seen = 0;  // those that split_list() would give, without making a list of them
  for (size_t at = 0; at < value.size() && seen < kListMembersMax;) {
    const size_t end = member_end(value, at);
    const auto found = trim(value.substr(at, end - at));
    if (equal_ignoring_case(found, member) && !found.empty()) return true;
    if (!found.empty()) ++seen;
    at = end + 1;
  }
  return false;
}

std::string unquote(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::string(text);
  text = text.substr(1, text.size() - 2);
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    plain += text[i];
  }
  return plain;
}

}  // namespace evershore::http
