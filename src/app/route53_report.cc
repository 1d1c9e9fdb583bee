#include "app/route53_report.h"

#include <array>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "base/text.h"

namespace evershore::app {

nlohmann::json route53_json(const aws::Route53Publisher& publisher) {
  auto out = nlohmann::json::array();
  for (const auto& zone : publisher.status()) {
    out.push_back({{"zone", zone.zone},
                   {"state", aws::publication_state_name(zone.state)},
                   {"in_sync", zone.in_sync},
                   {"problem", zone.problem},
                   {"changed_at", zone.changed_at == Wall{} ? nlohmann::json() : nlohmann::json(format_iso8601(zone.changed_at))}});
  }
  return out;
}

void route53_metrics(console::MetricsText& out, const aws::Route53Publisher& publisher) {
  const auto& counters = publisher.counters();
  out.add(console::MetricType::kCounter, "evershore_dns_route53_changes_total", "Record sets written to Route 53.", {},
          static_cast<double>(counters.changes.get()));
  out.add(console::MetricType::kCounter, "evershore_dns_route53_failures_total", "Attempts to write to Route 53 that did not work.", {},
          static_cast<double>(counters.failures.get()));
  for (const auto& zone : publisher.status()) {
    const std::array<std::pair<std::string_view, std::string_view>, 1> labels{{{"zone", zone.zone}}};
    out.add(console::MetricType::kGauge, "evershore_dns_route53_published", "1 while Route 53 was given what the records answer now.",
            labels, zone.state == aws::PublicationStatus::State::kPublished ? 1 : 0);
  }
}

}  // namespace evershore::app
