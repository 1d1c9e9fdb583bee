#include "health/check_state.h"

#include <gtest/gtest.h>

namespace evershore::health {
namespace {

constexpr Mono kStart{std::chrono::hours(1)};
constexpr Health kUp = Health::kUp, kDown = Health::kDown, kUnknown = Health::kUnknown;
constexpr CheckRules kRules{.interval = 1s, .failure_threshold = 3};
constexpr Duration kFast = 100ms;
constexpr std::nullopt_t kAsPlanned = std::nullopt;

const ProbeResult kGood{.ok = true, .why = "200"};
const ProbeResult kBad{.ok = false, .why = "connection refused"};
const ProbeResult kBadAndLate{.ok = false, .self_late = true, .why = "timeout after 1 s"};

CheckState with_failures(Health health, uint32_t failures) { return {.health = health, .failures_in_row = failures}; }
CheckState with_successes(Health health, uint32_t successes) { return {.health = health, .successes_in_row = successes}; }
CheckState damped(CheckState state) {
  state.recovery_factor = 2;
  state.changes.back() = kStart;
  return state;
}

struct Row {
  const char* sentence;
  CheckState at;
  Source source;
  ProbeResult result;
  Health becomes;
  Change change;
  std::optional<Duration> next_probe_in;
};

TEST(CheckState, every_row_of_the_table) {
  constexpr Source kActive = Source::kActive, kPassive = Source::kPassive;
  const Row rows[] = {
      {"a failure while we were late is not counted", with_failures(kUp, 2), kActive, kBadAndLate, kUp, Change::kNone, kFast},
      {"the first good probe brings an unknown one up", {}, kActive, kGood, kUp, Change::kChanged, 1s},
      {"the second bad probe leaves an unknown one unknown", with_failures(kUnknown, 1), kActive, kBad, kUnknown, Change::kPending, kFast},
      {"the third bad probe takes an unknown one down", with_failures(kUnknown, 2), kActive, kBad, kDown, Change::kChanged, 1s},
      {"a good probe leaves an up one up", with_failures(kUp, 2), kActive, kGood, kUp, Change::kNone, 1s},
      {"the first bad probe is confirmed fast", with_failures(kUp, 0), kActive, kBad, kUp, Change::kPending, kFast},
      {"the second bad probe in a row is not enough", with_failures(kUp, 1), kActive, kBad, kUp, Change::kPending, kFast},
      {"the third bad probe in a row takes it down", with_failures(kUp, 2), kActive, kBad, kDown, Change::kChanged, 1s},
      {"a bad probe leaves a down one down", with_successes(kDown, 2), kActive, kBad, kDown, Change::kNone, 1s},
      {"the second good probe in a row is not enough", with_successes(kDown, 1), kActive, kGood, kDown, Change::kPending, kFast},
      {"the third good probe in a row brings it up", with_successes(kDown, 2), kActive, kGood, kUp, Change::kChanged, 1s},
      {"a flapping one needs twice as many", damped(with_successes(kDown, 2)), kActive, kGood, kDown, Change::kPending, 1s},
      {"a flapping one comes up after twice as many", damped(with_successes(kDown, 5)), kActive, kGood, kUp, Change::kChanged, 1s},
      {"the first failed request asks for a probe at once", with_failures(kUp, 0), kPassive, kBad, kUp, Change::kPending, 0s},
      {"a failed request never decides", with_failures(kUp, 2), kPassive, kBad, kUp, Change::kPending, kAsPlanned},
      {"failed requests do not matter to a down one", with_failures(kDown, 3), kPassive, kBad, kDown, Change::kNone, kAsPlanned},
      {"good requests do not bring a down one up", with_successes(kDown, 2), kPassive, kGood, kDown, Change::kNone, kAsPlanned},
      {"good requests do not make an unknown one up", {}, kPassive, kGood, kUnknown, Change::kNone, kAsPlanned},
  };
  for (const Row& row : rows) {
    const CheckStep got = step(kRules, row.at, row.source, row.result, kStart);
    EXPECT_EQ(got.next.health, row.becomes) << row.sentence;
    EXPECT_EQ(got.change, row.change) << row.sentence;
    EXPECT_EQ(got.next_probe_in, row.next_probe_in) << row.sentence;
    EXPECT_EQ(got.change == Change::kChanged, !got.why.empty()) << row.sentence;
  }
}

// Feeds evidence one after the other.
struct Feed {
  CheckRules rules = kRules;
  CheckState state{.health = kUp};
  Mono now = kStart;
  CheckStep last;

  Health probe(const ProbeResult& result) { return take(Source::kActive, result); }
  Health traffic(const ProbeResult& result) { return take(Source::kPassive, result); }
  Health take(Source source, const ProbeResult& result) {
    last = step(rules, state, source, result, now);
    state = last.next;
    return state.health;
  }
  void fall() {
    while (state.health != kDown) probe(kBad);
  }
  uint32_t rise() {
    uint32_t probes = 0;
    for (; state.health != kUp; ++probes) probe(kGood);
    return probes;
  }
};

TEST(CheckState, failures_must_be_consecutive) {
  Feed feed;
  for (int i = 0; i < 5; ++i) {
    feed.probe(kBad);
    feed.probe(kBad);
    EXPECT_EQ(feed.probe(kGood), kUp);
  }
}

TEST(CheckState, the_reason_counts_the_probes_and_quotes_the_last) {
  Feed feed;
  feed.fall();
  EXPECT_EQ(feed.last.why, "3 of 3 probes failed, last: connection refused");
  feed.rise();
  EXPECT_EQ(feed.last.why, "3 of 3 probes succeeded, last: 200");
}

TEST(CheckState, a_burst_of_failed_requests_alone_never_takes_it_down) {
  Feed feed;
  for (int i = 0; i < 1'000; ++i) EXPECT_EQ(feed.traffic(kBad), kUp);
  EXPECT_EQ(feed.state.failures_in_row, 1u);
  EXPECT_EQ(feed.probe(kGood), kUp);
  EXPECT_EQ(feed.state.failures_in_row, 0u);
}

TEST(CheckState, failed_requests_between_probes_hasten_the_verdict) {
  Feed feed;
  feed.traffic(kBad);
  EXPECT_EQ(feed.probe(kBad), kUp);
  feed.traffic(kBad);
  feed.traffic(kBad);
  EXPECT_EQ(feed.state.failures_in_row, 3u);
  EXPECT_EQ(feed.probe(kBad), kDown);
  EXPECT_EQ(feed.last.why, "4 of 3 probes failed (2 seen in traffic), last: connection refused");
}

TEST(CheckState, a_good_request_takes_back_a_failed_one_that_no_probe_confirmed) {
  Feed feed;
  feed.traffic(kBad);
  feed.traffic(kGood);
  EXPECT_EQ(feed.state.failures_in_row, 0u);
}

TEST(CheckState, a_good_request_does_not_take_back_a_failed_probe) {
  Feed feed;
  feed.probe(kBad);
  feed.traffic(kGood);
  EXPECT_EQ(feed.state.failures_in_row, 1u);
}

TEST(CheckState, a_threshold_of_one_decides_at_the_first_probe_but_not_at_a_failed_request) {
  Feed feed{.rules = {.interval = 1s, .failure_threshold = 1}};
  EXPECT_EQ(feed.traffic(kBad), kUp);
  EXPECT_EQ(feed.last.next_probe_in, 0s);
  EXPECT_EQ(feed.probe(kBad), kDown);
  EXPECT_EQ(feed.probe(kGood), kUp);
}

TEST(CheckState, confirmation_is_never_slower_than_the_interval) {
  Feed feed{.rules = {.interval = 100ms, .failure_threshold = 3}};
  feed.probe(kBad);
  EXPECT_EQ(feed.last.next_probe_in, 100ms);
}

TEST(CheckState, flapping_doubles_the_successes_needed_up_to_a_cap) {
  Feed feed;
  std::vector<uint32_t> needed;
  for (int i = 0; i < 7; ++i) {
    feed.fall();
    feed.now += 1s;
    needed.push_back(feed.rise());
    feed.now += 1s;
  }
  // From the third fall on there are five changes within the window.
  EXPECT_EQ(needed, (std::vector<uint32_t>{3, 3, 6, 12, 24, 24, 24}));
  EXPECT_EQ(feed.last.why, "24 of 24 probes succeeded (8 times as many as usual: it was flapping), last: 200");
}

TEST(CheckState, a_window_without_change_ends_the_damping) {
  Feed feed;
  for (int i = 0; i < 3; ++i) {
    feed.fall();
    feed.rise();
  }
  EXPECT_EQ(feed.state.recovery_factor, 2u);
  feed.now += kRules.flap_window();
  feed.probe(kGood);
  EXPECT_EQ(feed.state.recovery_factor, 2u);
  feed.now += 1ns;
  feed.probe(kGood);
  EXPECT_EQ(feed.state.recovery_factor, 1u);
}

TEST(CheckState, changes_far_apart_are_not_flapping) {
  Feed feed;
  for (int i = 0; i < 5; ++i) {
    feed.fall();
    EXPECT_EQ(feed.rise(), 3u);
    feed.now += kRules.flap_window() + 1ns;
  }
}

TEST(CheckState, being_late_for_ever_does_not_hide_a_dead_target) {
  Feed feed;
  for (uint32_t i = 0; i < kLateInRowMax; ++i) EXPECT_EQ(feed.probe(kBadAndLate), kUp);
  EXPECT_EQ(feed.state.failures_in_row, 0u);
  feed.probe(kBadAndLate);
  feed.probe(kBadAndLate);
  EXPECT_EQ(feed.probe(kBadAndLate), kDown);
}

TEST(CheckState, the_first_verdict_is_no_flapping) {
  Feed feed{.state = {}};
  feed.probe(kGood);
  EXPECT_EQ(feed.state.changes.back(), Mono::min());
}

}  // namespace
}  // namespace evershore::health
