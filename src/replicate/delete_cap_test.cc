#include "replicate/delete_cap.h"

#include <gtest/gtest.h>

namespace evershore::replicate {
namespace {

using namespace std::chrono_literals;
constexpr Mono kNow{1000s};
const DeleteCapRules kRules{.keys = 3, .percent_of_keys = 10, .window = 60s};

TEST(DeleteCap, AllowsTheLimitAndHoldsTheNext) {
  DeleteCapState state;
  for (int i = 0; i < 3; ++i) {
    const auto step = delete_cap_step(kRules, state, 0, kNow);
    EXPECT_EQ(step.verdict, DeleteVerdict::kAllow) << i;
    state = step.next;
  }
  EXPECT_EQ(delete_cap_step(kRules, state, 0, kNow + 59s).verdict, DeleteVerdict::kHold);
}

TEST(DeleteCap, StartsAnewAfterTheWindow) {
  const auto step = delete_cap_step(kRules, {kNow, 3}, 0, kNow + 60s);
  EXPECT_EQ(step.verdict, DeleteVerdict::kAllow);
  EXPECT_EQ(step.next.used, 1U);
}

TEST(DeleteCap, GrowsWithTheSite) {
  EXPECT_EQ(delete_cap_step(kRules, {kNow, 3}, 100, kNow).verdict, DeleteVerdict::kAllow);
  EXPECT_EQ(delete_cap_step(kRules, {kNow, 10}, 100, kNow).verdict, DeleteVerdict::kHold);
}

}  // namespace
}  // namespace evershore::replicate
