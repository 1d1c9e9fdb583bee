#include "edge/secure.h"

#include <fmt/format.h>

#include <algorithm>

namespace evershore::edge {

namespace {

constexpr uint32_t kHttpsPort = 443;
constexpr size_t kTokenBytesMax = 256;

// "assets.example.com:8080" -> "assets.example.com", "[::1]:80" -> "[::1]".
std::string_view without_port(std::string_view host) {
  const auto colon = host.rfind(':');
  const auto bracket = host.rfind(']');
  if (colon == std::string_view::npos || (bracket != std::string_view::npos && colon < bracket)) return host;
  return host.substr(0, colon);
}

// RFC 8555 8.3: only the base64url alphabet.
bool token_char(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; }

}  // namespace

std::optional<Refusal> redirect_to_https(const SiteSettings& site, const http::RequestHead& request, uint32_t https_port) {
  const auto host = without_port(request.host);
  if (!site.redirect_https || host.empty()) return std::nullopt;
  const bool may_become_get = request.method == "GET" || request.method == "HEAD";
  auto answer = refuse(may_become_get ? 301 : 308, "This site is served over HTTPS.");
  const auto port = https_port == kHttpsPort ? std::string() : fmt::format(":{}", https_port);
  answer.head.headers.set("Location", fmt::format("https://{}{}{}", host, port, request.target.starts_with('/') ? request.target : "/"));
  return answer;
}

std::string strict_transport(const HstsSettings& hsts) {
  if (hsts.max_age == Duration::zero()) return "";
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(hsts.max_age).count();
  return fmt::format("max-age={}{}{}", seconds, hsts.include_subdomains ? "; includeSubDomains" : "", hsts.preload ? "; preload" : "");
}

std::optional<Refusal> answer_acme(const http::RequestHead& request, std::string_view thumbprint) {
  if (thumbprint.empty() || (request.method != "GET" && request.method != "HEAD")) return std::nullopt;
  const auto path = request.path();
  if (!path.starts_with(kAcmePath)) return std::nullopt;
  const auto token = path.substr(kAcmePath.size());
  if (token.empty() || token.size() > kTokenBytesMax || !std::ranges::all_of(token, token_char)) return std::nullopt;
  Refusal answer;
  answer.head.status = 200;
  answer.head.headers.add("Content-Type", "application/octet-stream");
  answer.head.headers.add("Cache-Control", "no-store");
  answer.body = fmt::format("{}.{}", token, thumbprint);
  return answer;
}

}  // namespace evershore::edge
