#include "replicate/budget.h"

#include <gtest/gtest.h>

namespace evershore::replicate {
namespace {

using namespace std::chrono_literals;

const Mono kStart = Mono{} + 1h;

TEST(TokenBucket, GivesASecondsWorthAtOnceThenASteadyFlow) {
  TokenBucket bucket(100);
  EXPECT_EQ(bucket.take(100, kStart), 0ms);
  EXPECT_EQ(bucket.take(50, kStart), 500ms);
  EXPECT_EQ(bucket.take(50, kStart), 1000ms) << "who asks later waits longer";
  EXPECT_EQ(bucket.take(10, kStart + 1s), 100ms);
}

TEST(TokenBucket, DoesNotSaveUpMoreThanASecond) {
  TokenBucket bucket(100);
  EXPECT_EQ(bucket.take(1, kStart), 0ms);
  EXPECT_EQ(bucket.take(101, kStart + 1h), 10ms);
}

TEST(TokenBucket, WithoutARateNothingWaits) {
  TokenBucket bucket(0);
  EXPECT_FALSE(bucket.limited());
  EXPECT_EQ(bucket.take(1e12, kStart), 0ms);
}

}  // namespace
}  // namespace evershore::replicate
