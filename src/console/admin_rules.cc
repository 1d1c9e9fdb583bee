#include "console/admin_rules.h"

#include <algorithm>
#include <array>

#include "base/digest.h"

namespace evershore::console {

namespace {

constexpr std::array<std::string_view, 4> kConsoleFiles{"/", "/console.js", "/console.css", "/favicon.svg"};

// An address or "localhost" cannot be made to point here by somebody else's DNS.
bool is_own_name(std::string_view host) {
  if (host.empty() || host.starts_with('[')) return true;
  const auto name = host.substr(0, host.rfind(':'));
  return name == "localhost" || name.find_first_not_of("0123456789.") == std::string_view::npos;
}

bool is_same_origin(std::string_view origin, std::string_view host) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (origin.starts_with(scheme) && origin.substr(scheme.size()) == host) return true;
  }
  return false;
}

bool is_other_page(const AdminRequest& request) {
  if (request.fetch_site == "cross-site" || request.fetch_site == "same-site") return true;
  return !request.origin.empty() && !is_same_origin(request.origin, request.host);
}

Role role_of(std::string_view authorization, const AdminTokens& tokens) {
  constexpr std::string_view kScheme = "Bearer ";
  if (tokens.operate.empty()) return Role::kOperate;
  if (!authorization.starts_with(kScheme)) return Role::kNobody;
  const auto given = authorization.substr(kScheme.size());
  if (equal_constant_time(given, tokens.operate.reveal())) return Role::kOperate;
  return !tokens.view.empty() && equal_constant_time(given, tokens.view.reveal()) ? Role::kView : Role::kNobody;
}

}  // namespace

std::string_view role_name(Role role) {
  switch (role) {
    case Role::kNobody: return "nobody";
    case Role::kView: return "view";
    case Role::kOperate: return "operate";
  }
  return "nobody";
}

bool is_console_file(std::string_view path) { return std::ranges::find(kConsoleFiles, path) != kConsoleFiles.end(); }

AdminVerdict judge(const AdminRequest& request, const AdminTokens& tokens) {
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (request.path == "/healthz" || request.path == "/readyz") return {};
  if (tokens.operate.empty() && !is_own_name(request.host)) {
    return {.status = 403, .text = "without a token only an address or localhost may be asked: set admin.token to use a name"};
  }
  if (reads && is_console_file(request.path)) return {};
  if (is_other_page(request)) return {.status = 403, .text = "this request comes from another web page"};
  const Role role = role_of(request.authorization, tokens);
  if (role == Role::kNobody) {
    return {.status = 401,
            .text = "a token is needed: Authorization: Bearer TOKEN (settings: admin.token)",
            .bad_token = !request.authorization.empty()};
  }
  if (!reads && request.method != "POST") return {.status = 405, .text = "only GET and POST are known here", .role = role};
  if (!reads && role != Role::kOperate) return {.status = 403, .text = "the view token may look, not act", .role = role};
  return {.role = role};
}

bool TokenGuard::locked(std::string_view peer, Mono now) const {
  const auto at = failures_.find(peer);
  if (at == failures_.end()) return false;
  const auto recent = std::ranges::count_if(at->second, [now](Mono when) { return now - when < kWindow; });
  return static_cast<size_t>(recent) >= kFailuresMax;
}

void TokenGuard::failed(std::string_view peer, Mono now) {
  auto& times = failures_[std::string(peer)];
  times.push_back(now);
  if (times.size() > kFailuresMax) times.pop_front();
  if (failures_.size() <= kPeersMax) return;
  const auto oldest = std::ranges::min_element(failures_, {}, [](const auto& entry) { return entry.second.back(); });
  failures_.erase(oldest);
}

}  // namespace evershore::console
