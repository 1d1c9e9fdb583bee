#include "edge/attempts.h"

#include <gtest/gtest.h>

#include <vector>

namespace evershore::edge {
namespace {

using namespace std::chrono_literals;

constexpr Mono kNow{1h};
constexpr Prospect kSound{.sound = true, .hedge_after = 100ms};
constexpr Prospect kUnsound{.sound = false, .hedge_after = 100ms};

PlanStep begun(std::vector<Prospect> order, Purpose purpose = Purpose::kFind) {
  return next_attempt(make_plan(purpose, order), {.event = PlanEvent::kBegin}, kNow);
}
Happened ended(size_t leg, LegEnd end) { return {.event = PlanEvent::kLegEnded, .leg = leg, .end = end}; }
PlanStep after(const PlanStep& at, const Happened& happened, Mono now = kNow) { return next_attempt(at.next, happened, now); }

void expect_start(const PlanStep& made, size_t leg, Spends spends) {
  EXPECT_EQ(made.action.what, Do::kStart);
  EXPECT_EQ(made.action.leg, leg);
  EXPECT_EQ(made.action.spends, spends);
}
void expect_give_up(const PlanStep& made, GiveUp why) {
  EXPECT_EQ(made.action.what, Do::kGiveUp);
  EXPECT_EQ(give_up_name(made.action.why), give_up_name(why));
}

TEST(Attempts, the_first_region_is_asked_first_even_if_none_looks_sound) {
  expect_start(begun({kSound, kSound}), 0, Spends::kNothing);
  expect_start(begun({kUnsound, kUnsound}), 0, Spends::kNothing);
}

TEST(Attempts, what_is_found_is_delivered) {
  const auto made = after(begun({kSound, kSound}), ended(0, LegEnd::kFound));
  EXPECT_EQ(made.action.what, Do::kDeliver);
  EXPECT_EQ(made.action.leg, 0u);
}

TEST(Attempts, after_missing_the_next_is_asked_for_free_sound_or_not) {
  Happened missing = ended(0, LegEnd::kMissing);
  missing.retry_token = false;
  expect_start(after(begun({kSound, kSound}), missing), 1, Spends::kNothing);
  expect_start(after(begun({kSound, kUnsound}), missing), 1, Spends::kNothing);
}

TEST(Attempts, after_an_unfit_answer_the_next_is_asked) {
  expect_start(after(begun({kSound, kSound}, Purpose::kContinue), ended(0, LegEnd::kUnfit)), 1, Spends::kNothing);
}

TEST(Attempts, after_a_failure_a_sound_region_is_asked_for_free_before_an_unsound_one) {
  Happened failed = ended(0, LegEnd::kFailed);
  failed.retry_token = false;
  expect_start(after(begun({kSound, kUnsound, kSound}), failed), 2, Spends::kNothing);
}

TEST(Attempts, a_retry_at_an_unsound_region_costs_a_token) {
  expect_start(after(begun({kUnsound, kUnsound}), ended(0, LegEnd::kFailed)), 1, Spends::kRetry);
}

TEST(Attempts, without_a_token_an_unsound_region_is_not_retried) {
  Happened failed = ended(0, LegEnd::kFailed);
  failed.retry_token = false;
  expect_give_up(after(begun({kUnsound, kUnsound}), failed), GiveUp::kUnavailable);
}

TEST(Attempts, an_unsound_region_is_not_asked_while_another_still_runs) {
  const auto hedged = after(begun({kSound, kSound, kUnsound}), {.event = PlanEvent::kTick}, kNow + 100ms);
  expect_start(hedged, 1, Spends::kHedge);
  EXPECT_EQ(after(hedged, ended(0, LegEnd::kFailed), kNow + 110ms).action.what, Do::kWait);
}

TEST(Attempts, an_end_waits_for_what_still_runs) {
  const auto hedged = after(begun({kSound, kSound}), {.event = PlanEvent::kTick}, kNow + 100ms);
  for (const auto end : {LegEnd::kMissing, LegEnd::kUnfit, LegEnd::kFailed})
    EXPECT_EQ(after(hedged, ended(0, end), kNow + 110ms).action.what, Do::kWait);
}

TEST(Attempts, giving_up_says_what_was_learnt) {
  const auto first = begun({kSound, kSound});
  expect_give_up(after(after(first, ended(0, LegEnd::kMissing)), ended(1, LegEnd::kMissing)), GiveUp::kNotFound);
  expect_give_up(after(after(first, ended(0, LegEnd::kFailed)), ended(1, LegEnd::kMissing)), GiveUp::kNotFoundPartly);
  expect_give_up(after(after(first, ended(0, LegEnd::kMissing)), ended(1, LegEnd::kFailed)), GiveUp::kNotFoundPartly);
  expect_give_up(after(after(first, ended(0, LegEnd::kFailed)), ended(1, LegEnd::kFailed)), GiveUp::kUnavailable);
}

TEST(Attempts, a_continuation_that_nobody_fits_is_a_reset) {
  const auto first = begun({kSound, kSound}, Purpose::kContinue);
  expect_give_up(after(after(first, ended(0, LegEnd::kUnfit)), ended(1, LegEnd::kMissing)), GiveUp::kReset);
}

TEST(Attempts, a_hedge_waits_until_it_is_due) {
  const auto made = after(begun({kSound, kSound}), {.event = PlanEvent::kTick}, kNow + 99ms);
  EXPECT_EQ(made.action.what, Do::kWait);
  EXPECT_EQ(made.action.wake, kNow + 100ms);
  expect_start(after(made, {.event = PlanEvent::kTick}, kNow + 100ms), 1, Spends::kHedge);
}

TEST(Attempts, without_a_token_a_hedge_asks_again_soon) {
  const auto made = after(begun({kSound, kSound}), {.event = PlanEvent::kTick, .hedge_token = false}, kNow + 100ms);
  EXPECT_EQ(made.action.what, Do::kWait);
  EXPECT_EQ(made.action.wake, kNow + 150ms);
}

TEST(Attempts, an_unsound_region_is_no_help_for_a_slow_one) {
  EXPECT_EQ(after(begun({kSound, kUnsound}), {.event = PlanEvent::kTick}, kNow + 100ms).action.what, Do::kWait);
}

TEST(Attempts, a_leg_whose_region_is_known_to_be_silent_is_hedged_at_once_without_a_token) {
  const Happened suspect{.event = PlanEvent::kLegSuspect, .leg = 0, .hedge_token = false};
  expect_start(after(begun({kSound, kSound}), suspect, kNow + 1ms), 1, Spends::kNothing);
}

TEST(Attempts, more_regions_than_the_limit_are_left_out) {
  EXPECT_EQ(make_plan(Purpose::kFind, std::vector<Prospect>(20, kSound)).count, kLegsMax);
}

TEST(Attempts, statuses_are_read_as_found_missing_or_failed) {
  for (const int status : {200, 206, 304, 412, 416})
    EXPECT_EQ(classify(static_cast<uint16_t>(status), Addressing::kPath), HeadClass::kFound);
  for (const int status : {403, 404, 410}) EXPECT_EQ(classify(static_cast<uint16_t>(status), Addressing::kPath), HeadClass::kMissing);
  for (const int status : {301, 307, 400, 401, 429, 500, 502, 503, 504})
    EXPECT_EQ(classify(static_cast<uint16_t>(status), Addressing::kPath), HeadClass::kFailed);
  EXPECT_EQ(classify(302, Addressing::kBare), HeadClass::kFound);
}

}  // namespace
}  // namespace evershore::edge
