#include "routing/decide.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace evershore::routing {
namespace {

constexpr Candidate kHealthy{.health = Health::kUp};
constexpr Candidate kUnknown{.health = Health::kUnknown};
constexpr Candidate kIsDown{.health = Health::kDown};
constexpr Candidate kUnchecked{};
constexpr Candidate kOut{.health = Health::kUp, .drained = true};
constexpr auto kPrimary = Decision::Target::kPrimary;
constexpr auto kSecondary = Decision::Target::kSecondary;

struct FailoverRow {
  const char* sentence;
  Candidate primary, secondary;
  Decision expected;
};

TEST(DecideFailover, follows_the_table_of_route_53) {
  const FailoverRow rows[] = {
      {"a healthy primary is answered", kHealthy, kHealthy, {kPrimary, Why::kPreferred}},
      {"a healthy primary is answered whatever the secondary's health", kHealthy, kIsDown, {kPrimary, Why::kPreferred}},
      {"a healthy primary is answered when the secondary has no check", kHealthy, kUnchecked, {kPrimary, Why::kPreferred}},
      {"a primary without a check is always answered", kUnchecked, kHealthy, {kPrimary, Why::kNoCheck}},
      {"a primary without a check is answered when the secondary is down", kUnchecked, kIsDown, {kPrimary, Why::kNoCheck}},
      {"a down primary gives way to a healthy secondary", kIsDown, kHealthy, {kSecondary, Why::kFailedOver}},
      {"a down primary gives way to a secondary without a check", kIsDown, kUnchecked, {kSecondary, Why::kFailedOver}},
      {"both down answers the primary", kIsDown, kIsDown, {kPrimary, Why::kFailOpen}},
      {"an unknown primary is not down", kUnknown, kHealthy, {kPrimary, Why::kPreferred}},
      {"an unknown secondary is not down", kIsDown, kUnknown, {kSecondary, Why::kFailedOver}},
      {"a drained primary gives way", kOut, kHealthy, {kSecondary, Why::kFailedOver}},
      {"a drained primary is better than a down secondary", kOut, kIsDown, {kPrimary, Why::kFailOpen}},
      {"a drained secondary is better than a down primary", kIsDown, kOut, {kSecondary, Why::kFailOpen}},
      {"both drained answers the primary", kOut, kOut, {kPrimary, Why::kFailOpen}},
  };
  for (const FailoverRow& row : rows) EXPECT_EQ(decide_failover(row.primary, row.secondary), row.expected) << row.sentence;
}

TEST(DecideGroup, answers_with_all_that_are_not_down) {
  const Candidate all[] = {kHealthy, kIsDown, kUnknown, kUnchecked, kOut};
  EXPECT_EQ(decide_group(all).members, (std::vector<size_t>{0, 2, 3}));
  EXPECT_EQ(decide_group(all).why, Why::kPreferred);
}

TEST(DecideGroup, fails_open_to_the_least_bad) {
  const Candidate down_and_drained[] = {kIsDown, kOut};
  EXPECT_EQ(decide_group(down_and_drained).members, (std::vector<size_t>{1}));
  EXPECT_EQ(decide_group(down_and_drained).why, Why::kFailOpen);
  const Candidate all_down[] = {kIsDown, kIsDown};
  EXPECT_EQ(decide_group(all_down).members, (std::vector<size_t>{0, 1}));
  EXPECT_EQ(decide_group(all_down).why, Why::kFailOpen);
}

struct World {
  SiteSettings site{.name = "assets", .regions = {"east", "west", "north"}};
  HealthSnapshot health;
  Steering steering;

  World() { set("east", Health::kUp).set("west", Health::kUp).set("north", Health::kUp); }
  World& set(const std::string& region, Health value) {
    const std::string name = region_check_name(region);
    std::erase_if(health.checks, [&](const CheckStatus& check) { return check.name == name; });
    health.checks.push_back({.name = name, .health = value});
    std::ranges::sort(health.checks, {}, &CheckStatus::name);
    return *this;
  }
  std::vector<RegionChoice> order() const { return region_order(site, health, steering); }
  // "east(preferred) west(standby) -north(down)": the order, '-' before what is not usable
  std::string text() const {
    std::string text;
    for (const RegionChoice& choice : order()) {
      if (!text.empty()) text += ' ';
      text += (choice.usable ? "" : "-") + choice.region + "(" + std::string(why_name(choice.why)) + ")";
    }
    return text;
  }
};

TEST(RegionOrder, is_the_sites_preference_when_all_is_well) { EXPECT_EQ(World().text(), "east(preferred) west(standby) north(standby)"); }

TEST(RegionOrder, an_unknown_region_is_not_down) {
  EXPECT_EQ(World().set("east", Health::kUnknown).text(), "east(preferred) west(standby) north(standby)");
  World nothing_known;
  nothing_known.health.checks.clear();
  EXPECT_EQ(nothing_known.text(), "east(preferred) west(standby) north(standby)");
}

TEST(RegionOrder, a_down_region_goes_last_and_stays_in_the_list) {
  EXPECT_EQ(World().set("east", Health::kDown).text(), "west(failed over) north(standby) -east(down)");
  EXPECT_EQ(World().set("west", Health::kDown).text(), "east(preferred) north(standby) -west(down)");
}

TEST(RegionOrder, a_pinned_region_goes_first) {
  World world;
  world.steering.pins["assets"] = "north";
  EXPECT_EQ(world.text(), "north(pinned) east(standby) west(standby)");
  world.steering.pins["assets"] = "gone";
  EXPECT_EQ(world.text(), "east(preferred) west(standby) north(standby)");
}

TEST(RegionOrder, a_pin_does_not_send_traffic_to_a_down_region) {
  World world;
  world.steering.pins["assets"] = "north";
  world.set("north", Health::kDown);
  EXPECT_EQ(world.text(), "east(failed over) west(standby) -north(down)");
}

TEST(RegionOrder, unusable_regions_are_sorted_least_bad_first) {
  World world;
  world.set("east", Health::kDown);
  world.steering.drains["west"] = {};
  EXPECT_EQ(world.text(), "north(failed over) -west(drained) -east(down)");
  world.steering.drains.clear();
  world.steering.not_ready[{"assets", "west"}] = {"catching up"};
  EXPECT_EQ(world.text(), "north(failed over) -west(not ready) -east(down)");
}

TEST(RegionOrder, being_not_ready_counts_for_that_site_only) {
  World world;
  world.steering.not_ready[{"other", "east"}] = {"catching up"};
  EXPECT_EQ(world.text(), "east(preferred) west(standby) north(standby)");
}

TEST(RegionOrder, fails_open_in_preference_order_when_all_are_down) {
  World world;
  world.set("east", Health::kDown).set("west", Health::kDown).set("north", Health::kDown);
  EXPECT_EQ(world.text(), "east(fail open) west(fail open) north(fail open)");
  EXPECT_EQ(world.order().front().standing, Standing::kDown);
}

TEST(RegionOrder, failing_open_still_prefers_a_drained_region_that_works_to_a_down_one) {
  World world;
  world.set("east", Health::kDown).set("west", Health::kDown);
  world.steering.drains["north"] = {};
  EXPECT_EQ(world.text(), "north(fail open) east(fail open) west(fail open)");
}

TEST(RegionOrder, indexes_point_into_the_sites_list) {
  World world;
  world.set("east", Health::kDown);
  std::vector<size_t> indexes;
  for (const RegionChoice& choice : world.order()) indexes.push_back(choice.index);
  EXPECT_EQ(indexes, (std::vector<size_t>{1, 2, 0}));
}

TEST(CandidateOf, takes_the_checks_health_and_the_regions_drain) {
  World world;
  world.set("east", Health::kDown);
  world.steering.drains["west"] = {};
  EXPECT_EQ(candidate_of("", world.health, world.steering).health, std::nullopt);
  EXPECT_EQ(candidate_of("region/east", world.health, world.steering).health, Health::kDown);
  EXPECT_TRUE(candidate_of("region/west", world.health, world.steering).drained);
  EXPECT_FALSE(candidate_of("west", world.health, world.steering).drained);
  EXPECT_EQ(candidate_of("no-such-check", world.health, world.steering).health, Health::kUnknown);
}

}  // namespace
}  // namespace evershore::routing
