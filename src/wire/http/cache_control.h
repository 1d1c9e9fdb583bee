// The fields that caching decides by (RFC 9111, RFC 5861, RFC 8246), read once into values. Deciding is the edge's part.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "wire/http/message.h"

namespace evershore::http {

// RFC 9111 1.2.2: delta-seconds beyond 2^31 count as 2^31.
inline constexpr std::chrono::seconds kDeltaSecondsMax{2'147'483'648};

struct CacheControl {
  bool no_store = false;
  bool no_cache = false;  // without field names; with them see no_cache_fields
  bool is_private = false;
  bool is_public = false;
  bool no_transform = false;
  bool must_revalidate = false;
  bool proxy_revalidate = false;
  bool must_understand = false;
  bool immutable = false;
  bool only_if_cached = false;
  // An unreadable number counts as 0, so as stale (RFC 9111 4.2.1); of a doubled directive the first one counts.
  std::optional<std::chrono::seconds> max_age, s_maxage, stale_while_revalidate, stale_if_error, min_fresh;
  std::optional<std::chrono::seconds> max_stale;             // without a number: kDeltaSecondsMax
  std::vector<std::string> no_cache_fields, private_fields;  // lower case
};

CacheControl parse_cache_control(std::string_view value);
CacheControl parse_cache_control(const Headers& headers);  // all Cache-Control fields; Pragma is not looked at

// Age: of a list the first member; nullopt when absent or invalid (RFC 9111 5.1: then it is ignored).
std::optional<std::chrono::seconds> parse_age(const Headers& headers);
// Expires: nullopt when absent. An invalid date, "0" or several that differ: the distant past (RFC 9111 5.3).
std::optional<Wall> parse_expires(const Headers& headers);

struct Vary {
  bool any = false;                // "*": never matches a later request (RFC 9111 4.1)
  std::vector<std::string> names;  // lower case, sorted, each once
  bool operator==(const Vary&) const = default;
};
Vary parse_vary(const Headers& headers);

}  // namespace evershore::http
