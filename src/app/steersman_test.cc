#include "app/steersman.h"

#include <gtest/gtest.h>

#include "base/fake_scheduler.h"

namespace evershore::app {
namespace {

using std::chrono::seconds;

class SteersmanTest : public testing::Test {
 protected:
  SteersmanTest() {
    settings_.regions["east"].name = "east";
    settings_.regions["west"].name = "west";
    settings_.sites["assets"].name = "assets";
  }
  void save(const std::string& key, const std::optional<std::string>& value) {
    if (value) {
      board_[key] = *value;
    } else {
      board_.erase(key);
    }
  }
  std::unique_ptr<Steersman> make() {
    return std::make_unique<Steersman>(
        scheduler_, events_, [this](std::string key, std::optional<std::string> value) { save(key, value); }, [this] { ++changes_; });
  }
  std::vector<std::pair<std::string, std::string>> entries() const { return {board_.begin(), board_.end()}; }

  FakeScheduler scheduler_;
  EventLog events_{scheduler_, Log()};
  Settings settings_;
  std::map<std::string, std::string> board_;
  int changes_ = 0;
};

TEST_F(SteersmanTest, ADrainIsPublishedAtOnceAndToldWithItsReason) {
  auto steersman = make();
  steersman->drain("east", "new disks", std::nullopt);
  EXPECT_EQ(steersman->published().read()->drains.at("east").reason, "new disks");
  EXPECT_EQ(changes_, 1);
  EXPECT_NE(events_.after(0).at(0).text.find("new disks"), std::string::npos);
}

TEST_F(SteersmanTest, ADrainWithATimeEndsByItselfNotBefore) {
  auto steersman = make();
  steersman->drain("east", "short", seconds(10));
  scheduler_.run_for(seconds(9));
  EXPECT_TRUE(steersman->now().drains.contains("east"));
  scheduler_.run_for(seconds(2));
  EXPECT_FALSE(steersman->now().drains.contains("east"));
  EXPECT_TRUE(board_.empty());
}

TEST_F(SteersmanTest, ANewerDrainIsNotEndedByTheOlderOnesTime) {
  auto steersman = make();
  steersman->drain("east", "short", seconds(10));
  steersman->drain("east", "long", seconds(60));
  scheduler_.run_for(seconds(30));
  EXPECT_EQ(steersman->now().drains.at("east").reason, "long");
}

TEST_F(SteersmanTest, DrainsAndPinsOutliveARestart) {
  auto before = make();
  before->drain("east", "new disks", seconds(100));
  before->pin("assets", "west");
  auto after = make();
  after->restore(entries(), settings_);
  EXPECT_EQ(after->now().drains.at("east").reason, "new disks");
  EXPECT_EQ(after->now().pins.at("assets"), "west");
  scheduler_.run_for(seconds(101));
  EXPECT_FALSE(after->now().drains.contains("east"));
}

TEST_F(SteersmanTest, WhatNamesThingsThatAreGoneIsDropped) {
  auto steersman = make();
  steersman->restore({{"drain/gone", "{\"reason\":\"x\"}"}, {"pin/gone", "west"}, {"drain/west", "not json"}}, settings_);
  EXPECT_TRUE(steersman->now().drains.empty());
  EXPECT_TRUE(steersman->now().pins.empty());
}

TEST_F(SteersmanTest, ReadinessIsAnEventOnlyWhenItChangesNotWhenItsNumbersDo) {
  auto steersman = make();
  steersman->set_readiness("assets", "east", "catching up: 9 keys pending");
  steersman->set_readiness("assets", "east", "catching up: 3 keys pending");
  EXPECT_EQ(events_.after(0).size(), 1U);
  EXPECT_EQ(steersman->now().not_ready.at({"assets", "east"}).why, "catching up: 3 keys pending");
  steersman->set_readiness("assets", "east", std::nullopt);
  EXPECT_EQ(events_.after(0).size(), 2U);
  EXPECT_TRUE(steersman->now().not_ready.empty());
}

TEST_F(SteersmanTest, ARegionThatASiteHasAnewIsNotReadyUntilReplicationSaysSo) {
  auto steersman = make();
  settings_.sites["assets"].regions = {"east"};
  auto after = settings_;
  after.sites["assets"].regions = {"east", "west"};
  after.sites["off"].regions = {"west"};  // a new site as a whole fails open like a start does
  steersman->await_new_regions(settings_, after);
  EXPECT_EQ(steersman->now().not_ready.size(), 1U);
  EXPECT_TRUE(steersman->now().not_ready.contains({"assets", "west"}));
  steersman->set_readiness("assets", "west", std::nullopt);
  EXPECT_TRUE(steersman->now().not_ready.empty());
  after.sites["assets"].replication.mode = ReplicationMode::kOff;
  steersman->await_new_regions(settings_, after);
  EXPECT_TRUE(steersman->now().not_ready.empty());
}

}  // namespace
}  // namespace evershore::app
