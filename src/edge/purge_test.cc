#include "edge/purge.h"

#include <gtest/gtest.h>

namespace evershore::edge {
namespace {

std::string key(std::string_view site, std::string_view name) {
  std::string text(site);
  text.push_back('\0');
  return text.append(name);
}
StoredObject fetched_at(uint64_t mark, std::string tags = "") {
  StoredObject object;
  object.purge_mark = mark;
  object.tags = std::move(tags);
  return object;
}

TEST(Purge, a_key_with_all_its_variants_and_no_other) {
  const auto list = PurgeList().with({PurgeKind::kKey, "s", "a"});
  std::string variant = key("s", "a");
  variant.push_back('\0');
  variant += "foo=1";
  EXPECT_TRUE(list.purged(key("s", "a"), fetched_at(0)));
  EXPECT_TRUE(list.purged(variant, fetched_at(0)));
  EXPECT_FALSE(list.purged(key("s", "ab"), fetched_at(0)));
  EXPECT_FALSE(list.purged(key("t", "a"), fetched_at(0)));
}

TEST(Purge, what_was_fetched_afterwards_is_not_meant) {
  const auto list = PurgeList().with({PurgeKind::kSite, "s", ""});
  EXPECT_TRUE(list.purged(key("s", "a"), fetched_at(0)));
  EXPECT_FALSE(list.purged(key("s", "a"), fetched_at(list.mark())));
  EXPECT_TRUE(list.with({PurgeKind::kSite, "s", ""}).purged(key("s", "a"), fetched_at(list.mark())));
}

TEST(Purge, by_prefix_and_by_tag) {
  const auto prefix = PurgeList().with({PurgeKind::kPrefix, "s", "img/"});
  EXPECT_TRUE(prefix.purged(key("s", "img/a"), fetched_at(0)));
  EXPECT_FALSE(prefix.purged(key("s", "css/a"), fetched_at(0)));
  const auto tag = PurgeList().with({PurgeKind::kTag, "s", "shoes"});
  EXPECT_TRUE(tag.purged(key("s", "a"), fetched_at(0, "new shoes")));
  EXPECT_FALSE(tag.purged(key("s", "a"), fetched_at(0, "new shoeshine")));
  EXPECT_FALSE(tag.purged(key("t", "a"), fetched_at(0, "shoes")));
}

TEST(Purge, a_list_that_is_full_purges_too_much_rather_than_too_little) {
  PurgeList list;
  for (size_t i = 0; i <= PurgeList::kPrefixesMax; ++i) list = list.with({PurgeKind::kPrefix, "s", "p" + std::to_string(i) + "/"});
  EXPECT_LE(list.size(), PurgeList::kPrefixesMax);
  EXPECT_TRUE(list.purged(key("s", "p0/x"), fetched_at(0)));
  EXPECT_TRUE(list.purged(key("s", "other"), fetched_at(0)));
  EXPECT_FALSE(list.purged(key("s", "other"), fetched_at(list.mark())));
  EXPECT_TRUE(list.purged(key("s", "p1000/x"), fetched_at(list.mark() - 1)));
}

TEST(Purge, a_list_survives_being_written_and_read) {
  auto list = PurgeList().with({PurgeKind::kKey, "s", "a b\n\x01"}).with({PurgeKind::kTag, "s", "t"}).with({PurgeKind::kSite, "u", ""});
  const auto again = PurgeList::decode(list.encode());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->mark(), 3u);
  EXPECT_TRUE(again->purged(key("s", "a b\n\x01"), fetched_at(0)));
  EXPECT_TRUE(again->purged(key("u", "x"), fetched_at(2)));
  std::string damaged = list.encode();
  damaged[30] ^= 1;
  EXPECT_FALSE(PurgeList::decode(damaged));
  EXPECT_FALSE(PurgeList::decode(""));
}

TEST(Purge, everything_from_before_goes_when_the_list_is_lost) {
  const auto list = PurgeList::everything_before(1'000);
  EXPECT_TRUE(list.purged(key("s", "a"), fetched_at(999)));
  EXPECT_FALSE(list.purged(key("s", "a"), fetched_at(list.mark())));
}

TEST(Purge, tags_come_from_surrogate_key_or_an_objects_metadata) {
  EXPECT_EQ(tags_of({{"Surrogate-Key", "a b"}}), "a b");
  EXPECT_EQ(tags_of({{"x-amz-meta-surrogate-key", "a,b"}}), "a b");
  EXPECT_EQ(tags_of({{"Surrogate-Key", std::string(5'000, 'x')}}), "");
  EXPECT_EQ(tags_of({}), "");
}

}  // namespace
}  // namespace evershore::edge
