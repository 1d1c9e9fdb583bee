#include "edge/headers_policy.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace evershore::edge {

namespace {
// CloudFront's managed SecurityHeadersPolicy; Strict-Transport-Security is a setting of the edge.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kSecurity = {{{"X-Content-Type-Options", "nosniff"},
                                                                                     {"X-Frame-Options", "SAMEORIGIN"},
                                                                                     {"Referrer-Policy", "strict-origin-when-cross-origin"},
                                                                                     {"X-XSS-Protection", "1; mode=block"}}};
}  // namespace

void apply_policy(const HeaderPolicySettings& policy, http::Headers& headers) {
  for (const auto& name : policy.remove) headers.remove(name);
  for (const auto& [name, value] : policy.override) headers.set(name, value);
  for (const auto& [name, value] : policy.set)
    if (!headers.has(name)) headers.add(name, value);
  if (!policy.security) return;
  for (const auto& [name, value] : kSecurity)
    if (!headers.has(name)) headers.add(name, value);
}

bool policy_may_change(std::string_view name) {
  constexpr std::array<std::string_view, 15> kNot = {
      "accept-ranges", "age",           "connection", "content-encoding", "content-length",    "content-range", "date", "etag",
      "keep-alive",    "last-modified", "location",   "set-cookie2",      "transfer-encoding", "upgrade",       "via"};
  return std::ranges::none_of(kNot, [&](std::string_view own) { return equal_ignoring_case(own, name); });
}

}  // namespace evershore::edge
