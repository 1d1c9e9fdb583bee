#include "app/dns_report.h"

#include <array>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "wire/dns/rdata.h"

namespace evershore::app {

std::string plain_name(const dns::Name& name) {
  std::string text = name.text();
  if (text.size() > 1) text.pop_back();
  return text;
}

nlohmann::json zones_json(const dns::DnsPublisher& publisher) {
  auto out = nlohmann::json::array();
  for (const auto& zone : publisher.zones()) out.push_back({{"name", plain_name(zone.apex)}, {"serial", dns::serial_of(zone)}});
  return out;
}

nlohmann::json secondaries_json(const dns::Notifier& notifier) {
  auto out = nlohmann::json::array();
  for (const auto& [address, zone, state] : notifier.status()) {
    out.push_back({{"address", address},
                   {"zone", zone},
                   {"serial", state.serial},
                   {"acknowledged", state.acknowledged},
                   {"notices", state.attempts},
                   {"why", state.why}});
  }
  return out;
}

nlohmann::json alias_targets_json(const dns::OutsideBook& book) {
  auto out = nlohmann::json::array();
  for (const auto& [question, state] : book.states()) {
    auto addresses = nlohmann::json::array();
    for (const auto& rdata : state.rdata) addresses.push_back(dnswire::rdata_to_text(question.type, rdata));
    out.push_back({{"name", plain_name(question.name)},
                   {"type", dnswire::type_name(question.type)},
                   {"known", state.known},
                   {"addresses", std::move(addresses)},
                   {"failures", state.failures},
                   {"why", state.why}});
  }
  return out;
}

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
