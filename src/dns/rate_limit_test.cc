#include "dns/rate_limit.h"

#include <gtest/gtest.h>

#include <array>
#include <map>

namespace evershore::dns {
namespace {

using Verdict = RateLimiter::Verdict;
using V4 = std::array<uint8_t, 4>;
using V6 = std::array<uint8_t, 16>;

constexpr V4 kClient{192, 0, 2, 1};
constexpr uint64_t kSecond = 1'000'000;
constexpr uint64_t kStart = 5 * kSecond;

std::map<Verdict, int> take(RateLimiter& limiter, std::span<const uint8_t> client, uint32_t answer, int times, uint64_t now_us) {
  std::map<Verdict, int> got;
  for (int i = 0; i < times; ++i) ++got[limiter.take(client, answer, now_us)];
  return got;
}

TEST(RateLimiter, SendsASecondsWorthAndThenEverySecondAnswerEmpty) {
  RateLimiter limiter(100);
  EXPECT_EQ(take(limiter, kClient, 7, 120, kStart),
            (std::map<Verdict, int>{{Verdict::kSend, 100}, {Verdict::kTruncate, 10}, {Verdict::kDrop, 10}}));
}

TEST(RateLimiter, GivesTheRateBackWithTime) {
  RateLimiter limiter(100);
  take(limiter, kClient, 7, 500, kStart);
  EXPECT_EQ(take(limiter, kClient, 7, 50, kStart + kSecond / 10)[Verdict::kSend], 10);
  EXPECT_EQ(take(limiter, kClient, 7, 200, kStart + 3 * kSecond)[Verdict::kSend], 100) << "no more than a second's worth is saved up";
}

TEST(RateLimiter, CountsForANetworkNotForAnAddress) {
  RateLimiter limiter(10);
  take(limiter, kClient, 7, 10, kStart);
  EXPECT_NE(limiter.take(V4{192, 0, 2, 200}, 7, kStart), Verdict::kSend);
  EXPECT_EQ(limiter.take(V4{192, 0, 3, 1}, 7, kStart), Verdict::kSend);
  take(limiter, V6{0x20, 1, 0xD, 0xB8, 0, 0, 1}, 7, 10, kStart);
  EXPECT_NE(limiter.take(V6{0x20, 1, 0xD, 0xB8, 0, 0, 1, 0xFF, 5}, 7, kStart), Verdict::kSend);
  EXPECT_EQ(limiter.take(V6{0x20, 1, 0xD, 0xB8, 0, 0, 2}, 7, kStart), Verdict::kSend);
}

TEST(RateLimiter, CountsEqualAnswersOnly) {
  RateLimiter limiter(10);
  take(limiter, kClient, 7, 10, kStart);
  EXPECT_EQ(limiter.take(kClient, 8, kStart), Verdict::kSend);
}

TEST(RateLimiter, LetsEverythingPassWithoutALimit) {
  RateLimiter limiter(0);
  EXPECT_EQ(take(limiter, kClient, 7, 100'000, kStart)[Verdict::kSend], 100'000);
}

TEST(RateLimiter, KeepsLimitingWhileMillionsOfForgedNetworksPassBy) {
  RateLimiter limiter(10);
  take(limiter, kClient, 7, 10, kStart);
  int sent = 0;
  for (uint32_t i = 0; i < 200'000; ++i) {
    const V4 forged{static_cast<uint8_t>(1 + i % 100), static_cast<uint8_t>(i / 100), static_cast<uint8_t>(i / 25'600), 1};
    limiter.take(forged, 7, kStart);
    if (i % 1'000 == 0) sent += limiter.take(kClient, 7, kStart) == Verdict::kSend ? 1 : 0;
  }
  EXPECT_LE(sent, 60) << "an account may be lost to a crowd now and then, not as a rule";
}

}  // namespace
}  // namespace evershore::dns
