#include <gtest/gtest.h>

#include "replication_world.h"

namespace evershore::sim {
namespace {

TEST(ReplicationWorld, KeepsItsPromisesOverManyHistories) {
  uint64_t operations = 0;
  uint64_t crashes = 0;
  for (uint64_t seed = 1; seed <= 1'500; ++seed) {
    const auto end = run_world({.seed = seed});
    operations += end.operations;
    crashes += end.crashes;
    for (const auto& text : end.broken) ADD_FAILURE() << text;
  }
  EXPECT_GT(operations, 10'000U) << "the histories have become idle";
  EXPECT_GT(crashes, 500U);
}

TEST(ReplicationWorld, KeepsItsPromisesWithAnyNumberOfRegions) {
  for (size_t regions = kWorldRegionsMin; regions <= kWorldRegionsMax; ++regions) {
    SCOPED_TRACE(regions);
    for (uint64_t seed = 1; seed <= 100; ++seed) {
      for (const auto& text : run_world({.seed = seed, .regions = regions}).broken) ADD_FAILURE() << text;
    }
  }
}

TEST(ReplicationWorld, RunsTheSameForTheSameSeed) {
  for (const uint64_t seed : {3, 4, 5}) EXPECT_EQ(run_world({.seed = seed}).trace, run_world({.seed = seed}).trace);
  EXPECT_NE(run_world({.seed = 3}).trace, run_world({.seed = 4}).trace);
}

#ifdef EVERSHORE_PLANTED_BUGS
class PlantedBugs : public testing::TestWithParam<const char*> {};

TEST_P(PlantedBugs, AreFound) {
  const auto bug = planted_bug_named(GetParam());
  ASSERT_TRUE(bug);
  for (uint64_t seed = 1; seed <= 3'000; ++seed) {
    const auto end = run_world({.seed = seed, .bug = *bug});
    if (end.broken.empty()) continue;
    RecordProperty("seed", std::to_string(seed));
    return;
  }
  ADD_FAILURE() << "no history found " << GetParam();
}

INSTANTIATE_TEST_SUITE_P(All, PlantedBugs,
                         testing::Values("no-tombstones", "unconditional-copier", "ignore-generation", "replay-events",
                                         "absence-means-deletion", "drop-when-away", "drop-losers", "leak-filter", "write-read-only",
                                         "overwrite-first", "ignore-tags"));
#endif

}  // namespace
}  // namespace evershore::sim
