#include "edge/access_rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "edge/site_match.h"

namespace evershore::edge {

namespace {

// The host in "https://www.example.com:8443/page"; "" where there is none.
std::string host_in(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return "";
  url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find_first_of("/?#"));
  if (const auto at = url.rfind('@'); at != std::string_view::npos) url.remove_prefix(at + 1);
  return host_name(url);
}

bool covers(std::string_view pattern, std::string_view host) {
  if (pattern == "*") return true;
  if (!pattern.starts_with("*.")) return pattern == host;
  return host.size() > pattern.size() - 1 && host.ends_with(pattern.substr(1));
}

bool referer_passes(const AccessSettings& access, const http::Headers& headers) {
  if (access.referers.empty()) return true;
  const auto referer = headers.find("referer");
  if (!referer || referer->empty()) return access.referer_absent;
  const auto host = host_in(*referer);
  return !host.empty() && std::ranges::any_of(access.referers, [&](const auto& pattern) { return covers(pattern, host); });
}

}  // namespace

Access access_of(const AccessSettings& access, const http::RequestHead& request) {
  const bool limited = !access.methods.empty() && request.method != "OPTIONS";
  if (limited && std::ranges::find(access.methods, request.method) == access.methods.end()) return Access::kMethod;
  return referer_passes(access, request.headers) ? Access::kYes : Access::kReferer;
}

std::string allowed_methods(const AccessSettings& access) {
  auto methods = access.methods;
  if (std::ranges::find(methods, "OPTIONS") == methods.end()) methods.emplace_back("OPTIONS");
  return fmt::format("{}", fmt::join(methods, ", "));
}

}  // namespace evershore::edge
