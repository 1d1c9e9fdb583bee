#include "health/plan.h"

#include "model/health.h"

namespace evershore::health {

namespace {

constexpr std::string_view kTcpScheme = "tcp://";

std::string without_tcp_scheme(const std::string& url) { return url.starts_with(kTcpScheme) ? url.substr(kTcpScheme.size()) : url; }

ProbedCheck region_check(const RegionSettings& region) {
  ProbedCheck check{.name = region_check_name(region.name), .rules = rules_of(region.check), .timeout = region.check.timeout};
  check.target = {.kind = ProbeTarget::Kind::kRegion, .region = region};
  check.target.region.check = {};
  return check;
}

ProbedCheck edge_check(const EdgeCheckSettings& edge) {
  ProbedCheck check{.name = edge_check_name(edge.node), .rules = rules_of(edge.timing), .timeout = edge.timing.timeout};
  const bool tcp = edge.url.starts_with(kTcpScheme);
  check.target = {.kind = tcp ? ProbeTarget::Kind::kTcp : ProbeTarget::Kind::kAlive, .url = without_tcp_scheme(edge.url)};
  return check;
}

ProbedCheck probed_check(const HealthCheckSettings& settings) {
  ProbedCheck check{.name = settings.name, .rules = rules_of(settings.timing), .timeout = settings.timing.timeout};
  const bool tcp = settings.type == CheckType::kTcp;
  check.target = {.kind = tcp ? ProbeTarget::Kind::kTcp : ProbeTarget::Kind::kHttp,
                  .url = tcp ? without_tcp_scheme(settings.url) : settings.url,
                  .search = settings.search};
  check.switches = {.inverted = settings.inverted, .disabled = settings.disabled};
  return check;
}

}  // namespace

Plan plan_of(const HealthSettings& settings) {
  Plan plan;
  for (const auto& [_, region] : settings.regions) plan.probed.push_back(region_check(region));
  if (settings.edge) plan.probed.push_back(edge_check(*settings.edge));
  for (const auto& [name, check] : settings.checks) {
    if (check.type != CheckType::kCalculated) {
      plan.probed.push_back(probed_check(check));
      continue;
    }
    plan.calculated.push_back({.name = name,
                               .children = check.children,
                               .healthy_at_least = check.healthy_at_least,
                               .switches = {.inverted = check.inverted, .disabled = check.disabled}});
  }
  return plan;
}

}  // namespace evershore::health
