#include "app/region_preferences.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/fake_scheduler.h"

namespace evershore::app {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class RegionPreferencesTest : public testing::Test {
 protected:
  RegionPreferencesTest() {
    SiteSettings site{.name = "a", .regions = {"east", "west"}};
    site.failback.ramp = {.shares = {"1%", "10%", "100%"}, .step = 30s};
    site.reads.choice = ChoiceMode::kNearest;
    sites_["a"] = site;
    preferences_.configure(sites_);
  }
  void run(Duration span) {
    for (const Mono end = time_.now() + span; time_.now() < end;) {
      time_.run_for(RegionPreferences::kTick);
      preferences_.tick(health_);
    }
  }
  std::optional<Permille> share() {
    const auto now = preferences_.published().read();
    const auto at = now->shares.find({"a", "east"});
    return at == now->shares.end() ? std::nullopt : std::optional(at->second);
  }
  std::string last_event() { return events_.after(0).empty() ? "" : events_.after(0).back().text; }

  FakeScheduler time_;
  EventLog events_{time_, Log()};
  RegionPreferences::Load load_;
  RegionPreferences preferences_{time_, events_, [this](const std::string&) { return load_; }};
  std::map<std::string, SiteSettings> sites_;
  HealthSnapshot health_;
};

TEST_F(RegionPreferencesTest, a_region_that_came_back_gets_more_step_by_step_until_it_has_all) {
  EXPECT_FALSE(share());
  preferences_.came_back("a", "east");
  EXPECT_EQ(share(), 10U) << "from the first moment";
  run(30s);
  EXPECT_EQ(share(), 100U);
  run(30s);
  EXPECT_EQ(share(), 1'000U);
  run(30s);
  EXPECT_FALSE(share());
  EXPECT_EQ(last_event(), "region east serves all its keys of site a again");
}

TEST_F(RegionPreferencesTest, failures_send_it_back_and_the_next_try_takes_longer) {
  load_ = {1'000, 500};  // from before
  preferences_.came_back("a", "east");
  run(31s);
  ASSERT_EQ(share(), 100U);
  load_ = {1'040, 510};
  run(1s);
  EXPECT_EQ(share(), 10U);
  EXPECT_THAT(last_event(), HasSubstr("10 of 40 requests failed"));
  run(58s);
  EXPECT_EQ(share(), 10U);
  run(3s);
  EXPECT_EQ(share(), 100U);
}

TEST_F(RegionPreferencesTest, a_ramp_ends_with_the_region_or_with_the_setting) {
  preferences_.came_back("a", "east");
  preferences_.went("east");
  run(1s);
  EXPECT_FALSE(share());
  preferences_.came_back("a", "east");
  sites_["a"].failback.ramp.shares.clear();
  preferences_.configure(sites_);
  run(1s);
  EXPECT_FALSE(share());
  preferences_.came_back("a", "east");
  EXPECT_FALSE(share());
}

TEST_F(RegionPreferencesTest, the_nearest_by_probes_is_told_and_moves_only_when_another_is_better_for_a_while) {
  preferences_.probed("east", 20ms);
  preferences_.probed("west", 40ms);
  run(1s);
  EXPECT_EQ(preferences_.published().read()->nearest.at("a"), (std::vector<std::string>{"east", "west"}));
  for (int i = 0; i < 30; ++i) preferences_.probed("west", 5ms);
  run(9s);
  EXPECT_EQ(preferences_.nearest("a"), "east");
  run(3s);
  EXPECT_EQ(preferences_.nearest("a"), "west");
  EXPECT_THAT(last_event(), HasSubstr("region west is the nearest, no longer east"));
}

}  // namespace
}  // namespace evershore::app
