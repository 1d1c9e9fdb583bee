#include "app/dns_metrics.h"

#include <array>
#include <map>
#include <string>

namespace evershore::app {

namespace {

using console::MetricsText;
using console::MetricType;
using Label = std::pair<std::string_view, std::string_view>;

std::string plain_text(const dns::Name& name) {
  std::string text = name.text();
  if (text.size() > 1) text.pop_back();
  return text;
}

}  // namespace

void dns_query_metrics(MetricsText& out, std::span<const dns::AnswerCounters* const> servers, const std::vector<dns::Name>& zones) {
  for (size_t row = 0; row < zones.size(); ++row) {
    const auto zone = row == 0 ? std::string("other") : plain_text(zones[row]);
    for (size_t column = 0; column < dns::kTypeColumns; ++column) {
      uint64_t sum = 0;
      for (const auto* counters : servers) sum += counters->by_zone_and_type[row][column].get();
      if (sum == 0) continue;
      const std::array<Label, 2> labels{{{"zone", zone}, {"type", dns::kCountedTypes[column].name}}};
      out.add(MetricType::kCounter, "evershore_dns_queries_total", "DNS queries by the zone that the name lies in, and by type.", labels,
              static_cast<double>(sum));
    }
  }
}

void dns_outcome_metrics(MetricsText& out, std::span<const dns::AnswerCounters* const> servers) {
  for (size_t column = 0; column < dns::kOutcomeColumns; ++column) {
    uint64_t sum = 0;
    for (const auto* counters : servers) sum += counters->by_outcome[column].get();
    if (sum == 0) continue;
    const auto why = column == 0 ? std::string_view("fixed") : routing::why_name(static_cast<routing::Why>(column - 1));
    const std::array<Label, 1> labels{{{"outcome", why}}};
    out.add(MetricType::kCounter, "evershore_dns_queries_by_outcome_total",
            "DNS queries in our zones by why the asked name answers what it does; \"fixed\": nothing decides there.", labels,
            static_cast<double>(sum));
  }
}

void dns_record_metrics(MetricsText& out, const std::vector<dns::DecisionLog::Entry>& decisions) {
  std::map<std::string_view, uint64_t> by_outcome;
  for (const auto& entry : decisions) ++by_outcome[routing::why_name(entry.now.why)];
  for (const auto& [outcome, count] : by_outcome) {
    const std::array<Label, 1> labels{{{"outcome", outcome}}};
    out.add(MetricType::kGauge, "evershore_dns_records", "Records with a policy by why they give the answer they give.", labels,
            static_cast<double>(count));
  }
  size_t series = 0;
  for (const auto& [now, since, changes] : decisions) {
    for (const auto& answer : now.chosen) {
      if (++series > kRecordSeriesMax) break;
      const std::array<Label, 3> labels{{{"record", now.name}, {"type", now.type}, {"answer", answer}}};
      out.add(MetricType::kGauge, "evershore_dns_record_answer", "1 for each answer that the record gives now.", labels, 1);
    }
  }
  const size_t listed = std::min(decisions.size(), kRecordSeriesMax);
  for (size_t i = 0; i < listed; ++i) {
    const auto& now = decisions[i].now;
    const std::array<Label, 3> labels{{{"record", now.name}, {"type", now.type}, {"outcome", routing::why_name(now.why)}}};
    out.add(MetricType::kGauge, "evershore_dns_record_outcome", "1 for why the record gives the answer it gives now.", labels, 1);
  }
  for (size_t i = 0; i < listed; ++i) {
    const auto& now = decisions[i].now;
    const std::array<Label, 2> labels{{{"record", now.name}, {"type", now.type}}};
    out.add(MetricType::kCounter, "evershore_dns_record_changes_total", "How often the record's answers, or why it gives them, changed.",
            labels, static_cast<double>(decisions[i].changes));
  }
}

}  // namespace evershore::app
