#include "replicate/version.h"

#include <gtest/gtest.h>

namespace evershore::replicate {
namespace {

Wall at_ms(int64_t ms) { return Wall{std::chrono::milliseconds(ms)}; }

TEST(HybridClock, FollowsTheWallClock) {
  HybridClock clock(7);
  EXPECT_EQ(clock.tick(at_ms(1000)), (Version{1000, 0, 7}));
  EXPECT_EQ(clock.tick(at_ms(1001)), (Version{1001, 0, 7}));
}

TEST(HybridClock, CountsWhenTheWallClockStandsOrGoesBack) {
  HybridClock clock(7);
  clock.tick(at_ms(1000));
  EXPECT_EQ(clock.tick(at_ms(1000)), (Version{1000, 1, 7}));
  EXPECT_EQ(clock.tick(at_ms(5)), (Version{1000, 2, 7}));
}

TEST(HybridClock, IsPastWhatItReceived) {
  HybridClock clock(7);
  clock.receive({5000, 3, 9});
  EXPECT_EQ(clock.tick(at_ms(1000)), (Version{5000, 4, 7}));
  clock.receive({1, 0, 0});
  EXPECT_EQ(clock.tick(at_ms(1000)), (Version{5000, 5, 7}));
}

TEST(HybridClock, CarriesAFullCounterIntoTheTime) {
  HybridClock clock(7);
  clock.receive({5000, UINT16_MAX, 9});
  EXPECT_EQ(clock.tick(at_ms(1000)), (Version{5001, 0, 7}));
}

TEST(NextAfter, IsLaterThanEveryNodesVersionOfThatTime) {
  EXPECT_GT(next_after({5, 6, 0}), (Version{5, 6, UINT16_MAX}));
  EXPECT_GT(next_after({5, UINT16_MAX, UINT16_MAX}), (Version{5, UINT16_MAX, UINT16_MAX}));
}

TEST(FormatVersion, ReadsBackAndKeepsTheOrder) {
  const Version low{0xabc, 1, 2};
  const Version high{0xabc, 2, 0};
  EXPECT_EQ(format_version(low), "000000000abc00010002");
  EXPECT_EQ(parse_version(format_version(high)), high);
  EXPECT_LT(format_version(low), format_version(high));
  EXPECT_EQ(parse_version("000000000ABC00010002"), std::nullopt);
  EXPECT_EQ(parse_version("00000000abc00010002"), std::nullopt);
}

TEST(VersionOfTime, TreatsTimesBeforeTheEpochAsTheEpoch) { EXPECT_EQ(version_of_time(at_ms(-5)), Version{}); }

class StampTest : public testing::Test {
 protected:
  const Stamp stamp_{{0x123456789abc, 4, 5}, "9a0364b9e99bb480dd25e1f0284c8555-2"};
  const std::string text_ = encode_stamp(stamp_, "a/b", 10);
};

TEST_F(StampTest, ReadsBackForItsKeyAndSize) { EXPECT_EQ(decode_stamp(text_, "a/b", 10), stamp_); }

TEST_F(StampTest, DoesNotCountOnAnotherKeyOrSize) {
  EXPECT_EQ(decode_stamp(text_, "a/c", 10), std::nullopt);
  EXPECT_EQ(decode_stamp(text_, "a/b", 11), std::nullopt);
}

TEST_F(StampTest, DoesNotCountWhenAnyOfItsBytesIsChangedOrMissing) {
  for (size_t i = 0; i < text_.size(); ++i) {
    std::string changed = text_;
    changed[i] = changed[i] == '0' ? '1' : '0';
    EXPECT_EQ(decode_stamp(changed, "a/b", 10), std::nullopt) << i;
    EXPECT_EQ(decode_stamp(text_.substr(0, i), "a/b", 10), std::nullopt) << i;
  }
}

TEST_F(StampTest, MayComeFromAStoreWithoutETags) {
  const Stamp bare{{1, 2, 3}, ""};
  EXPECT_EQ(decode_stamp(encode_stamp(bare, "k", 0), "k", 0), bare);
}

TEST_F(StampTest, IsBoundToTagsWhereThereAreAny) {
  const Stamp tagged{{1, 2, 3}, "etag-2", 0xabc};
  const std::string text = encode_stamp(tagged, "k", 5);
  EXPECT_TRUE(text.starts_with("2-")) << "older programs take it for nobody's";
  EXPECT_EQ(decode_stamp(text, "k", 5), tagged);
  for (size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = changed[i] == '0' ? '1' : '0';
    EXPECT_EQ(decode_stamp(changed, "k", 5), std::nullopt) << i;
  }
}

TEST_F(StampTest, IsFoundAmongTheMetadata) {
  ObjectInfo info{.key = "a/b", .size_bytes = 10, .metadata = {{"evershore-version", text_}}};
  EXPECT_EQ(stamp_of(info), stamp_);
  info.metadata.clear();
  EXPECT_EQ(stamp_of(info), std::nullopt);
}

}  // namespace
}  // namespace evershore::replicate
