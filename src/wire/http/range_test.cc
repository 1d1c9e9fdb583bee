#include "wire/http/range.h"

#include <gtest/gtest.h>

namespace evershore::http {
namespace {

struct Row {
  const char* name;
  std::string value;
  uint64_t size;
  RangeOutcome outcome;
  std::vector<ByteRange> ranges;
};

std::string many(size_t count) {
  std::string value = "bytes=";
  for (size_t i = 0; i < count; ++i) value += std::to_string(2 * i) + "-" + std::to_string(2 * i) + ",";
  return value;
}

TEST(Range, IsDecidedAgainstTheSize) {
  constexpr auto kWhole = RangeOutcome::kWhole, kPartial = RangeOutcome::kPartial, kUnsatisfiable = RangeOutcome::kUnsatisfiable;
  const Row rows[] = {
      {"absent", "", 10, kWhole, {}},
      {"first to last", "bytes=2-4", 10, kPartial, {{2, 3}}},
      {"one byte", "bytes=0-0", 10, kPartial, {{0, 1}}},
      {"open end", "bytes=7-", 10, kPartial, {{7, 3}}},
      {"last past the end is cut", "bytes=7-100", 10, kPartial, {{7, 3}}},
      {"largest last", "bytes=0-18446744073709551615", 10, kPartial, {{0, 10}}},
      {"last beyond 64 bits is malformed", "bytes=0-18446744073709551616", 10, kWhole, {}},
      {"suffix", "bytes=-3", 10, kPartial, {{7, 3}}},
      {"suffix longer than the object", "bytes=-30", 10, kPartial, {{0, 10}}},
      {"suffix of nothing", "bytes=-0", 10, kUnsatisfiable, {}},
      {"first at the end", "bytes=10-", 10, kUnsatisfiable, {}},
      {"last byte", "bytes=9-", 10, kPartial, {{9, 1}}},
      {"empty object", "bytes=0-", 0, kUnsatisfiable, {}},
      {"suffix of an empty object", "bytes=-5", 0, kUnsatisfiable, {}},
      {"several, in their order", "bytes=5-6, 0-1 ,-1", 10, kPartial, {{5, 2}, {0, 2}, {9, 1}}},
      {"an unsatisfiable one among others", "bytes=50-60,1-1", 10, kPartial, {{1, 1}}},
      {"all unsatisfiable", "bytes=50-60,70-", 10, kUnsatisfiable, {}},
      {"empty members", "bytes=,1-1,,", 10, kPartial, {{1, 1}}},
      {"unit without case", "BYTES=1-1", 10, kPartial, {{1, 1}}},
      {"backwards", "bytes=4-2", 10, kWhole, {}},
      {"backwards among others", "bytes=0-0,4-2", 10, kWhole, {}},
      {"other unit", "items=0-1", 10, kWhole, {}},
      {"no equals sign", "bytes 0-1", 10, kWhole, {}},
      {"no dash", "bytes=5", 10, kWhole, {}},
      {"two dashes", "bytes=1--2", 10, kWhole, {}},
      {"only a dash", "bytes=-", 10, kWhole, {}},
      {"nothing", "bytes=", 10, kWhole, {}},
      {"letters", "bytes=a-b", 10, kWhole, {}},
      {"overlapping to more than the object", "bytes=0-,0-", 10, kWhole, {}},
      {"overlapping a little", "bytes=0-4,3-5", 10, kPartial, {{0, 5}, {3, 3}}},
      {"too many", many(17), 100, kWhole, {}},
  };
  for (const auto& row : rows) {
    const auto decision = decide_range(row.value, row.size);
    EXPECT_EQ(decision.outcome, row.outcome) << row.name;
    EXPECT_EQ(decision.ranges, row.ranges) << row.name;
  }
  EXPECT_EQ(decide_range(many(16), 100).ranges.size(), 16u);
}

TEST(Range, IsWrittenForARequest) {
  EXPECT_EQ(format_range({5, 5}), "bytes=5-9");
  EXPECT_EQ(format_range({5, UINT64_MAX}), "bytes=5-");
  EXPECT_EQ(format_range({0, UINT64_MAX}), "bytes=0-18446744073709551614");
}

TEST(ContentRange, IsWrittenAndReadBack) {
  EXPECT_EQ(format_content_range({5, 5}, 100), "bytes 5-9/100");
  EXPECT_EQ(format_unsatisfied_content_range(100), "bytes */100");
  EXPECT_EQ(parse_content_range("bytes 5-9/100"), (ContentRange{{5, 5}, 100}));
  EXPECT_EQ(parse_content_range("bytes 0-0/1"), (ContentRange{{0, 1}, 1}));
  EXPECT_EQ(parse_content_range("bytes 5-9/*"), (ContentRange{{5, 5}, std::nullopt}));
}

TEST(ContentRange, RefusesWhatDoesNotAddUp) {
  for (const char* text :
       {"", "bytes", "bytes */100", "bytes 5-9", "bytes=5-9/100", "bytes 9-5/100", "bytes 5-100/100", "items 5-9/100", "bytes 5-9/",
        "bytes 5-9/x", "bytes -9/100", "bytes 5-/100", "bytes 0-18446744073709551615/*", "bytes 5/100-9"}) {
    EXPECT_FALSE(parse_content_range(text)) << text;
  }
}

}  // namespace
}  // namespace evershore::http
