#include "gateway/grouping.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/text.h"

namespace evershore::gateway {
namespace {

struct Page {
  std::vector<std::string> names;  // keys and prefixes, in order of the answer
  s3::ListResult result;
};

// Lists `keys` as the server does: page after page of the store, resumed where the grouping says.
Page one_page(const std::set<std::string>& keys, const s3::ListRequest& request) {
  Grouping grouping(request);
  bool full = request.max_keys == 0;
  while (!full) {
    const auto at = keys.upper_bound(grouping.resume_after());
    if (at == keys.end() || !at->starts_with(request.prefix)) {
      const auto first = keys.lower_bound(request.prefix);
      const bool before = grouping.resume_after() < request.prefix && first != keys.end() && first->starts_with(request.prefix);
      if (!before) break;
      full = !grouping.add({.key = *first});
      continue;
    }
    full = !grouping.add({.key = *at});
  }
  Page page{.result = std::move(grouping).finish("b", full)};
  for (const auto& object : page.result.objects) page.names.push_back(object.key);
  for (const auto& prefix : page.result.common_prefixes) page.names.push_back(prefix);
  return page;
}

std::vector<std::string> all_pages(const std::set<std::string>& keys, s3::ListRequest request) {
  std::vector<std::string> names;
  for (int pages = 0; pages < 100; ++pages) {
    const auto page = one_page(keys, request);
    names.insert(names.end(), page.names.begin(), page.names.end());
    if (!page.result.truncated) return names;
    EXPECT_EQ(page.names.size(), request.max_keys);
    request.continuation_token = page.result.next_continuation_token;
    request.start_after = as_text(*from_base64(request.continuation_token));
  }
  ADD_FAILURE() << "never ends";
  return names;
}

const std::set<std::string> kKeys{"a", "b/1", "b/2", "b/c/3", "b0", "c/", "c/1", "d"};

TEST(Grouping, GivesTheSameWithPagesOfAnySize) {
  for (const uint32_t max_keys : {1U, 2U, 3U, 1000U}) {
    auto names = all_pages(kKeys, {.delimiter = "/", .max_keys = max_keys});
    std::ranges::sort(names);
    EXPECT_EQ(names, (std::vector<std::string>{"a", "b/", "b0", "c/", "d"})) << max_keys;
    names = all_pages(kKeys, {.prefix = "b/", .delimiter = "/", .max_keys = max_keys});
    std::ranges::sort(names);
    EXPECT_EQ(names, (std::vector<std::string>{"b/1", "b/2", "b/c/"})) << max_keys;
    EXPECT_EQ(all_pages(kKeys, {.max_keys = max_keys}), (std::vector<std::string>(kKeys.begin(), kKeys.end()))) << max_keys;
  }
}

TEST(Grouping, IsNotTruncatedWhenTheLastKeyFits) {
  EXPECT_FALSE(one_page({"a", "b"}, {.max_keys = 2}).result.truncated);
  EXPECT_TRUE(one_page({"a", "b", "c"}, {.max_keys = 2}).result.truncated);
  EXPECT_FALSE(one_page({"a/1", "a/2", "a/3"}, {.delimiter = "/", .max_keys = 1}).result.truncated);
}

TEST(Grouping, GivesNothingWhenNothingIsWanted) {
  const auto page = one_page(kKeys, {.max_keys = 0});
  EXPECT_TRUE(page.names.empty());
  EXPECT_FALSE(page.result.truncated);
}

TEST(Grouping, StartAfterAKeyInsideAPrefixStillShowsThePrefix) {
  EXPECT_EQ(one_page(kKeys, {.delimiter = "/", .start_after = "b/1", .max_keys = 1}).result.common_prefixes,
            std::vector<std::string>{"b/"});
}

TEST(Grouping, NamesTheMarkerOfVersion1) {
  const auto page = one_page(kKeys, {.version = s3::ListVersion::kV1, .delimiter = "/", .max_keys = 2});
  EXPECT_EQ(page.result.next_marker, "b/");
  const auto next = one_page(kKeys, {.version = s3::ListVersion::kV1, .delimiter = "/", .start_after = "b/", .max_keys = 1});
  EXPECT_EQ(next.names, std::vector<std::string>{"b0"});
}

}  // namespace
}  // namespace evershore::gateway
