#include "edge/breaker.h"

#include <gtest/gtest.h>

namespace evershore::edge {
namespace {

using namespace std::chrono_literals;

constexpr Mono kStart{1h};
const BreakerRules kRules{};

// Applies evidence of attempts that begin as it is given.
BreakerStep feed(BreakerState& state, Evidence evidence, Mono at) {
  const auto made = step(kRules, state, evidence, at, at);
  state = made.next;
  return made;
}
BreakerState opened(Mono at) {
  BreakerState state;
  for (int i = 0; i < 3; ++i) feed(state, Evidence::kFailed, at);
  EXPECT_EQ(state.phase, Phase::kOpen);
  return state;
}

TEST(Breaker, two_failures_in_a_row_are_pending_and_the_third_opens_it) {
  BreakerState state;
  EXPECT_EQ(feed(state, Evidence::kFailed, kStart).change, BreakerChange::kPending);
  EXPECT_EQ(feed(state, Evidence::kFailed, kStart).change, BreakerChange::kPending);
  EXPECT_EQ(feed(state, Evidence::kFailed, kStart).change, BreakerChange::kOpened);
}

TEST(Breaker, an_answer_in_between_starts_the_count_anew) {
  BreakerState state;
  feed(state, Evidence::kFailed, kStart);
  feed(state, Evidence::kFailed, kStart);
  feed(state, Evidence::kAnswered, kStart);
  feed(state, Evidence::kFailed, kStart);
  feed(state, Evidence::kFailed, kStart);
  EXPECT_EQ(state.phase, Phase::kClosed);
}

TEST(Breaker, half_of_many_failing_opens_it_though_never_three_in_a_row) {
  BreakerState state;
  for (int i = 0; i < 19; ++i) feed(state, i % 2 == 0 ? Evidence::kFailed : Evidence::kAnswered, kStart);
  EXPECT_EQ(state.phase, Phase::kClosed);
  feed(state, Evidence::kAnswered, kStart);
  EXPECT_EQ(feed(state, Evidence::kFailed, kStart).change, BreakerChange::kOpened);
}

TEST(Breaker, failures_of_an_older_window_do_not_count) {
  BreakerState state;
  for (int i = 0; i < 19; ++i) feed(state, i % 2 == 0 ? Evidence::kFailed : Evidence::kAnswered, kStart);
  feed(state, Evidence::kFailed, kStart + 6s);
  EXPECT_EQ(state.phase, Phase::kClosed);
}

TEST(Breaker, silence_opens_it_only_when_it_is_long_and_several_wait) {
  BreakerState state;
  for (int i = 0; i < 10; ++i) feed(state, Evidence::kSilent, kStart);
  EXPECT_EQ(state.phase, Phase::kClosed);  // several, not long
  feed(state, Evidence::kSilent, kStart + 249ms);
  EXPECT_EQ(state.phase, Phase::kClosed);
  EXPECT_EQ(feed(state, Evidence::kSilent, kStart + 250ms).change, BreakerChange::kOpened);

  BreakerState few;
  feed(few, Evidence::kSilent, kStart);
  feed(few, Evidence::kSilent, kStart + 10s);
  EXPECT_EQ(few.phase, Phase::kClosed);  // long, not several
}

TEST(Breaker, a_byte_that_arrives_ends_the_silence_whenever_its_request_began) {
  BreakerState state;
  for (int i = 0; i < 10; ++i) feed(state, Evidence::kSilent, kStart);
  state = step(kRules, state, Evidence::kAlive, kStart - 10s, kStart + 100ms).next;
  feed(state, Evidence::kSilent, kStart + 300ms);
  EXPECT_EQ(state.phase, Phase::kClosed);
}

TEST(Breaker, a_probe_is_due_after_the_backoff_and_only_one) {
  auto state = opened(kStart);
  EXPECT_FALSE(probe_due(state, kStart + 249ms));
  EXPECT_TRUE(probe_due(state, kStart + 250ms));
  EXPECT_EQ(feed(state, Evidence::kProbeSent, kStart + 250ms).change, BreakerChange::kHalfOpened);
  EXPECT_FALSE(probe_due(state, kStart + 260ms));
}

TEST(Breaker, two_good_probes_close_it) {
  auto state = opened(kStart);
  feed(state, Evidence::kProbeSent, kStart + 250ms);
  EXPECT_EQ(feed(state, Evidence::kAnswered, kStart + 260ms).change, BreakerChange::kPending);
  EXPECT_TRUE(probe_due(state, kStart + 260ms));
  feed(state, Evidence::kProbeSent, kStart + 260ms);
  EXPECT_EQ(feed(state, Evidence::kAnswered, kStart + 270ms).change, BreakerChange::kClosed);
}

TEST(Breaker, a_bad_probe_doubles_the_backoff_up_to_its_cap) {
  auto state = opened(kStart);
  Mono now = kStart;
  for (const auto expected : {500ms, 1000ms, 2000ms, 4000ms, 8000ms, 8000ms}) {
    now = state.probe_at;
    feed(state, Evidence::kProbeSent, now);
    EXPECT_EQ(feed(state, Evidence::kFailed, now).change, BreakerChange::kReopened);
    EXPECT_EQ(state.probe_at - now, expected);
  }
}

TEST(Breaker, more_failures_while_open_are_one_outage) {
  auto state = opened(kStart);
  const Mono due = state.probe_at;
  EXPECT_EQ(feed(state, Evidence::kFailed, kStart + 100ms).change, BreakerChange::kNone);
  EXPECT_EQ(state.probe_at, due);
}

TEST(Breaker, an_attempt_begun_before_the_phase_proves_nothing_about_it) {
  auto state = opened(kStart);
  feed(state, Evidence::kProbeSent, kStart + 250ms);
  state = step(kRules, state, Evidence::kFailed, kStart - 2s, kStart + 260ms).next;  // times out only now
  EXPECT_EQ(state.phase, Phase::kHalfOpen);
  state = step(kRules, state, Evidence::kAnswered, kStart - 2s, kStart + 260ms).next;
  EXPECT_EQ(state.probes_good, 0u);
}

TEST(Breaker, a_user_nothing_better_was_left_to_is_a_probe_too) {
  auto state = opened(kStart);
  EXPECT_EQ(feed(state, Evidence::kAnswered, kStart + 10ms).change, BreakerChange::kHalfOpened);
  EXPECT_EQ(feed(state, Evidence::kAnswered, kStart + 20ms).change, BreakerChange::kClosed);
}

}  // namespace
}  // namespace evershore::edge
