// The health checks of the settings: what each type needs, and which checks a calculated one may watch.
#include <algorithm>
#include <set>

#include "app/settings/cross_check.h"
#include "base/text.h"
#include "io/http_client.h"

namespace evershore::app {

namespace {

struct CheckedCheck {
  const HealthCheckSettings& check;
  std::string path;
  Problems& problems;

  void add(std::string_view key, std::string_view message) const { problems.add(fmt::format("{}.{}", path, key), message); }
  void refuse(std::string_view key, std::string_view message) const {
    if (problems.present(fmt::format("{}.{}", path, key))) add(key, message);
  }
};

void check_http(const CheckedCheck& at, std::string_view scheme) {
  const std::string& url = at.check.url;
  if (url.empty()) return at.add("url", "is missing");
  if (!io::parse_http_url(url)) return at.add("url", fmt::format("\"{}\" is not a URL; write it like \"{}host/path\"", url, scheme));
  if (!to_lower(url).starts_with(scheme)) at.add("url", fmt::format("\"{}\" must begin with {} as the check's type says", url, scheme));
}

void check_tcp(const CheckedCheck& at) {
  at.refuse("search", "a tcp check reads nothing; use type http or https");
  std::string_view target = at.check.url;
  if (target.empty()) return at.add("url", "is missing");
  if (target.starts_with("tcp://")) target.remove_prefix(6);
  const auto url = io::parse_http_url(fmt::format("http://{}", target));
  const size_t colon = target.rfind(':');
  const bool has_port = colon != std::string_view::npos && parse_u64(target.substr(colon + 1)).value_or(0) != 0;
  if (!url || url->target != "/" || !has_port || target.ends_with('/')) {
    at.add("url", fmt::format("\"{}\" is not a host and a port; write it like \"db.example.com:5432\"", at.check.url));
  }
}

void check_child(const CheckedCheck& at, size_t index, const Settings& settings, std::span<const std::string> known) {
  const std::string& child = at.check.children[index];
  const std::string key = fmt::format("children[{}]", index);
  if (child.empty()) return;
  if (std::find(known.begin(), known.end(), child) == known.end()) {
    return at.add(key, fmt::format("there is no health check \"{}\"{}", child, did_you_mean(child, known)));
  }
  // Route 53: a calculated check cannot have calculated children.
  const auto other = settings.health_checks.find(child);
  if (other != settings.health_checks.end() && other->second.type == CheckType::kCalculated) {
    at.add(key, fmt::format("\"{}\" is itself calculated; a calculated check counts only checks that probe", child));
  }
}

void check_calculated(const CheckedCheck& at, const Settings& settings, std::span<const std::string> known) {
  for (const std::string_view key : {"url", "search", "interval", "timeout", "failure_threshold"}) {
    at.refuse(key, "a calculated check probes nothing; leave it out");
  }
  if (at.check.children.empty()) return at.add("children", "is missing: name the checks it counts");
  std::set<std::string_view> seen;
  for (size_t i = 0; i < at.check.children.size(); ++i) {
    check_child(at, i, settings, known);
    if (!seen.insert(at.check.children[i]).second)
      at.add(fmt::format("children[{}]", i), fmt::format("\"{}\" is there twice", at.check.children[i]));
  }
  if (at.check.healthy_at_least > at.check.children.size()) {
    at.add("healthy_at_least", fmt::format("is {}, but there are only {} children: it would never be healthy", at.check.healthy_at_least,
                                           at.check.children.size()));
  }
}

void check_probing(const CheckedCheck& at) {
  for (const std::string_view key : {"children", "healthy_at_least"}) at.refuse(key, "is for type \"calculated\"");
  switch (at.check.type) {
    case CheckType::kHttp: return check_http(at, "http://");
    case CheckType::kHttps: return check_http(at, "https://");
    default: return check_tcp(at);
  }
}

}  // namespace

void check_health_checks(const Settings& settings, Problems& problems) {
  const std::vector<std::string> known = known_checks(settings);
  for (const auto& [name, check] : settings.health_checks) {
    const CheckedCheck at{check, "health_checks." + name, problems};
    // Without a good type nothing more can be said about it.
    if (!problems.present(at.path + ".type") || problems.any_below(at.path + ".type")) continue;
    if (check.type == CheckType::kCalculated) {
      check_calculated(at, settings, known);
    } else {
      check_probing(at);
    }
  }
}

}  // namespace evershore::app
