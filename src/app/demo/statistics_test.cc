#include "app/demo/statistics.h"

#include <gtest/gtest.h>

namespace evershore::app::demo {
namespace {

using std::chrono::milliseconds;

Mono at(int ms) { return Mono(milliseconds(ms)); }

TEST(Percentile, is_a_value_that_was_seen) {
  std::vector<Duration> values;
  EXPECT_EQ(percentile(values, 0.99), Duration{});
  for (int i = 100; i >= 1; --i) values.push_back(milliseconds(i));
  EXPECT_EQ(percentile(values, 0.50), milliseconds(50));
  EXPECT_EQ(percentile(values, 0.99), milliseconds(99));
  EXPECT_EQ(percentile(values, 1.0), milliseconds(100));
  EXPECT_EQ(percentile(values, 0.0), milliseconds(1));
}

TEST(RequestSummary, counts_each_outcome_once_and_only_inside_its_span) {
  const std::vector<Sample> samples{{at(9), milliseconds(900), Outcome::kFailed}, {at(10), milliseconds(1), Outcome::kGood},
                                    {at(11), milliseconds(2), Outcome::kFailed},  {at(12), milliseconds(3), Outcome::kTruncated},
                                    {at(19), milliseconds(4), Outcome::kWrong},   {at(20), milliseconds(900), Outcome::kFailed}};
  const auto sum = summarise(samples, {at(10), at(20)});
  EXPECT_EQ(sum.requests, 4u);
  EXPECT_EQ(sum.failed, 1u);
  EXPECT_EQ(sum.truncated, 1u);
  EXPECT_EQ(sum.wrong, 1u);
  EXPECT_EQ(sum.slow, 0u);
  EXPECT_EQ(sum.worst, milliseconds(4));
}

TEST(RequestSummary, a_request_is_slow_above_half_a_second_not_at_it) {
  const std::vector<Sample> samples{{at(1), milliseconds(500)}, {at(2), milliseconds(500) + Duration(1)}};
  EXPECT_EQ(summarise(samples, {at(0), at(10)}).slow, 1u);
}

TEST(Slices, hold_every_request_once_from_a_moment_on) {
  const Mono begin{};
  const auto at = [&](int ms) { return begin + std::chrono::milliseconds(ms); };
  const std::vector<Sample> samples{{.due = at(0), .latency = std::chrono::milliseconds(5)},
                                    {.due = at(249), .latency = std::chrono::milliseconds(7), .outcome = Outcome::kFailed},
                                    {.due = at(1'100), .latency = std::chrono::milliseconds(1)},
                                    {.due = at(5'000), .latency = std::chrono::milliseconds(1)}};
  const auto found = slices(samples, {begin, at(2'000)}, at(1'000));
  ASSERT_EQ(found.size(), 5u) << "without the empty ones at the end";
  EXPECT_EQ(found[0].at, std::chrono::milliseconds(-1'000));
  EXPECT_EQ(found[0].requests, 2u);
  EXPECT_EQ(found[0].bad, 1u);
  EXPECT_EQ(found[0].worst, std::chrono::milliseconds(7));
  EXPECT_EQ(found[4].requests, 1u);
  EXPECT_LE(slices(samples, {begin, begin + std::chrono::hours(1)}, begin).size(), kSlicesMax);
  EXPECT_TRUE(slices({}, {begin, begin}, begin).empty());
}

TEST(DownloadSummary, belongs_to_the_span_it_began_in) {
  const std::vector<Download> downloads{{at(1), at(50), 64, milliseconds(7), Outcome::kGood, ""},
                                        {at(2), at(60), 32, milliseconds(9), Outcome::kTruncated, "ended at 32"},
                                        {at(30), at(60), 64, milliseconds(99), Outcome::kGood, ""}};
  const auto sum = summarise(downloads, {at(0), at(10)});
  EXPECT_EQ(sum.started, 2u);
  EXPECT_EQ(sum.completed, 1u);
  EXPECT_EQ(sum.truncated, 1u);
  EXPECT_EQ(sum.bytes, 96u);
  EXPECT_EQ(sum.longest_stall, milliseconds(9));
}

TEST(TimeToChange, is_from_the_fault_to_the_first_other_answer) {
  const std::vector<DnsChange> changes{{at(0), "1.1.1.1"}, {at(100), "2.2.2.2"}, {at(200), "1.1.1.1"}};
  EXPECT_EQ(time_to_change(changes, at(40)), milliseconds(60));
  EXPECT_EQ(time_to_change(changes, at(100)), milliseconds(100));
  EXPECT_EQ(time_to_change(changes, at(200)), std::nullopt);
  EXPECT_EQ(time_to_change({}, at(0)), std::nullopt);
}

}  // namespace
}  // namespace evershore::app::demo
