#include "app/dns_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace evershore::app {
namespace {

using dns::DecisionLog;
using testing::HasSubstr;
using testing::Not;

TEST(DnsMetrics, SumsTheServersByZoneAndTypeAndLeavesOutWhatWasNeverAsked) {
  dns::ZoneRegister zones;
  zones.rows_of(std::array{*dns::Name::parse("example.com")});
  const auto first = std::make_unique<dns::AnswerCounters>();
  const auto second = std::make_unique<dns::AnswerCounters>();
  first->by_zone_and_type[1][dns::type_column(1)].add(2);
  second->by_zone_and_type[1][dns::type_column(1)].add(3);
  second->by_zone_and_type[0][dns::type_column(65'280)].add();
  console::MetricsText out;
  const std::array<const dns::AnswerCounters*, 2> servers{first.get(), second.get()};
  dns_query_metrics(out, servers, zones.zones());
  const auto text = out.take();
  EXPECT_THAT(text, HasSubstr("evershore_dns_queries_total{zone=\"example.com\",type=\"A\"} 5\n"));
  EXPECT_THAT(text, HasSubstr("evershore_dns_queries_total{zone=\"other\",type=\"other\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("AAAA")));
}

TEST(DnsMetrics, SumsTheServersByOutcome) {
  const auto counters = std::make_unique<dns::AnswerCounters>();
  counters->by_outcome[0].add(3);
  counters->by_outcome[dns::outcome_column(routing::Why::kFailedOver)].add(2);
  console::MetricsText out;
  const std::array<const dns::AnswerCounters*, 1> servers{counters.get()};
  dns_outcome_metrics(out, servers);
  const auto text = out.take();
  EXPECT_THAT(text, HasSubstr("evershore_dns_queries_by_outcome_total{outcome=\"fixed\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("evershore_dns_queries_by_outcome_total{outcome=\"failed over\"} 2\n"));
}

TEST(DnsMetrics, TellsWhatEachRecordAnswersAndHowOftenThatChanged) {
  const std::vector<DecisionLog::Entry> decisions{
      {.now = {.name = "www.example.com", .type = "A", .chosen = {"one", "two"}, .why = routing::Why::kFailOpen}, .changes = 4}};
  console::MetricsText out;
  dns_record_metrics(out, decisions);
  const auto text = out.take();
  EXPECT_THAT(text, HasSubstr("evershore_dns_record_answer{record=\"www.example.com\",type=\"A\",answer=\"one\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("evershore_dns_record_answer{record=\"www.example.com\",type=\"A\",answer=\"two\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("evershore_dns_record_outcome{record=\"www.example.com\",type=\"A\",outcome=\"fail open\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("evershore_dns_record_changes_total{record=\"www.example.com\",type=\"A\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("evershore_dns_records{outcome=\"fail open\"} 1\n"));
}

TEST(DnsMetrics, ManyRecordsHaveABoundedNumberOfSeries) {
  const std::vector<DecisionLog::Entry> decisions(2 * kRecordSeriesMax, {.now = {.name = "x", .type = "A", .chosen = {"a", "b"}}});
  console::MetricsText out;
  dns_record_metrics(out, decisions);
  const auto text = out.take();
  EXPECT_EQ(static_cast<size_t>(std::ranges::count(text, '\n')), 3 * kRecordSeriesMax + 1 + 4 * 2);
  EXPECT_THAT(text, HasSubstr("evershore_dns_records{outcome=\"preferred\"} 10000\n"));
}

}  // namespace
}  // namespace evershore::app
