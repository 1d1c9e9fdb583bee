#include "replicate/merge_scan.h"

#include <gtest/gtest.h>

#include <map>

#include "replicate/reconcile.h"

namespace evershore::replicate {
namespace {

using Bucket = std::map<ObjectKey, std::string>;  // key -> etag
using Rows = std::map<ObjectKey, KeyRow>;

KeyRow object_row(const ObjectKey& key, const std::string& etag, RegionSet synced) {
  return KeyRow{.key = key, .version = {5, 0, 0}, .size_bytes = 1, .etag = etag, .synced = synced};
}
KeyRow tombstone_row(const ObjectKey& key, uint64_t millis, RegionSet synced) {
  return KeyRow{.key = key, .version = {millis, 0, 0}, .tombstone = true, .synced = synced};
}

// Pages of `page_size` from each input, whenever it is hungry.
std::vector<Finding> scan(const std::vector<Bucket>& buckets, const Rows& rows, size_t page_size, size_t findings_max) {
  MergeOptions options{.members = {0b11}, .expired_before = {1000, 0, 0}};
  for (size_t i = 0; i < buckets.size(); ++i) options.scanned.push_back(static_cast<RegionSlot>(i));
  MergeScan merge(options);
  std::vector<Finding> all;
  while (!merge.done()) {
    for (size_t i = 0; i < buckets.size(); ++i) {
      if (!merge.hungry(i)) continue;
      std::vector<ListedObject> page;
      auto at = buckets[i].upper_bound(merge.last_key(i));
      for (; at != buckets[i].end() && page.size() < page_size; ++at) page.push_back({at->first, 1, at->second, Wall{}});
      EXPECT_TRUE(merge.feed(i, page, at != buckets[i].end()));
    }
    if (merge.rows_hungry()) {
      std::vector<KeyRow> page;
      auto at = rows.upper_bound(merge.last_row_key());
      for (; at != rows.end() && page.size() < page_size; ++at) page.push_back(at->second);
      merge.feed_rows(page, at != rows.end());
    }
    std::vector<Finding> some;
    merge.advance(some, findings_max);
    EXPECT_LE(some.size(), findings_max);
    for (auto& finding : some) all.push_back(std::move(finding));
  }
  return all;
}

std::vector<std::string> names(const std::vector<Finding>& findings) {
  std::vector<std::string> out;
  for (const auto& finding : findings) {
    const char* verdict = finding.verdict == Verdict::kFirstSeen ? "first" : finding.verdict == Verdict::kExpired ? "expired" : "differs";
    out.push_back(finding.key + " " + verdict);
  }
  return out;
}
using Names = std::vector<std::string>;
constexpr RegionSet kBoth{0b11};

TEST(MergeScan, FindsNothingWhereAllIsAsTheRowsSay) {
  EXPECT_EQ(names(scan({{{"a", "1"}, {"b", "2"}}, {{"a", "1"}, {"b", "2"}}},
                       {{"a", object_row("a", "1", kBoth)}, {"b", object_row("b", "2", kBoth)}}, 1, 9)),
            Names{});
}

TEST(MergeScan, OffersARowForEqualCopiesItHasNotSeenBefore) {
  const auto found = scan({{{"a", "1"}}, {{"a", "1"}}}, {}, 10, 9);
  ASSERT_EQ(names(found), Names{"a first"});
  EXPECT_EQ(found[0].row.synced, kBoth);
  EXPECT_EQ(found[0].row.etag, "1");
}

TEST(MergeScan, NamesSourceAndAbsentRegions) {
  const auto found = scan({{{"b", "1"}}, {{"a", "2"}}}, {}, 10, 9);
  ASSERT_EQ(names(found), (Names{"a differs", "b differs"}));
  EXPECT_EQ(found[0].source, 1);
  EXPECT_EQ(found[0].absent, RegionSet::of(0));
  EXPECT_EQ(found[0].etag, "2");
  EXPECT_EQ(found[1].source, 0);
  EXPECT_EQ(found[1].present, RegionSet::of(0));
}

TEST(MergeScan, NamesNoSourceWhereCopiesDisagree) {
  const auto found = scan({{{"a", "1"}}, {{"a", "2"}}}, {}, 10, 9);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].source, kNoRegionSlot);
}

TEST(MergeScan, DoesNotTakeMissingETagsForEqual) { EXPECT_EQ(names(scan({{{"a", ""}}, {{"a", ""}}}, {}, 10, 9)), Names{"a differs"}); }

TEST(MergeScan, KnowsARegionsOwnETag) {
  KeyRow row = object_row("a", "1", kBoth);
  row.seen = {{1, "own"}};
  EXPECT_EQ(names(scan({{{"a", "1"}}, {{"a", "own"}}}, {{"a", row}}, 10, 9)), Names{});
  EXPECT_EQ(names(scan({{{"a", "1"}}, {{"a", "1"}}}, {{"a", row}}, 10, 9)), Names{"a differs"});
}

TEST(MergeScan, LooksAgainWhereTheRowLacksAConfirmation) {
  EXPECT_EQ(names(scan({{{"a", "1"}}, {{"a", "1"}}}, {{"a", object_row("a", "1", RegionSet::of(0))}}, 10, 9)), Names{"a differs"});
}

TEST(MergeScan, LooksAgainAtAKeyThatIsGoneEverywhere) {
  EXPECT_EQ(names(scan({{}, {}}, {{"a", object_row("a", "1", kBoth)}}, 10, 9)), Names{"a differs"});
}

TEST(MergeScan, LetsATombstoneGoOnlyWhenOldAndConfirmedByAll) {
  const Rows rows{{"fresh", tombstone_row("fresh", 1000, kBoth)},
                  {"old", tombstone_row("old", 999, kBoth)},
                  {"open", tombstone_row("open", 999, RegionSet::of(0))}};
  EXPECT_EQ(names(scan({{}, {}}, rows, 10, 9)), (Names{"old expired", "open differs"}));
}

TEST(MergeScan, LooksAtWhatLivesUnderATombstone) {
  EXPECT_EQ(names(scan({{{"a", "1"}}, {}}, {{"a", tombstone_row("a", 1, kBoth)}}, 10, 9)), Names{"a differs"});
}

TEST(MergeScan, LeavesOwnKeysAlone) { EXPECT_EQ(names(scan({{{".evershore/region", "1"}}, {}}, {}, 10, 9)), Names{}); }

TEST(MergeScan, FindsTheSameWhateverThePageSize) {
  std::vector<Bucket> buckets(2);
  Rows rows;
  for (int i = 0; i < 60; ++i) {
    const std::string key = "k" + std::to_string(i);
    if (i % 2 == 0) buckets[0][key] = "1";
    if (i % 3 == 0) buckets[1][key] = i % 5 == 0 ? "2" : "1";
    if (i % 4 == 0) rows[key] = object_row(key, "1", kBoth);
  }
  const auto expected = names(scan(buckets, rows, 1000, 1000));
  EXPECT_GT(expected.size(), 20U);
  for (const size_t page_size : {1, 2, 3, 7}) {
    EXPECT_EQ(names(scan(buckets, rows, page_size, 1000)), expected);
    EXPECT_EQ(names(scan(buckets, rows, page_size, 1)), expected);
  }
}

TEST(MergeScan, RefusesAListingOutOfOrder) {
  MergeScan merge({.scanned = {0}});
  EXPECT_FALSE(merge.feed(0, {{"b", 1, "1", Wall{}}, {"a", 1, "1", Wall{}}}, false));
  EXPECT_FALSE(merge.feed(0, {{"a", 1, "1", Wall{}}, {"a", 1, "1", Wall{}}}, false));
  EXPECT_TRUE(merge.feed(0, {{"a", 1, "1", Wall{}}, {"b", 1, "1", Wall{}}}, true));
  EXPECT_FALSE(merge.feed(0, {{"b", 1, "1", Wall{}}}, false)) << "pages must not overlap";
}

}  // namespace
}  // namespace evershore::replicate
