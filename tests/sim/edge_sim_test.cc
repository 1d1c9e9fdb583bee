#include "edge_sim.h"

#include <gtest/gtest.h>

namespace evershore::sim {
namespace {

TEST(EdgeSim, no_seed_breaks_a_promise_to_clients) {
  EdgeSeedReport all;
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    const auto report = run_edge_world(seed);
    for (const auto& violation : report.violations) ADD_FAILURE() << violation;
    all.requests += report.requests;
    all.takeovers += report.takeovers;
    all.hedges += report.hedges;
    all.resets += report.resets;
    all.stale += report.stale;
    all.changes += report.changes;
  }
  // The worlds must be wild enough to prove something.
  EXPECT_GT(all.requests, 10'000u);
  EXPECT_GT(all.takeovers, 300u);
  EXPECT_GT(all.hedges, 300u);
  EXPECT_GT(all.stale, 30u);
  EXPECT_GT(all.changes, 5'000u);
}

TEST(EdgeSim, the_same_seed_gives_the_same_run) {
  const auto one = run_edge_world(7);
  const auto two = run_edge_world(7);
  EXPECT_EQ(one.requests, two.requests);
  EXPECT_EQ(one.takeovers, two.takeovers);
  EXPECT_EQ(one.hedges, two.hedges);
  EXPECT_EQ(one.resets, two.resets);
}

}  // namespace
}  // namespace evershore::sim
