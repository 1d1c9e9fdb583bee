// Comma-separated field values (RFC 9110 5.6.1), with quoted strings respected.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace evershore::http {

inline constexpr size_t kListMembersMax = 256;  // the rest of a longer list is not looked at

// Members of #rule lists, trimmed, empty ones left out. A comma inside "..." does not separate.
std::vector<std::string_view> split_list(std::string_view value);
// True if `member` is in the list (without case).
bool list_contains(std::string_view value, std::string_view member);
// "a\"b" with its quotes -> a"b ; anything else is returned as it is.
std::string unquote(std::string_view text);

}  // namespace evershore::http
