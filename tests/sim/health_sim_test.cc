#include "health_sim.h"

#include <gtest/gtest.h>

namespace evershore::sim {
namespace {

TEST(HealthSim, no_seed_makes_a_check_or_a_decision_break_its_rules) {
  HealthSeedReport all;
  for (uint64_t seed = 1; seed <= 2'000; ++seed) {
    const auto report = run_health_world(seed);
    for (const auto& violation : report.violations) ADD_FAILURE() << violation;
    all.probes += report.probes;
    all.falls += report.falls;
    all.recoveries += report.recoveries;
    all.damped += report.damped;
    all.fail_opens += report.fail_opens;
    all.late += report.late;
  }
  // The worlds must be wild enough to prove something.
  EXPECT_GT(all.probes, 500'000u);
  EXPECT_GT(all.falls, 10'000u);
  EXPECT_GT(all.recoveries, 10'000u);
  EXPECT_GT(all.damped, 100u);
  EXPECT_GT(all.fail_opens, 10'000u);
  EXPECT_GT(all.late, 1'000u);
}

TEST(HealthSim, the_same_seed_gives_the_same_run) { EXPECT_EQ(run_health_world(7), run_health_world(7)); }

}  // namespace
}  // namespace evershore::sim
