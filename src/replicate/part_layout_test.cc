#include "replicate/part_layout.h"

#include <gtest/gtest.h>

namespace evershore::replicate {
namespace {

constexpr uint64_t kMiB = 1ULL << 20;
const std::string kMd5 = "900150983cd24fb0d6963f7d28e17f72";

Layout layout_of(uint64_t size, const std::string& etag, bool tells) {
  return choose_layout({.size_bytes = size, .etag = etag, .source_tells_parts = tells});
}

TEST(PartsInETag, ReadsTheNumberAfterTheDash) {
  EXPECT_EQ(parts_in_etag(kMd5), 0U);
  EXPECT_EQ(parts_in_etag(kMd5 + "-1"), 1U);
  EXPECT_EQ(parts_in_etag(kMd5 + "-10000"), 10'000U);
  EXPECT_EQ(parts_in_etag(kMd5 + "-10001"), 0U);
  EXPECT_EQ(parts_in_etag(kMd5 + "-"), 0U);
  EXPECT_EQ(parts_in_etag("an-opaque-tag"), 0U);
}

TEST(ChooseLayout, BuffersUpToOneMebibyte) {
  EXPECT_EQ(layout_of(0, kMd5, true).transfer, Transfer::kBuffered);
  EXPECT_EQ(layout_of(kMiB, kMd5, true).transfer, Transfer::kBuffered);
  EXPECT_EQ(layout_of(kMiB + 1, kMd5, true).transfer, Transfer::kStreamed);
}

TEST(ChooseLayout, KeepsALargeSinglePutSingleSoThatItsETagStays) {
  EXPECT_EQ(layout_of(5 * 1024 * kMiB, kMd5, true).transfer, Transfer::kStreamed);
}

TEST(ChooseLayout, SplitsWhatNoSinglePutTakes) {
  const Layout layout = layout_of(5 * 1024 * kMiB + 1, kMd5, true);
  EXPECT_EQ(layout.transfer, Transfer::kOwnParts);
  EXPECT_EQ(layout.part_bytes, 64 * kMiB);
  EXPECT_EQ(layout.parts, 81U);
}

TEST(ChooseLayout, NeverNeedsMoreThanTenThousandParts) {
  const uint64_t huge = 50ULL << 40;
  const Layout layout = layout_of(huge, kMd5, true);
  EXPECT_LE(layout.parts, kPartsMax);
  const auto last = part_range(layout, huge, layout.parts);
  EXPECT_EQ(last.first + last.length, huge);
}

TEST(ChooseLayout, AsksTheSourceForItsPartsWhereItCanTell) {
  const Layout layout = layout_of(17 * kMiB, kMd5 + "-3", true);
  EXPECT_EQ(layout.transfer, Transfer::kSourceParts);
  EXPECT_EQ(layout.parts, 3U);
}

TEST(ChooseLayout, GuessesTheUsualPartSizes) {
  EXPECT_EQ(layout_of(17 * kMiB, kMd5 + "-3", false).part_bytes, 8 * kMiB);
  EXPECT_EQ(layout_of(17 * kMiB, kMd5 + "-4", false).part_bytes, 5 * kMiB);
  EXPECT_EQ(layout_of(30 * kMiB, kMd5 + "-2", false).part_bytes, 15 * kMiB);
  EXPECT_EQ(layout_of(100, kMd5 + "-1", false).part_bytes, 8 * kMiB);
}

TEST(ChooseLayout, FallsBackToEvenPartsOfTheRightNumber) {
  const Layout layout = layout_of(1000 * kMiB, kMd5 + "-3", false);
  EXPECT_EQ(layout.parts, 3U);
  EXPECT_EQ(layout.part_bytes, 334 * kMiB);
  EXPECT_EQ(layout_of(10, kMd5 + "-4", false).parts, 4U);
}

TEST(PartRange, CutsTheLastPart) {
  const Layout layout{Transfer::kOwnParts, 8, 3};
  EXPECT_EQ(part_range(layout, 17, 1), (ByteRange{0, 8}));
  EXPECT_EQ(part_range(layout, 17, 3), (ByteRange{16, 1}));
}

}  // namespace
}  // namespace evershore::replicate
