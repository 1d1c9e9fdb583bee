#include "routing/copies.h"

#include <gtest/gtest.h>

namespace evershore::routing {
namespace {

using enum CopyAge;

std::vector<RegionChoice> regions(std::initializer_list<const char*> names) {
  std::vector<RegionChoice> list;
  for (const auto* name : names) list.push_back({.region = name, .index = list.size()});
  return list;
}

struct Row {
  const char* name;
  std::vector<CopyAge> ages;  // of east, west, north
  std::vector<const char*> ask;
  std::vector<const char*> older;
  Heeded heeded;
};

TEST(HeedCopies, table) {
  const std::vector<Row> rows = {
      {"all hold the newest", {kNewest, kNewest, kNewest}, {"east", "west", "north"}, {}, Heeded::kNothing},
      {"the first is older", {kOlder, kNewest, kNewest}, {"west", "north"}, {"east"}, Heeded::kLeftOut},
      {"only the last is the newest", {kOlder, kOlder, kNewest}, {"north"}, {"east", "west"}, Heeded::kLeftOut},
      {"perhaps older ones are left out, and asked before older ones",
       {kOlder, kPerhapsOlder, kNewest},
       {"north"},
       {"west", "east"},
       Heeded::kLeftOut},
      {"perhaps older is better than older", {kOlder, kPerhapsOlder, kPerhapsOlder}, {"west", "north"}, {"east"}, Heeded::kLeftOut},
      {"all perhaps older", {kPerhapsOlder, kPerhapsOlder, kPerhapsOlder}, {"east", "west", "north"}, {}, Heeded::kUndecided},
      {"all older", {kOlder, kOlder, kOlder}, {"east", "west", "north"}, {}, Heeded::kUndecided},
  };
  for (const auto& row : rows) {
    const auto got = heed_copies(regions({"east", "west", "north"}), row.ages);
    EXPECT_EQ(got.heeded, row.heeded) << row.name;
    const auto expect = [&row](const std::vector<RegionChoice>& list, const std::vector<const char*>& names) {
      ASSERT_EQ(list.size(), names.size()) << row.name;
      for (size_t i = 0; i < names.size(); ++i) EXPECT_EQ(list[i].region, names[i]) << row.name;
    };
    expect(got.ask, row.ask);
    expect(got.older, row.older);
  }
}

TEST(HeedCopies, an_empty_order_stays_empty) { EXPECT_TRUE(heed_copies({}, {}).ask.empty()); }

}  // namespace
}  // namespace evershore::routing
