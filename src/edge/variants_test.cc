#include "edge/variants.h"

#include <gtest/gtest.h>

namespace evershore::edge {
namespace {

const std::vector<std::string> kFoo{"foo"};

TEST(Variants, the_same_values_select_the_same_variant) {
  EXPECT_EQ(selecting_key(kFoo, {{"Foo", "1"}, {"Other", "2"}}), selecting_key(kFoo, {{"foo", "1"}}));
  EXPECT_NE(selecting_key(kFoo, {{"Foo", "1"}}), selecting_key(kFoo, {{"Foo", "2"}}));
}

TEST(Variants, an_absent_field_differs_from_an_empty_one) { EXPECT_NE(selecting_key(kFoo, {}), selecting_key(kFoo, {{"Foo", ""}})); }

TEST(Variants, fields_of_one_name_are_joined_and_white_space_around_members_is_nothing) {
  EXPECT_EQ(selecting_key(kFoo, {{"Foo", "1"}, {"Foo", "2"}}), selecting_key(kFoo, {{"Foo", " 1 ,2"}}));
}

TEST(Variants, a_value_cannot_pass_for_another_field) {
  EXPECT_NE(selecting_key({"a", "b"}, {{"a", "1,\nb=2"}, {"b", ""}}), selecting_key({"a", "b"}, {{"a", "1"}, {"b", "2"}}));
}

TEST(Variants, languages_without_weights_are_a_set_and_with_weights_a_list) {
  const std::vector<std::string> language{"accept-language"};
  EXPECT_EQ(selecting_key(language, {{"Accept-Language", "en, De"}}), selecting_key(language, {{"Accept-Language", "de,EN"}}));
  EXPECT_NE(selecting_key(language, {{"Accept-Language", "en;q=1, de;q=0.5"}}),
            selecting_key(language, {{"Accept-Language", "de;q=0.5, en;q=1"}}));
}

TEST(Variants, the_oldest_makes_room_for_one_too_many) {
  Variants marker;
  for (size_t i = 0; i < kVariantsMax; ++i) marker = with_variant(marker, kFoo, "k" + std::to_string(i)).marker;
  marker = with_variant(marker, kFoo, "k0").marker;  // seen again: the newest now
  const auto added = with_variant(marker, kFoo, "new");
  EXPECT_EQ(added.marker.keys.size(), kVariantsMax);
  EXPECT_EQ(added.dropped, std::vector<std::string>{"k1"});
}

TEST(Variants, when_the_region_varies_by_other_fields_the_old_variants_go) {
  const auto first = with_variant({}, kFoo, "a");
  const auto second = with_variant(first.marker, {"bar"}, "b");
  EXPECT_EQ(second.dropped, std::vector<std::string>{"a"});
  EXPECT_EQ(second.marker.keys, std::vector<std::string>{"b"});
}

}  // namespace
}  // namespace evershore::edge
