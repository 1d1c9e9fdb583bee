#include "replicate/filter.h"

#include <gtest/gtest.h>

namespace evershore::replicate {
namespace {

TEST(Filter, PassesEverythingOfTheSiteByDefault) {
  EXPECT_TRUE(passes_key({}, "", "a"));
  EXPECT_TRUE(passes_key({}, "p/", "p/a"));
  EXPECT_FALSE(passes_key({}, "p/", "q/a"));
  EXPECT_TRUE(passes_size({}, 0));
  EXPECT_TRUE(passes_size({}, UINT64_MAX));
}

TEST(Filter, ExcludesPrefixesBehindTheSitesOwn) {
  const ReplicationFilter filter{.exclude_prefixes = {"tmp/", "cache/"}};
  EXPECT_FALSE(passes_key(filter, "", "tmp/a"));
  EXPECT_TRUE(passes_key(filter, "", "a/tmp/"));
  EXPECT_FALSE(passes_key(filter, "p/", "p/cache/a"));
  EXPECT_TRUE(passes_key(filter, "tmp/", "tmp/a"));
}

TEST(Filter, TakesOnlySomeSuffixesAndLeavesOthersOut) {
  const ReplicationFilter filter{.suffixes = {".jpg", ".png"}, .exclude_suffixes = {".tmp.jpg"}};
  EXPECT_TRUE(passes_key(filter, "", "a.jpg"));
  EXPECT_FALSE(passes_key(filter, "", "a.gif"));
  EXPECT_FALSE(passes_key(filter, "", "a.tmp.jpg"));
}

TEST(Filter, BoundsSizesOnBothSides) {
  const ReplicationFilter filter{.size_min = 2, .size_max = 4};
  EXPECT_FALSE(passes_size(filter, 1));
  EXPECT_TRUE(passes_size(filter, 2));
  EXPECT_TRUE(passes_size(filter, 4));
  EXPECT_FALSE(passes_size(filter, 5));
}

}  // namespace
}  // namespace evershore::replicate
