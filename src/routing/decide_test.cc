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
constexpr size_t kPrimary = 0, kSecondary = 1;

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
  for (const FailoverRow& row : rows) {
    const Candidate tiers[] = {row.primary, row.secondary};
    EXPECT_EQ(decide_failover(tiers), row.expected) << row.sentence;
  }
}

TEST(DecideFailover, goes_through_any_number_of_tiers_in_their_order) {
  const Candidate third_is_first_usable[] = {kIsDown, kOut, kHealthy, kUnchecked};
  EXPECT_EQ(decide_failover(third_is_first_usable), (Decision{2, Why::kFailedOver}));
  const Candidate all_down[] = {kIsDown, kIsDown, kIsDown};
  EXPECT_EQ(decide_failover(all_down), (Decision{0, Why::kFailOpen}));
  const Candidate alone[] = {kUnchecked};
  EXPECT_EQ(decide_failover(alone), (Decision{0, Why::kNoCheck}));
}

TEST(DecideFailover, a_tier_with_nothing_usable_behind_it_gives_way) {
  const Candidate hollow{.health = Health::kUp, .behind = Standing::kDown};
  const Candidate tiers[] = {hollow, kHealthy};
  EXPECT_EQ(decide_failover(tiers), (Decision{1, Why::kFailedOver}));
  const Candidate no_way_out[] = {hollow, kIsDown};
  EXPECT_EQ(decide_failover(no_way_out), (Decision{0, Why::kFailOpen}));
}

struct WeightedRow {
  const char* sentence;
  std::vector<Candidate> candidates;
  std::vector<uint32_t> weights;
  std::vector<size_t> members;
  Why why;
};

TEST(DecideWeighted, follows_the_rules_of_route_53) {
  const WeightedRow rows[] = {
      {"healthy members share by weight", {kHealthy, kUnchecked}, {10, 20}, {0, 1}, Why::kPreferred},
      {"a down member has no share", {kHealthy, kIsDown}, {10, 20}, {0}, Why::kPreferred},
      {"weight 0 waits while another is healthy", {kHealthy, kHealthy}, {1, 0}, {0}, Why::kPreferred},
      {"weight 0 answers when every other is down", {kIsDown, kHealthy, kUnknown}, {1, 0, 0}, {1, 2}, Why::kFailedOver},
      {"all weights 0 share equally", {kHealthy, kHealthy}, {0, 0}, {0, 1}, Why::kPreferred},
      {"all down answers as if all were up", {kIsDown, kIsDown, kIsDown}, {3, 1, 0}, {0, 1}, Why::kFailOpen},
      {"all down with weight 0 answers with all", {kIsDown, kIsDown}, {0, 0}, {0, 1}, Why::kFailOpen},
      {"unknown is not down", {kUnknown, kIsDown}, {1, 1}, {0}, Why::kPreferred},
      {"drained is better than down", {kOut, kIsDown}, {1, 1}, {0}, Why::kFailOpen},
      {"nothing at all is nothing", {}, {}, {}, Why::kPreferred},
  };
  for (const WeightedRow& row : rows) {
    const auto decision = decide_weighted(row.candidates, row.weights);
    EXPECT_EQ(decision.members, row.members) << row.sentence;
    EXPECT_EQ(decision.why, row.why) << row.sentence;
  }
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
