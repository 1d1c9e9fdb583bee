#include "health/silences.h"

#include <gtest/gtest.h>

namespace evershore::health {
namespace {

using namespace std::chrono_literals;

const Wall kNow{std::chrono::hours(24 * 20'000)};

AlertEvent of(const std::string& kind, const std::string& name) {
  return {.kind = kind, .name = name, .state = "down", .before = "", .why = ""};
}

TEST(Silences, cover_by_kind_and_name) {
  Silences silences;
  ASSERT_TRUE(silences.add({.kind = "region", .name = "east", .until = kNow + 1h}, kNow));
  ASSERT_TRUE(silences.add({.name = "assets/*", .until = kNow + 2h}, kNow));
  EXPECT_EQ(silences.until(of("region", "east"), kNow), kNow + 1h);
  EXPECT_EQ(silences.until(of("region", "west"), kNow), std::nullopt);
  EXPECT_EQ(silences.until(of("health_check", "east"), kNow), std::nullopt);
  EXPECT_EQ(silences.until(of("replication", "assets/west"), kNow), kNow + 2h);
  EXPECT_EQ(silences.until(of("replication", "asset"), kNow), std::nullopt);
  ASSERT_TRUE(silences.add({.until = kNow + 30min}, kNow));
  EXPECT_EQ(silences.until(of("disk", "/var"), kNow), kNow + 30min) << "without a kind and a name: everything";
  EXPECT_EQ(silences.until(of("region", "east"), kNow), kNow + 1h) << "the latest end counts";
}

TEST(Silences, end_by_themselves_or_by_hand) {
  Silences silences;
  const auto first = silences.add({.until = kNow + 1h}, kNow);
  const auto second = silences.add({.until = kNow + 2h}, kNow);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(silences.until(of("region", "east"), kNow + 1h), kNow + 2h);
  EXPECT_EQ(silences.take_ended(kNow + 1h), (std::vector<uint64_t>{first->id}));
  EXPECT_TRUE(silences.end(second->id));
  EXPECT_FALSE(silences.end(second->id));
  EXPECT_EQ(silences.until(of("region", "east"), kNow), std::nullopt);
}

TEST(Silences, have_limits) {
  Silences silences;
  EXPECT_FALSE(silences.add({.until = kNow}, kNow));
  EXPECT_FALSE(silences.add({.until = kNow + std::chrono::hours(24 * 30 + 1)}, kNow));
  for (size_t i = 0; i < kSilencesMax; ++i) ASSERT_TRUE(silences.add({.until = kNow + 1h}, kNow));
  EXPECT_EQ(silences.add({.until = kNow + 1h}, kNow).error().fault, Fault::kBusy);
}

TEST(Silences, are_the_same_when_read_again) {
  Silences silences;
  const auto made = silences.add({.kind = "region", .name = "east", .until = kNow + 1h, .reason = "new \"disks\"", .by = "ann"}, kNow);
  ASSERT_TRUE(made);
  EXPECT_EQ(read_silence(write_silence(*made)), *made);
  for (const char* bad : {"", "[]", "{}", R"({"id":-1,"until":"2026-01-01T00:00:00Z"})", R"({"id":1,"until":"soon"})"}) {
    EXPECT_EQ(read_silence(bad), std::nullopt) << bad;
  }
  Silences later;
  later.restore(*made, kNow);
  later.restore({.id = 7, .until = kNow - 1s}, kNow);
  EXPECT_EQ(later.all().size(), 1u);
  EXPECT_EQ(later.add({.until = kNow + 1h}, kNow)->id, 8u) << "numbers are not used again";
}

}  // namespace
}  // namespace evershore::health
