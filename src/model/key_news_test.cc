#include "model/key_news.h"

#include <gtest/gtest.h>

#include <string>

namespace evershore {
namespace {

constexpr RegionNumbers kEast{1}, kWest{2};

std::string key(int number) { return "k" + std::to_string(number); }

class KeyNewsTest : public testing::Test {
 protected:
  NewsOfKey about(std::string_view site, std::string_view of) { return reader_.about(news_name(site, of)); }

  KeyNews news_;
  KeyNews::Reader reader_{news_};
};

TEST_F(KeyNewsTest, nothing_is_known_of_a_key_that_has_not_changed) {
  EXPECT_EQ(about("a", "k").mark, 0U);
  news_.changed("a", "other", kWest);
  news_.changed("b", "k", kWest);
  EXPECT_EQ(about("a", "k").mark, 0U);
  EXPECT_TRUE(about("a", "k").behind.empty());
}

TEST_F(KeyNewsTest, a_change_names_who_is_behind_until_it_is_settled_and_each_is_news) {
  EXPECT_EQ(news_.changed("a", "k", kWest), 1U);
  EXPECT_EQ(about("a", "k").behind, kWest);
  EXPECT_EQ(about("a", "k").mark, 1U);
  EXPECT_EQ(news_.settled("a", "k"), 2U);
  EXPECT_TRUE(about("a", "k").behind.empty());
  EXPECT_EQ(about("a", "k").mark, 2U) << "copies from before are still known to be old";
  EXPECT_EQ(news_.counters().behind.get(), 0U);
}

TEST_F(KeyNewsTest, narrowing_is_no_news_but_of_a_key_nothing_was_known_of) {
  news_.changed("a", "k", kWest.with(kEast));
  news_.narrow("a", "k", kWest);
  EXPECT_EQ(about("a", "k").behind, kWest);
  EXPECT_EQ(about("a", "k").mark, 1U);
  news_.narrow("a", "parked", kEast);
  EXPECT_EQ(about("a", "parked").behind, kEast);
  EXPECT_EQ(about("a", "parked").mark, 2U);
}

TEST_F(KeyNewsTest, regions_keep_their_numbers_and_there_are_only_so_many) {
  const auto east = news_.number_of("east");
  EXPECT_NE(news_.number_of("west"), east);
  EXPECT_EQ(news_.number_of("east"), east);
  for (size_t i = 2; i < KeyNews::kNumbersMax; ++i) EXPECT_TRUE(news_.number_of("r" + std::to_string(i)));
  EXPECT_FALSE(news_.number_of("one too many"));
  EXPECT_EQ(news_.number_of("east"), east);
}

TEST_F(KeyNewsTest, a_whole_site_may_be_behind) {
  news_.site_behind("a", kWest);
  EXPECT_EQ(about("a", "k").perhaps_behind, kWest);
  EXPECT_TRUE(about("a", "k").behind.empty());
  EXPECT_TRUE(about("b", "k").perhaps_behind.empty());
  news_.site_behind("a", {});
  EXPECT_TRUE(about("a", "k").perhaps_behind.empty());
}

TEST_F(KeyNewsTest, keys_without_a_place_make_their_region_behind_for_the_whole_site_until_they_are_settled) {
  const int many = KeyNews::kEntriesMax + KeyNews::kEntriesMax / 8;
  for (int i = 0; i < many; ++i) news_.changed("a", key(i), kWest);
  EXPECT_GT(news_.counters().no_place.get(), 0U);
  EXPECT_EQ(news_.counters().behind.get() + news_.counters().no_place.get(), static_cast<uint64_t>(many));
  EXPECT_EQ(about("a", "never heard of").perhaps_behind, kWest);
  EXPECT_TRUE(about("b", "never heard of").perhaps_behind.empty());
  for (int i = 0; i < many; ++i) {
    const auto news = about("a", key(i));
    ASSERT_EQ(news.behind.with(news.perhaps_behind), kWest) << i;
  }
  for (int i = 0; i < many; ++i) news_.settled("a", key(i));
  EXPECT_EQ(news_.counters().no_place.get(), 0U);
  EXPECT_EQ(news_.counters().behind.get(), 0U);
  EXPECT_TRUE(about("a", "never heard of").perhaps_behind.empty());
}

TEST_F(KeyNewsTest, settled_keys_make_place_for_new_ones_the_oldest_first) {
  news_.settled("a", "first");
  for (int i = 0; i < static_cast<int>(KeyNews::kEntriesMax) * 4; ++i) news_.settled("a", key(i));
  EXPECT_EQ(about("a", "first").mark, 0U);
  EXPECT_EQ(about("a", key(KeyNews::kEntriesMax * 4 - 1)).mark, KeyNews::kEntriesMax * 4 + 1);
  news_.changed("a", "new", kEast);
  EXPECT_EQ(about("a", "new").behind, kEast);
  EXPECT_EQ(news_.counters().no_place.get(), 0U);
}

TEST_F(KeyNewsTest, when_nobody_replicates_any_more_nothing_is_behind_and_marks_stay) {
  news_.changed("a", "k", kWest);
  news_.site_behind("a", kEast);
  news_.forget_all();
  EXPECT_TRUE(about("a", "k").behind.empty());
  EXPECT_TRUE(about("a", "k").perhaps_behind.empty());
  EXPECT_EQ(about("a", "k").mark, 1U);
  EXPECT_EQ(news_.mark(), 1U);
}

}  // namespace
}  // namespace evershore
