#include "io/deadline_wheel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace evershore::io {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

constexpr Mono kStart{1h};

std::vector<DeadlineWheel::Node*> take(DeadlineWheel& wheel, Mono now) {
  std::vector<DeadlineWheel::Node*> expired;
  wheel.take_expired(now, expired);
  return expired;
}

TEST(DeadlineWheel, GivesANodeOutAtItsDeadlineAndNotBefore) {
  DeadlineWheel wheel;
  DeadlineWheel::Node node;
  node.deadline = kStart + 25ms;
  EXPECT_EQ(wheel.place(node, kStart), kStart + 30ms);
  EXPECT_EQ(wheel.next_wake(), kStart + 30ms);
  EXPECT_THAT(take(wheel, kStart + 24ms), IsEmpty());
  EXPECT_THAT(take(wheel, kStart + 30ms), ElementsAre(&node));
  EXPECT_EQ(wheel.next_wake(), kNever);
}

TEST(DeadlineWheel, ADeadlineMovedLaterIsLookedAtAgain) {
  DeadlineWheel wheel;
  DeadlineWheel::Node node;
  node.deadline = kStart + 20ms;
  wheel.place(node, kStart);
  node.deadline = kStart + 1min;  // far beyond one round
  EXPECT_EQ(wheel.place(node, kStart), kStart + 20ms) << "moving later must not touch the wheel";
  EXPECT_THAT(take(wheel, kStart + 20ms), IsEmpty());
  Mono now = kStart + 20ms;
  int looks = 0;
  for (; now < kStart + 1min; ++looks) {
    now = wheel.next_wake();
    if (now >= node.deadline) break;
    EXPECT_THAT(take(wheel, now), IsEmpty());
  }
  EXPECT_LT(looks, 10);
  EXPECT_THAT(take(wheel, now), ElementsAre(&node));
}

TEST(DeadlineWheel, ADeadlineMovedEarlierCountsFromThere) {
  DeadlineWheel wheel;
  DeadlineWheel::Node node;
  node.deadline = kStart + 5s;
  wheel.place(node, kStart);
  node.deadline = kStart + 10ms;
  EXPECT_EQ(wheel.place(node, kStart), kStart + 10ms);
  EXPECT_THAT(take(wheel, kStart + 10ms), ElementsAre(&node));
}

TEST(DeadlineWheel, ARemovedNodeIsNotGivenOut) {
  DeadlineWheel wheel;
  DeadlineWheel::Node node;
  node.deadline = kStart + 10ms;
  wheel.place(node, kStart);
  wheel.remove(node);
  wheel.remove(node);
  EXPECT_EQ(wheel.next_wake(), kNever);
  EXPECT_THAT(take(wheel, kStart + 1s), IsEmpty());
}

TEST(DeadlineWheel, ALoopThatSleptForRoundsMissesNothing) {
  DeadlineWheel wheel;
  std::vector<DeadlineWheel::Node> nodes(300);
  for (size_t i = 0; i < nodes.size(); ++i) {
    nodes[i].deadline = kStart + Millis(i * 100);
    wheel.place(nodes[i], kStart);
  }
  EXPECT_EQ(take(wheel, kStart + 1h).size(), nodes.size());
}

TEST(DeadlineWheel, RandomUseNeverGivesEarlyNorMoreThanATickLate) {
  std::mt19937 random(7);
  DeadlineWheel wheel;
  std::vector<DeadlineWheel::Node> nodes(50);
  for (auto& node : nodes) node.deadline = kNever;
  Mono now = kStart;
  for (int step = 0; step < 20'000; ++step) {
    now += std::chrono::microseconds(random() % 20'000);
    for (DeadlineWheel::Node* node : take(wheel, now)) {
      EXPECT_LE(node->deadline, now);
      node->deadline = kNever;
    }
    for (const auto& node : nodes) EXPECT_GT(node.deadline, now - DeadlineWheel::kTick);
    auto& node = nodes[random() % nodes.size()];
    node.deadline = now + Millis(random() % 30'000);
    EXPECT_LE(wheel.place(node, now), node.deadline + DeadlineWheel::kTick);
    EXPECT_LE(wheel.next_wake(), node.deadline + DeadlineWheel::kTick);
  }
}

}  // namespace
}  // namespace evershore::io
