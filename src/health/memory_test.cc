#include "health/memory.h"

#include <gtest/gtest.h>

namespace evershore::health {
namespace {

constexpr Wall kSince{std::chrono::milliseconds(1'700'000'000'123)};

TEST(Memory, comes_back_as_it_was) {
  const Memory memory{{"bucket", {Health::kUp, kSince, "first probe succeeded: 200"}},
                      {"region/east", {Health::kDown, kSince, "3 of 3 probes failed, last: timeout after 1 s"}}};
  EXPECT_EQ(read_memory(write_memory(memory)), memory);
}

TEST(Memory, reasons_stay_on_their_line) {
  const Memory memory{{"a", {Health::kDown, kSince, "two\nlines\tand a tab"}}};
  EXPECT_EQ(read_memory(write_memory(memory)).at("a").why, "two lines and a tab");
}

TEST(Memory, of_another_form_is_forgotten) {
  EXPECT_TRUE(read_memory("").empty());
  EXPECT_TRUE(read_memory("evershore-health 2\na\tup\t2026-11-22T19:03:38Z\twhy\n").empty());
}

TEST(Memory, forgets_lines_that_cannot_be_read_and_keeps_the_rest) {
  const Memory memory = read_memory(
      "evershore-health 1\na\tup\tyesterday\twhy\nb\tmaybe\t2026-11-22T19:03:38Z\twhy\nc\tup\nd\tup\t2026-11-22T19:03:38Z\twhy\n");
  ASSERT_EQ(memory.size(), 1u);
  EXPECT_EQ(memory.begin()->first, "d");
}

TEST(Memory, does_not_hold_what_was_unknown) { EXPECT_TRUE(read_memory(write_memory({{"a", {Health::kUnknown, kSince, ""}}})).empty()); }

}  // namespace
}  // namespace evershore::health
