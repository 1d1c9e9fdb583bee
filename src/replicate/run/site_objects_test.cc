// What belongs to an object besides its bytes, and writes that cross.
#include "replicate/run/site_replicator_rig.h"

namespace evershore::replicate {
namespace {

using SiteObjectsTest = SiteReplicatorRig;

// --- tags ---

TEST_F(SiteObjectsTest, CopiesTagsWithOneRequestMore) {
  build(2);
  start();
  scheduler_.run_for(5s);
  const auto before = calls();
  stores_[0]->write_behind("k", "hello", {{std::string(kTagsHeader), "t=1"}}, {});
  event(0, "k");
  scheduler_.run_for(100ms);
  EXPECT_EQ(stores_[1]->tags_behind("k"), "t=1");
  EXPECT_EQ(calls() - before, 3U);
}

TEST_F(SiteObjectsTest, CopiesAChangeOfTagsAloneWithoutTheBytes) {
  build(2);
  start();
  write(0, "k", "hello");
  event(0, "k");
  scheduler_.run_for(5s);
  for (const size_t region : {0, 1}) {  // at the origin, and on our own copy
    const std::string tags = "t=" + std::to_string(region);
    const auto bytes = replicator_->status().regions[1 - region].counters->bytes_copied.get();
    stores_[region]->tag_behind("k", tags);
    ASSERT_TRUE(wait(replicator_->hint("k", kNames[region], "", Removed::kNo)));
    scheduler_.run_for(5s);
    EXPECT_EQ(stores_[1 - region]->tags_behind("k"), tags);
    EXPECT_EQ(replicator_->status().regions[1 - region].counters->bytes_copied.get(), bytes);
  }
  EXPECT_EQ(pending(), 0U);
}

TEST_F(SiteObjectsTest, CopiesWithoutTagsWhereARegionHasNoneAndSaysSo) {
  build(1);
  stores_.push_back(std::make_unique<FakeStore>(scheduler_, "west", 9, store::FaultRates{}, without_tags()));
  start();
  stores_[0]->write_behind("k", "hello", {{std::string(kTagsHeader), "t=1"}}, {});
  event(0, "k");
  scheduler_.run_for(5s);
  EXPECT_EQ(bytes_in(1, "k"), "hello");
  const auto status = replicator_->status();
  EXPECT_EQ(status.regions[1].counters->tags_left_out.get(), 1U);
  EXPECT_EQ(status.regions[1].cannot_hold.size(), 1U);
  EXPECT_TRUE(status.regions[0].cannot_hold.empty());
  event(1, "k");
  scheduler_.run_for(5s);
  EXPECT_EQ(stores_[0]->tags_behind("k"), "t=1") << "what a region cannot hold it cannot take from others";
}

TEST_F(SiteObjectsTest, DoesNotCopyTaggedObjectsWhereTagsAreRequiredAndMissing) {
  rules_.tags = TagRule::kRequire;
  build(1);
  stores_.push_back(std::make_unique<FakeStore>(scheduler_, "west", 9, store::FaultRates{}, without_tags()));
  start();
  stores_[0]->write_behind("k", "hello", {{std::string(kTagsHeader), "t=1"}}, {});
  write(0, "plain", "hello");
  event(0, "k");
  event(0, "plain");
  scheduler_.run_for(5s);
  EXPECT_EQ(bytes_in(1, "k"), "(none)");
  EXPECT_EQ(bytes_in(1, "plain"), "hello");
  ASSERT_EQ(replicator_->status().pending_keys.size(), 1U);
  EXPECT_NE(replicator_->status().pending_keys[0].state.find("west cannot hold tags"), std::string::npos);
}

TEST_F(SiteObjectsTest, LeavesTagsAloneWhereTheyAreIgnored) {
  rules_.tags = TagRule::kIgnore;
  build(2);
  start();
  stores_[0]->write_behind("k", "hello", {{std::string(kTagsHeader), "t=1"}}, {});
  event(0, "k");
  scheduler_.run_for(5s);
  EXPECT_EQ(bytes_in(1, "k"), "hello");
  EXPECT_EQ(stores_[1]->tags_behind("k"), "");
  EXPECT_EQ(stores_[0]->tags_behind("k"), "t=1");
}

TEST_F(SiteObjectsTest, WritesTheStorageClassOfTheTarget) {
  classes_ = {"source", "COLD"};
  build(2);
  start();
  stores_[0]->write_behind("a", "hello", {{"x-amz-storage-class", "HOT"}}, {});
  stores_[1]->write_behind("b", "hello", {{"x-amz-storage-class", "HOT"}}, {});
  event(0, "a");
  event(1, "b");
  scheduler_.run_for(5s);
  EXPECT_EQ(stores_[1]->objects().at("a").headers.at("x-amz-storage-class"), "COLD");
  EXPECT_EQ(stores_[0]->objects().at("b").headers.at("x-amz-storage-class"), "HOT");
}

TEST_F(SiteObjectsTest, StaysWithinTheBudgetOfARegion) {
  budget_ = {.bytes_per_second = 100'000};
  build(2);
  start();
  scheduler_.run_for(5s);
  for (int i = 0; i < 10; ++i) {
    write(0, "k" + std::to_string(i), std::string(50'000, 'x'));
    event(0, "k" + std::to_string(i));
  }
  scheduler_.run_for(2s);
  EXPECT_LT(stores_[1]->objects().size(), 9U) << "half a megabyte at 100 kB/s";
  scheduler_.run_for(10s);
  EXPECT_EQ(stores_[1]->objects().size(), 11U);
}

// --- conflicts ---

TEST_F(SiteObjectsTest, KeepsTheLoserOfCrossingWritesInEveryRegion) {
  build(3);
  start();
  write(0, "k", "one");
  event(0, "k");
  scheduler_.run_for(5s);
  stores_[0]->write_behind("k", "from east", {{"content-type", "text/css"}}, {{"owner", "me"}});
  scheduler_.run_for(2s);
  write(1, "k", "from west");
  event(0, "k");
  event(1, "k");
  scheduler_.run_for(5s);
  for (const size_t region : {0, 1, 2}) EXPECT_EQ(bytes_in(region, "k"), "from west");
  const auto conflicts = wait(replicator_->conflicts("")).value();
  ASSERT_EQ(conflicts.size(), 1U);
  EXPECT_EQ(conflicts[0].id.key, "k");
  EXPECT_EQ(conflicts[0].id.region, "east");
  EXPECT_EQ(conflicts[0].regions, (std::vector<std::string>{"east", "west", "north"}));
  const auto& kept = stores_[2]->objects().at(conflicts[0].name);
  EXPECT_EQ(kept.bytes, "from east");
  EXPECT_EQ(kept.headers, (StandardHeaders{{"content-type", "text/css"}}));
  EXPECT_EQ(kept.metadata, (UserMetadata{{"owner", "me"}}));
  EXPECT_EQ(differences(), Names{}) << "kept copies are no keys of the site";
  EXPECT_EQ(replicator_->status().conflicts.kept, 1U);
}

TEST_F(SiteObjectsTest, AConflictEndsByKeepingTheWinnerOrTheLoser) {
  build(2);
  start();
  for (const bool keep_loser : {false, true}) {
    const std::string key = keep_loser ? "a" : "b";
    write(0, key, "from east");
    scheduler_.run_for(2s);
    write(1, key, "from west");
    event(0, key);
    scheduler_.run_for(5s);
    const auto conflicts = wait(replicator_->conflicts(key)).value();
    ASSERT_EQ(conflicts.size(), 1U);
    ASSERT_TRUE(wait(replicator_->settle_conflict(conflicts[0].name, keep_loser ? Settle::kKeepLoser : Settle::kKeepWinner)));
    scheduler_.run_for(5s);
    for (const size_t region : {0, 1}) EXPECT_EQ(bytes_in(region, key), keep_loser ? "from east" : "from west");
    EXPECT_TRUE(wait(replicator_->conflicts("")).value().empty()) << "and settling made no new one";
  }
  EXPECT_FALSE(wait(replicator_->settle_conflict(".evershore/conflicts/none", Settle::kKeepWinner)));
}

TEST_F(SiteObjectsTest, AConflictGoesAfterItsRetention) {
  rules_.conflict_retention = 2h;
  rules_.scan_interval = 10min;
  build(2);
  write(0, "k", "from east");
  scheduler_.run_for(2s);
  write(1, "k", "from west");
  start();
  scheduler_.run_for(1h);
  EXPECT_EQ(wait(replicator_->conflicts("")).value().size(), 1U);
  EXPECT_EQ(replicator_->status().conflicts.present, 1U);
  scheduler_.run_for(3h);
  EXPECT_TRUE(wait(replicator_->conflicts("")).value().empty());
  EXPECT_EQ(replicator_->status().conflicts.present, 0U);
}

TEST_F(SiteObjectsTest, OverwritesNothingThatItCannotKeep) {
  build(2);
  start();
  scheduler_.run_for(5s);
  write(0, "k", "from east");
  scheduler_.run_for(2s);
  write(1, "k", "from west");
  stores_[0]->refuse_writes_below(".evershore/conflicts/");
  event(0, "k");
  scheduler_.run_for(5s);
  EXPECT_EQ(bytes_in(0, "k"), "from east");
  EXPECT_NE(replicator_->status().pending_keys.at(0).state.find("cannot be kept"), std::string::npos);
  stores_[0]->refuse_writes_below("");
  scheduler_.run_for(1h);
  EXPECT_EQ(bytes_in(0, "k"), "from west");
  EXPECT_EQ(wait(replicator_->conflicts("")).value().size(), 1U);
}

TEST_F(SiteObjectsTest, KeepsNoLosersWhereTheSettingsSaySo) {
  rules_.conflict_retention = 0s;
  build(2);
  start();
  write(0, "k", "from east");
  scheduler_.run_for(2s);
  write(1, "k", "from west");
  event(0, "k");
  scheduler_.run_for(5s);
  EXPECT_EQ(bytes_in(0, "k"), "from west");
  EXPECT_TRUE(wait(replicator_->conflicts("")).value().empty());
  EXPECT_EQ(replicator_->status().conflicts.dropped, 1U);
}

}  // namespace
}  // namespace evershore::replicate
