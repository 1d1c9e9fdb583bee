#include "health/plan.h"

#include <gtest/gtest.h>

namespace evershore::health {
namespace {

TEST(Plan, every_region_and_the_edge_get_a_check_of_their_own) {
  HealthSettings settings;
  settings.regions["east"] = {.name = "east", .bucket = "b", .check = {.interval = 250ms, .timeout = 300ms, .failure_threshold = 2}};
  settings.edge = EdgeCheckSettings{.node = "n1", .url = "http://127.0.0.1:8080/"};
  const Plan plan = plan_of(settings);
  ASSERT_EQ(plan.probed.size(), 2u);
  EXPECT_EQ(plan.probed[0].name, "region/east");
  EXPECT_EQ(plan.probed[0].rules, (CheckRules{.interval = 250ms, .failure_threshold = 2}));
  EXPECT_EQ(plan.probed[0].timeout, 300ms);
  EXPECT_EQ(plan.probed[1].name, "edge/n1");
  EXPECT_EQ(plan.probed[1].target.kind, ProbeTarget::Kind::kAlive);
}

TEST(Plan, a_regions_timing_is_no_part_of_its_target) {
  HealthSettings settings;
  settings.regions["east"] = {.name = "east", .bucket = "b"};
  const ProbedCheck before = plan_of(settings).probed[0];
  settings.regions["east"].check.interval = 10s;
  const ProbedCheck after = plan_of(settings).probed[0];
  EXPECT_EQ(before.target, after.target);
  EXPECT_NE(before.rules, after.rules);
}

TEST(Plan, checks_are_probed_or_calculated) {
  HealthSettings settings;
  settings.checks["bucket"] = {.name = "bucket", .type = CheckType::kHttps, .url = "https://h/", .search = "ok"};
  settings.checks["db"] = {.name = "db", .type = CheckType::kTcp, .url = "tcp://h:1", .inverted = true};
  settings.checks["both"] = {.name = "both", .type = CheckType::kCalculated, .children = {"bucket", "db"}, .healthy_at_least = 2};
  const Plan plan = plan_of(settings);
  ASSERT_EQ(plan.probed.size(), 2u);
  EXPECT_EQ(plan.probed[0].target, (ProbeTarget{.kind = ProbeTarget::Kind::kHttp, .url = "https://h/", .search = "ok"}));
  EXPECT_EQ(plan.probed[1].target, (ProbeTarget{.kind = ProbeTarget::Kind::kTcp, .url = "h:1"}));
  EXPECT_TRUE(plan.probed[1].switches.inverted);
  ASSERT_EQ(plan.calculated.size(), 1u);
  EXPECT_EQ(plan.calculated[0].children, (std::vector<std::string>{"bucket", "db"}));
}

}  // namespace
}  // namespace evershore::health
