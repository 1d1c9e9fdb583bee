#include "wire/http/targeted.h"

#include <gtest/gtest.h>

namespace evershore::http {
namespace {

using namespace std::chrono_literals;

TEST(Targeted, a_dictionary_of_directives_is_read_as_cache_control) {
  const auto control = parse_targeted("max-age=600, must-revalidate, stale-while-revalidate=5;x=1, private=?0");
  ASSERT_TRUE(control);
  EXPECT_EQ(control->max_age, 600s);
  EXPECT_TRUE(control->must_revalidate);
  EXPECT_EQ(control->stale_while_revalidate, 5s);
  EXPECT_FALSE(control->is_private);
}

TEST(Targeted, of_equal_keys_the_last_one_counts) { EXPECT_EQ(parse_targeted("max-age=1, max-age=2")->max_age, 2s); }

TEST(Targeted, values_of_another_type_are_ignored_and_the_others_stand) {
  const auto control = parse_targeted("max-age=\"soon\", s-maxage=1.5, no-store, a=(1 \"b\";c tok), d=:aGk=:");
  ASSERT_TRUE(control);
  EXPECT_FALSE(control->max_age || control->s_maxage);
  EXPECT_TRUE(control->no_store);
}

TEST(Targeted, what_is_malformed_or_empty_counts_as_absent) {
  for (const auto* value : {"", "  ", "max-age=", "MAX-AGE=60", "max-age=60,", "max-age = 60", "a=\"x", "a=(1", "=1", "max-age=60;;",
                            "a=?2", "max-age=1234567890123456", ",max-age=60", "a=1.2345"})
    EXPECT_FALSE(parse_targeted(value)) << value;
}

TEST(Targeted, directives_for_another_surrogate_are_left_out) {
  EXPECT_EQ(parse_surrogate_control("max-age=60;evershore", "evershore")->max_age, 60s);
  EXPECT_EQ(parse_surrogate_control("max-age=60;other, max-age=5", "evershore")->max_age, 5s);
  EXPECT_FALSE(parse_surrogate_control("max-age=60;other", "evershore"));
  EXPECT_FALSE(parse_surrogate_control("", "evershore"));
}

}  // namespace
}  // namespace evershore::http
