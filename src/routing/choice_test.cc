#include "routing/choice.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "routing/nearest.h"
#include "routing/ramp.h"

namespace evershore::routing {
namespace {

using namespace std::chrono_literals;

constexpr int kKeys = 20'000;

std::string key(int number) { return "img/" + std::to_string(number) + ".jpg"; }

SiteSettings site_of(ChoiceMode mode, std::map<std::string, uint32_t> weights) {
  SiteSettings site{.name = "a", .regions = {"east", "west", "north"}};
  site.reads.choice = mode;
  site.reads.weights = std::move(weights);
  return site;
}

std::string first_for(const SiteSettings& site, int number, const RegionPreference& preference, const Steering& steering) {
  return order_for_key(site, region_order(site, {}, steering), key_hash(key(number)), preference).front().region;
}
std::string first_for(const SiteSettings& site, int number) { return first_for(site, number, {}, {}); }

std::map<std::string, int> shares(const SiteSettings& site, const RegionPreference& preference, const Steering& steering) {
  std::map<std::string, int> counts;
  for (int i = 0; i < kKeys; ++i) ++counts[first_for(site, i, preference, steering)];
  return counts;
}
std::map<std::string, int> shares(const SiteSettings& site) { return shares(site, {}, {}); }

std::string names(const std::vector<RegionChoice>& order) {
  std::string text;
  for (const auto& choice : order) text += (text.empty() ? "" : " ") + choice.region;
  return text;
}

TEST(Choice, by_order_all_keys_go_to_the_first) { EXPECT_EQ(shares(site_of(ChoiceMode::kOrder, {}))["east"], kKeys); }

TEST(Choice, by_weight_each_region_gets_its_share_of_the_keys) {
  auto counts = shares(site_of(ChoiceMode::kWeights, {{"east", 70}, {"west", 20}, {"north", 10}}));
  EXPECT_NEAR(counts["east"], kKeys * 0.7, kKeys * 0.01);
  EXPECT_NEAR(counts["west"], kKeys * 0.2, kKeys * 0.01);
  EXPECT_NEAR(counts["north"], kKeys * 0.1, kKeys * 0.01);
}

TEST(Choice, a_new_weight_moves_only_the_keys_that_it_must) {
  const auto before = site_of(ChoiceMode::kWeights, {{"east", 50}, {"west", 50}});
  const auto after = site_of(ChoiceMode::kWeights, {{"east", 60}, {"west", 50}});
  int moved = 0;
  for (int i = 0; i < kKeys; ++i) {
    const auto was = first_for(before, i), is = first_for(after, i);
    if (was == is) continue;
    ++moved;
    ASSERT_EQ(is, "east") << "only towards the one that grew";
  }
  EXPECT_NEAR(moved, kKeys * (60.0 / 110 - 0.5), kKeys * 0.01);
}

TEST(Choice, when_a_region_goes_only_its_own_keys_move_and_in_proportion) {
  const auto site = site_of(ChoiceMode::kWeights, {{"east", 50}, {"west", 30}, {"north", 20}});
  Steering steering;
  steering.drains["east"] = {};
  std::map<std::string, int> heirs;
  for (int i = 0; i < kKeys; ++i) {
    const auto was = first_for(site, i), is = first_for(site, i, {}, steering);
    if (was == "east") {
      ++heirs[is];
    } else {
      ASSERT_EQ(is, was);
    }
  }
  EXPECT_NEAR(heirs["west"], kKeys * 0.5 * 0.6, kKeys * 0.01);
  EXPECT_NEAR(heirs["north"], kKeys * 0.5 * 0.4, kKeys * 0.01);
}

TEST(Choice, without_a_weight_a_region_is_only_asked_when_those_with_one_fail) {
  const auto site = site_of(ChoiceMode::kWeights, {{"west", 1}});
  EXPECT_EQ(names(order_for_key(site, region_order(site, {}, {}), key_hash("k"), {})), "west east north");
}

TEST(Choice, known_hashes_stay_so_that_nodes_of_different_versions_agree) {
  EXPECT_EQ(key_hash(""), 0xf52a15e9a9b5e89bULL);
  EXPECT_EQ(key_hash("img/1.jpg"), key_hash("img/1.jpg"));
  EXPECT_NE(key_hash("img/1.jpg"), key_hash("img/2.jpg"));
}

TEST(Choice, the_nearest_goes_first_and_what_was_not_measured_last) {
  const auto site = site_of(ChoiceMode::kNearest, {});
  RegionPreference preference;
  EXPECT_EQ(names(order_for_key(site, region_order(site, {}, {}), 1, preference)), "east west north") << "nothing measured yet";
  preference.nearest["a"] = {"north", "west"};
  EXPECT_EQ(names(order_for_key(site, region_order(site, {}, {}), 1, preference)), "north west east");
}

TEST(Choice, a_pin_goes_before_every_choice_and_what_is_not_usable_behind) {
  const auto site = site_of(ChoiceMode::kNearest, {});
  RegionPreference preference;
  preference.nearest["a"] = {"north", "west", "east"};
  Steering steering;
  steering.pins["a"] = "west";
  EXPECT_EQ(names(order_for_key(site, region_order(site, {}, steering), 1, preference)), "west north east");
  steering.drains["north"] = {};
  EXPECT_EQ(names(order_for_key(site, region_order(site, {}, steering), 1, preference)), "west east north");
}

TEST(Choice, where_nothing_is_usable_the_order_stays_as_it_is) {
  const auto site = site_of(ChoiceMode::kWeights, {{"north", 1}});
  Steering steering;
  for (const auto& region : site.regions) steering.drains[region] = {};
  EXPECT_EQ(names(order_for_key(site, region_order(site, {}, steering), 1, {})), "east west north");
}

TEST(Choice, a_region_that_came_back_gets_its_share_of_the_keys_and_each_share_holds_the_smaller_ones) {
  const auto site = site_of(ChoiceMode::kOrder, {});
  std::map<Permille, std::vector<bool>> mine;
  for (const Permille share : {10U, 100U, 1'000U}) {
    RegionPreference preference;
    preference.shares[{"a", "east"}] = share;
    for (int i = 0; i < kKeys; ++i) mine[share].push_back(first_for(site, i, preference, {}) == "east");
    const auto count = std::count(mine[share].begin(), mine[share].end(), true);
    EXPECT_NEAR(static_cast<double>(count), kKeys * share / 1000.0, kKeys * 0.003) << share;
  }
  for (size_t i = 0; i < kKeys; ++i) ASSERT_LE(mine[10][i], mine[100][i]);
}

TEST(Choice, a_share_of_the_weighted_keys_is_taken_from_the_regions_own) {
  const auto site = site_of(ChoiceMode::kWeights, {{"east", 50}, {"west", 50}});
  RegionPreference preference;
  preference.shares[{"a", "east"}] = 100;
  EXPECT_NEAR(shares(site, preference, {})["east"], kKeys * 0.05, kKeys * 0.005);
}

TEST(Choice, shares_are_percentages) {
  EXPECT_EQ(parse_share("1%"), 10U);
  EXPECT_EQ(parse_share("0.5%"), 5U);
  EXPECT_EQ(parse_share("100%"), 1'000U);
  for (const auto* bad : {"", "1", "%", "0%", "0.05%", "101%", "-1%", "1 %", "1.%", ".5%", "100.1%"}) EXPECT_FALSE(parse_share(bad)) << bad;
}

// ---- the ramp

struct RampRow {
  const char* name;
  size_t stage;
  uint32_t setbacks;
  Duration stage_for;
  RampInput input;
  size_t next;
  RampChange change;
};

TEST(Ramp, table) {
  const RampRules rules{.shares = {10, 100, 1'000}, .step = 30s};
  const RampRow rows[] = {
      {"a stage lasts its step", 0, 0, 29s, {}, 0, RampChange::kNone},
      {"then comes more", 0, 0, 30s, {}, 1, RampChange::kMore},
      {"a quiet region ramps up, too", 1, 0, 30s, {0, 0}, 2, RampChange::kMore},
      {"the last stage is watched for a step", 2, 0, 29s, {100, 0}, 2, RampChange::kNone},
      {"and then it is done", 2, 0, 30s, {100, 0}, 2, RampChange::kDone},
      {"two failures are no setback", 1, 0, 1s, {2, 2}, 1, RampChange::kNone},
      {"three of few are", 1, 0, 1s, {3, 3}, 0, RampChange::kSetback},
      {"three of sixty are", 1, 0, 1s, {60, 3}, 0, RampChange::kSetback},
      {"three of sixty-one are not", 1, 0, 1s, {61, 3}, 1, RampChange::kNone},
      {"failures count although the step is over", 1, 0, 30s, {3, 3}, 0, RampChange::kSetback},
      {"from the first stage it cannot go further back", 0, 0, 1s, {3, 3}, 0, RampChange::kSetback},
      {"after a setback a stage lasts twice as long", 0, 1, 59s, {}, 0, RampChange::kNone},
      {"and no longer", 0, 1, 60s, {}, 1, RampChange::kMore},
      {"eight times is the most", 0, 9, 240s, {}, 1, RampChange::kMore},
  };
  const Mono now = Mono() + 1h;
  for (const auto& row : rows) {
    const auto got = ramp_step(rules, {.stage = row.stage, .since = now - row.stage_for, .setbacks = row.setbacks}, row.input, now);
    EXPECT_EQ(got.change, row.change) << row.name;
    EXPECT_EQ(got.next.stage, row.next) << row.name;
    if (row.change == RampChange::kSetback) EXPECT_EQ(got.next.setbacks, row.setbacks + 1) << row.name;
    const bool begins = row.change == RampChange::kSetback || row.change == RampChange::kMore;
    EXPECT_EQ(got.next.since, begins ? now : now - row.stage_for) << row.name;
  }
}

// ---- the nearest

struct NearestRow {
  const char* name;
  std::string current;
  std::string candidate;
  Duration candidate_for;
  std::vector<Distance> regions;
  std::string next;
  std::string next_candidate;
  NearestChange change;
};

TEST(Nearest, table) {
  const NearestRules rules{.better_percent = 20, .better_min = 1ms, .hold = 10s};
  const std::vector<NearestRow> rows = {
      {"nothing measured", "", "", 0s, {{"east", {}}, {"west", {}}}, "", "", NearestChange::kNone},
      {"the first is the shortest", "", "", 0s, {{"east", 20ms}, {"west", 10ms}}, "west", "", NearestChange::kMoved},
      {"one that is down does not count", "", "", 0s, {{"east", 20ms}, {"west", 10ms, false}}, "east", "", NearestChange::kMoved},
      {"the current one stays", "east", "", 0s, {{"east", 20ms}, {"west", 30ms}}, "east", "", NearestChange::kNone},
      {"a little better is not enough", "east", "", 0s, {{"east", 20ms}, {"west", 17ms}}, "east", "", NearestChange::kNone},
      {"of very short times neither", "east", "", 0s, {{"east", 1500us}, {"west", 600us}}, "east", "", NearestChange::kNone},
      {"clearly better has to last", "east", "", 0s, {{"east", 20ms}, {"west", 16ms}}, "east", "west", NearestChange::kPending},
      {"still not long enough", "east", "west", 9s, {{"east", 20ms}, {"west", 16ms}}, "east", "west", NearestChange::kPending},
      {"long enough", "east", "west", 10s, {{"east", 20ms}, {"west", 16ms}}, "west", "", NearestChange::kMoved},
      {"another candidate begins anew", "east", "north", 10s, {{"east", 20ms}, {"west", 5ms}}, "east", "west", NearestChange::kPending},
      {"a candidate that fell back is forgotten", "east", "west", 9s, {{"east", 20ms}, {"west", 19ms}}, "east", "", NearestChange::kNone},
      {"when the current one goes, the next is taken at once",
       "east",
       "",
       0s,
       {{"east", 1ms, false}, {"west", 90ms}},
       "west",
       "",
       NearestChange::kMoved},
      {"and it does not come back at once", "west", "", 0s, {{"east", 1ms}, {"west", 90ms}}, "west", "east", NearestChange::kPending},
      {"all are down", "east", "", 0s, {{"east", 1ms, false}, {"west", 90ms, false}}, "east", "", NearestChange::kNone},
  };
  const Mono now = Mono() + 1h;
  for (const auto& row : rows) {
    const auto got =
        nearest_step(rules, {.current = row.current, .candidate = row.candidate, .since = now - row.candidate_for}, row.regions, now);
    EXPECT_EQ(got.change, row.change) << row.name;
    EXPECT_EQ(got.next.current, row.next) << row.name;
    EXPECT_EQ(got.next.candidate, row.next_candidate) << row.name;
  }
}

TEST(Nearest, the_others_follow_by_their_time) {
  const std::vector<Distance> regions = {{"east", 20ms}, {"new", {}}, {"west", 10ms}, {"north", 15ms}};
  EXPECT_EQ(by_distance({.current = "east"}, regions), (std::vector<std::string>{"east", "west", "north", "new"}));
}

TEST(Nearest, the_average_moves_by_a_fifth) {
  Nearness nearness;
  EXPECT_FALSE(nearness.average());
  nearness.add(10ms);
  nearness.add(20ms);
  EXPECT_EQ(nearness.average(), Duration(12ms));
}

}  // namespace
}  // namespace evershore::routing
