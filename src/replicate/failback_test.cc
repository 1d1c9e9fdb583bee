#include "replicate/failback.h"

#include <gtest/gtest.h>

namespace evershore::replicate {
namespace {

using namespace std::chrono_literals;
using enum FailbackPhase;

constexpr Mono kNow{1000s};
const FailbackRules kRules{.hold = 30s, .oldest_pending_max = 2s};

struct Row {
  const char* name;
  FailbackState at;
  FailbackInput input;
  FailbackPhase becomes;
};

const FailbackInput kInSync{.scanned_since_return = true};

TEST(FailbackStep, FollowsItsTable) {
  const Row rows[] = {
      {"a ready region stays ready with keys pending", {kReady}, {.pending = 9, .oldest_pending = 9s}, kReady},
      {"a ready region that cannot be reached is away", {kReady}, {.reachable = false}, kAway},
      {"a holding region that cannot be reached is away", {kHolding, kNow - 29s}, {.reachable = false}, kAway},
      {"a returned region waits for its marker", {kAway}, {.marker_ok = false, .scanned_since_return = true}, kCatchingUp},
      {"a returned region waits for a scan", {kAway}, {}, kCatchingUp},
      {"parked keys keep it out", {kCatchingUp}, {.scanned_since_return = true, .parked = 1, .pending = 1}, kCatchingUp},
      {"a key pending too long keeps it out",
       {kCatchingUp},
       {.scanned_since_return = true, .pending = 1, .oldest_pending = 2001ms},
       kCatchingUp},
      {"a key pending just now does not", {kCatchingUp}, {.scanned_since_return = true, .pending = 1, .oldest_pending = 2s}, kHolding},
      {"in sync starts the hold", {kCatchingUp}, kInSync, kHolding},
      {"falling behind ends the hold",
       {kHolding, kNow - 29s},
       {.scanned_since_return = true, .pending = 1, .oldest_pending = 3s},
       kCatchingUp},
      {"one second short of the hold time", {kHolding, kNow - 29s}, kInSync, kHolding},
      {"the hold time is over", {kHolding, kNow - 30s}, kInSync, kReady},
  };
  for (const auto& row : rows) {
    const auto step = failback_step(kRules, row.at, row.input, kNow);
    EXPECT_EQ(failback_phase_name(step.next.phase), failback_phase_name(row.becomes)) << row.name;
    EXPECT_EQ(step.why.empty(), row.becomes == kReady) << row.name;
  }
}

TEST(FailbackStep, KeepsTheBeginningOfTheHold) {
  const auto first = failback_step(kRules, {kCatchingUp}, kInSync, kNow);
  const auto second = failback_step(kRules, first.next, kInSync, kNow + 12s);
  EXPECT_EQ(second.why, "in sync for 12 s of 30 s");
  EXPECT_EQ(failback_step(kRules, second.next, kInSync, kNow + 30s).next.phase, kReady);
}

TEST(FailbackStep, WithoutAHoldIsReadyAtOnce) { EXPECT_EQ(failback_step({.hold = 0s}, {kAway}, kInSync, kNow).next.phase, kReady); }

}  // namespace
}  // namespace evershore::replicate
