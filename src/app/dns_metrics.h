// What /metrics tells of DNS queries and of the records that choose. Pure.
#pragma once

#include <span>
#include <vector>

#include "console/metrics.h"
#include "dns/answer.h"
#include "dns/decision_log.h"

namespace evershore::app {

// However many records there are, so many series of each kind; `evershore_dns_records` counts them all.
inline constexpr size_t kRecordSeriesMax = 5'000;

// Sums over all servers. `zones`: by row, as in DnsPublisher::counted_zones(). What was never asked has no series.
void dns_query_metrics(console::MetricsText& out, std::span<const dns::AnswerCounters* const> servers, const std::vector<dns::Name>& zones);
void dns_outcome_metrics(console::MetricsText& out, std::span<const dns::AnswerCounters* const> servers);
void dns_record_metrics(console::MetricsText& out, const std::vector<dns::DecisionLog::Entry>& decisions);

}  // namespace evershore::app
