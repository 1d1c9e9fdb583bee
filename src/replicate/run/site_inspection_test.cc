// What a site's replicator leaves out, and what it tells of without doing.
#include "replicate/run/site_replicator_rig.h"

namespace evershore::replicate {
namespace {

using SiteInspectionTest = SiteReplicatorRig;

// --- what is left out ---

TEST_F(SiteInspectionTest, NeverWritesWhereItOnlyReads) {
  read_only_ = {0};
  build(3);
  write(0, "k", "from east");
  start();
  scheduler_.run_for(5s);
  const auto before = calls();
  write(0, "new", "hello");
  event(0, "new");
  scheduler_.run_for(100ms);
  EXPECT_EQ(bytes_in(2, "new"), "hello");
  EXPECT_EQ(calls() - before, 3U) << "a GET and two PUTs";
  scheduler_.run_for(5s);
  write(1, "new", "later");
  event(1, "new");
  write(1, "other", "west alone");
  event(1, "other");
  scheduler_.run_for(5s);
  EXPECT_EQ(bytes_in(0, "new"), "hello");
  EXPECT_EQ(bytes_in(2, "new"), "later");
  EXPECT_EQ(bytes_in(0, "other"), "(none)");
  EXPECT_EQ(bytes_in(2, "other"), "west alone");
  stores_[1]->erase_behind("k");
  event(1, "k");
  scheduler_.run_for(5s);
  EXPECT_EQ(bytes_in(2, "k"), "(none)");
  EXPECT_EQ(bytes_in(0, "k"), "from east");
  EXPECT_EQ(differences(), Names{});
  EXPECT_EQ(pending(), 0U);
  stores_[0]->erase_behind("new");
  write(0, "k", "again");
  event(0, "k");
  scheduler_.run_for(5s);
  EXPECT_EQ(bytes_in(1, "k"), "again");
  const auto quiet = calls();
  replicator_->request_scan();
  scheduler_.run_for(5s);
  EXPECT_EQ(calls() - quiet, 3U) << "nothing but the three listings";
}

TEST_F(SiteInspectionTest, LeavesOutWhatTheFilterSays) {
  rules_.filter = {.exclude_prefixes = {"tmp/"}, .exclude_suffixes = {".part"}, .size_min = 2, .size_max = 6};
  build(2);
  for (const char* key : {"a", "tmp/b", "c.part"}) write(0, key, "hello");
  write(0, "short", "x");
  write(0, "long", "far too long");
  start();
  for (const char* key : {"tmp/b", "c.part"})
    EXPECT_EQ(wait(replicator_->hint(key, "east", "e", Removed::kNo)).error().fault, Fault::kInvalid);
  for (const char* key : {"a", "short", "long"}) event(0, key);
  scheduler_.run_for(10s);
  EXPECT_EQ(stores_[1]->objects().size(), 2U) << "one, and the marker";
  EXPECT_EQ(bytes_in(1, "a"), "hello");
  EXPECT_EQ(pending(), 0U);
  EXPECT_EQ(differences(), Names{});
  write(0, "a", "has grown");
  event(0, "a");
  scheduler_.run_for(10s);
  EXPECT_EQ(bytes_in(1, "a"), "hello") << "the new content is none that is replicated";
}

// --- looking ahead, in depth and at what is missing ---

TEST_F(SiteInspectionTest, PlansASyncToTheRequestAndTheByte) {
  build(3);
  write(0, "small", "hello");
  stores_[0]->write_behind("tagged", "hello", {{std::string(kTagsHeader), "t=1"}}, {});
  write(0, "streamed", std::string(3 << 20, 'x'));
  write(0, "twice", "one");
  scheduler_.run_for(2s);
  write(1, "twice", "two!");
  write(1, "twice-same", "same");
  write(2, "twice-same", "same");
  for (int i = 0; i < 1500; ++i) {
    for (const size_t region : {0, 1, 2}) write(region, "equal" + std::to_string(i), "e");
  }
  std::vector<CompletedPart> parts;
  const auto id = wait(stores_[0]->create_multipart("parts", {}, {})).value();
  for (uint32_t number = 1; number <= 3; ++number) {
    store::MemoryBody body(std::string(1000, 'p'));
    parts.push_back(wait(stores_[0]->put_part("parts", id, number, 1000, body)).value());
  }
  ASSERT_TRUE(wait(stores_[0]->complete_multipart("parts", id, parts, {})));
  start(SiteReplicator::Scans::kOnRequest);
  const auto objects = stores_[2]->objects();
  std::vector<std::string> told;
  const auto plan = wait(replicator_->plan([&told](const PlannedKey& key) { told.push_back(key.key + ": " + key.what); }, {}));
  ASSERT_TRUE(plan) << plan.error().text;
  EXPECT_EQ(stores_[2]->objects(), objects) << "nothing was written";
  EXPECT_EQ(told,
            (Names{"parts: copy to west, north", "small: copy to west, north", "streamed: copy to west, north",
                   "tagged: copy to west, north", "twice: copy to east, north; keep the loser as a conflict", "twice-same: copy to east"}));
  const auto before = calls();
  const auto report = wait(replicator_->sync({}));
  ASSERT_TRUE(report && report->converged);
  EXPECT_EQ(calls() - before, plan->requests);
  EXPECT_EQ(report->totals.objects_copied, plan->objects);
  EXPECT_EQ(report->totals.bytes_copied + 3 * 3, plan->bytes) << "and the loser, once in each region";
  EXPECT_EQ(plan->conflicts, 1U);
  const auto again = wait(replicator_->plan({}, {}));
  EXPECT_EQ(again->keys, 0U);
}

std::vector<std::string> found_in_depth(SiteReplicator& replicator, const std::function<Result<uint64_t>(Task<Result<uint64_t>>)>& wait_for,
                                        VerifyOptions options) {
  std::vector<std::string> found;
  const auto on_difference = [&found](const Difference& difference) { found.push_back(difference.key + ": " + difference.why); };
  const auto count = wait_for(replicator.verify(options, on_difference, {}));
  EXPECT_TRUE(count) << count.error().text;
  return found;
}

TEST_F(SiteInspectionTest, SeesInDepthWhatListingsHide) {
  build(2);
  start();
  for (const char* key : {"a", "headers", "rotten"}) {
    write(0, key, "hello");
    event(0, key);
  }
  scheduler_.run_for(5s);
  stores_[1]->write_behind("headers", "hello", {{"content-type", "text/odd"}}, {});
  stores_[1]->rot_behind("rotten");
  const auto waiting = [this](Task<Result<uint64_t>> task) { return wait(std::move(task)); };
  EXPECT_EQ(found_in_depth(*replicator_, waiting, {}), Names{});
  EXPECT_EQ(found_in_depth(*replicator_, waiting, {.depth = VerifyDepth::kIdentity}), Names{"headers: east has other headers"});
  EXPECT_EQ(found_in_depth(*replicator_, waiting, {.depth = VerifyDepth::kFull}),
            (Names{"headers: east has other headers", "rotten: west: the bytes are not what its ETag says"}));
  EXPECT_EQ(found_in_depth(*replicator_, waiting, {.depth = VerifyDepth::kFull, .after = "headers"}),
            Names{"rotten: west: the bytes are not what its ETag says"});
  const auto report = wait(replicator_->repair({.depth = VerifyDepth::kFull}, [](const Difference&) {}, {}));
  ASSERT_TRUE(report) << report.error().text;
  EXPECT_EQ(report->repaired, 2U) << report->why;
  EXPECT_EQ(bytes_in(1, "rotten"), "hello");
  EXPECT_EQ(stores_[0]->objects().at("headers").headers.at("content-type"), "text/odd");
  EXPECT_EQ(found_in_depth(*replicator_, waiting, {.depth = VerifyDepth::kFull}), Names{});
}

TEST_F(SiteInspectionTest, TellsInDepthWhatARegionDoesNotHold) {
  build(1);
  stores_.push_back(std::make_unique<FakeStore>(scheduler_, "west", 9, store::FaultRates{}, without_tags()));
  start();
  stores_[0]->write_behind("k", "hello", {{std::string(kTagsHeader), "t=1"}}, {});
  event(0, "k");
  scheduler_.run_for(5s);
  const auto waiting = [this](Task<Result<uint64_t>> task) { return wait(std::move(task)); };
  EXPECT_EQ(found_in_depth(*replicator_, waiting, {.depth = VerifyDepth::kIdentity}), Names{"k: west does not hold its tags"});
}

TEST_F(SiteInspectionTest, TellsWhatARegionLacksAndWhatOnlyItHas) {
  build(3);
  start();
  scheduler_.run_for(5s);
  set_away(2, true);
  scheduler_.run_for(1s);
  write(0, "k", "hello");
  event(0, "k");
  scheduler_.run_for(5s);
  auto north = wait(replicator_->gaps("north")).value();
  EXPECT_EQ(north.lacks_keys, 1U);
  EXPECT_EQ(north.lacks_bytes, 5U);
  EXPECT_GE(north.oldest_pending, 5s);
  EXPECT_EQ(north.time_to_sync, std::nullopt) << "nothing is being copied there";
  ASSERT_EQ(north.keys.size(), 1U);
  EXPECT_EQ(north.keys[0].holders, (Names{"east", "west"}));
  EXPECT_EQ(wait(replicator_->gaps("east"))->at_risk_keys, 0U) << "west has it, too";
  EXPECT_EQ(wait(replicator_->gaps("east"))->time_to_sync, Duration{});
  set_away(1, true);
  scheduler_.run_for(1s);
  write(0, "only", "here!!");
  event(0, "only");
  scheduler_.run_for(5s);
  const auto east = wait(replicator_->gaps("east")).value();
  EXPECT_EQ(east.at_risk_keys, 1U);
  EXPECT_EQ(east.at_risk_bytes, 6U);
  ASSERT_EQ(east.keys.size(), 1U);
  EXPECT_EQ(east.keys[0].key, "only");
  EXPECT_TRUE(east.keys[0].at_risk);
  EXPECT_EQ(wait(replicator_->gaps("west"))->lacks_keys, 1U);
  EXPECT_EQ(wait(replicator_->gaps("north"))->lacks_keys, 2U);
  EXPECT_FALSE(wait(replicator_->gaps("south")));
}

}  // namespace
}  // namespace evershore::replicate
