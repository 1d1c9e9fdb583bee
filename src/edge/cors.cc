#include "edge/cors.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "wire/http/lists.h"

namespace evershore::edge {

namespace {

// `pattern` has at most one '*'.
bool fits(std::string_view pattern, std::string_view text) {
  const auto star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == text;
  const auto before = pattern.substr(0, star), after = pattern.substr(star + 1);
  return text.size() >= before.size() + after.size() && text.starts_with(before) && text.ends_with(after);
}

bool fits_any(const std::vector<std::string>& patterns, std::string_view text) {
  return std::ranges::any_of(patterns, [&](const auto& pattern) { return fits(pattern, text); });
}

bool allows_fields(const CorsRuleSettings& rule, std::string_view requested) {
  const auto allowed = [&](std::string_view name) {
    const auto lower = to_lower(name);
    return std::ranges::any_of(rule.headers, [&](const auto& pattern) { return fits(to_lower(pattern), lower); });
  };
  return std::ranges::all_of(http::split_list(requested), allowed);
}

const CorsRuleSettings* rule_for(std::span<const CorsRuleSettings> rules, std::string_view origin, std::string_view method,
                                 std::string_view fields) {
  for (const auto& rule : rules)
    if (fits_any(rule.origins, origin) && std::ranges::find(rule.methods, method) != rule.methods.end() && allows_fields(rule, fields))
      return &rule;
  return nullptr;
}

std::string joined(const std::vector<std::string>& members) { return fmt::format("{}", fmt::join(members, ", ")); }

// As S3: "*" where the rule says just that, else the origin itself, with credentials.
void allow_origin(const CorsRuleSettings& rule, std::string_view origin, http::Headers& answer) {
  const bool any = std::ranges::find(rule.origins, "*") != rule.origins.end();
  answer.set("Access-Control-Allow-Origin", any ? "*" : origin);
  if (!any) answer.set("Access-Control-Allow-Credentials", "true");
}

}  // namespace

bool is_preflight(const http::RequestHead& request) {
  return request.method == "OPTIONS" && request.headers.has("origin") && request.headers.has("access-control-request-method");
}

std::optional<http::ResponseHead> answer_preflight(std::span<const CorsRuleSettings> rules, const http::RequestHead& request) {
  const auto origin = request.headers.get("origin");
  const auto fields = request.headers.joined("access-control-request-headers");
  const auto* rule = rule_for(rules, origin, request.headers.get("access-control-request-method"), fields);
  if (rule == nullptr) return std::nullopt;
  http::ResponseHead head;
  head.status = 204;
  allow_origin(*rule, origin, head.headers);
  head.headers.add("Access-Control-Allow-Methods", joined(rule->methods));
  if (!fields.empty()) head.headers.add("Access-Control-Allow-Headers", to_lower(fields));
  if (rule->max_age > Duration::zero())
    head.headers.add("Access-Control-Max-Age", fmt::to_string(std::chrono::duration_cast<std::chrono::seconds>(rule->max_age).count()));
  head.headers.add("Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method");
  head.headers.add("Via", "1.1 evershore");
  return head;
}

void add_cors(std::span<const CorsRuleSettings> rules, const http::RequestHead& request, http::Headers& answer) {
  if (rules.empty()) return;
  for (const auto* name : {"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Expose-Headers"})
    answer.remove(name);
  add_vary(answer, "Origin");
  const auto origin = request.headers.get("origin");
  const auto* rule = origin.empty() ? nullptr : rule_for(rules, origin, request.method, "");
  if (rule == nullptr) return;
  allow_origin(*rule, origin, answer);
  if (!rule->expose.empty()) answer.set("Access-Control-Expose-Headers", joined(rule->expose));
}

void add_vary(http::Headers& headers, std::string_view name) {
  const auto vary = headers.joined("vary");
  if (vary.empty()) return headers.set("Vary", name);
  if (http::list_contains(vary, name) || http::list_contains(vary, "*")) return;
  headers.set("Vary", vary + ", " + std::string(name));
}

}  // namespace evershore::edge
