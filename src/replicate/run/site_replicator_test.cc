#include "replicate/run/site_replicator_rig.h"

namespace evershore::replicate {
namespace {

using SiteReplicatorTest = SiteReplicatorRig;

TEST_F(SiteReplicatorTest, FirstScanFillsAnEmptyRegion) {
  build(2);
  for (int i = 0; i < 3000; ++i) write(0, "k" + std::to_string(i), "bytes " + std::to_string(i));
  start();
  scheduler_.run_for(30s);
  EXPECT_EQ(stores_[1]->objects().size(), 3001U) << "and the marker";
  EXPECT_EQ(bytes_in(1, "k77"), "bytes 77");
  EXPECT_EQ(pending(), 0U);
  EXPECT_EQ(differences(), Names{});
}

TEST_F(SiteReplicatorTest, CopiesASmallNewObjectWithTwoRequests) {
  build(2);
  start();
  scheduler_.run_for(5s);
  const auto before = calls();
  write(0, "k", "hello");
  event(0, "k");
  scheduler_.run_for(100ms);
  EXPECT_EQ(bytes_in(1, "k"), "hello");
  EXPECT_EQ(calls() - before, 2U);
}

TEST_F(SiteReplicatorTest, CopiesAnOverwriteWithTwoRequestsInEitherDirection) {
  build(2);
  start();
  write(0, "k", "one");
  event(0, "k");
  scheduler_.run_for(5s);
  const auto before = calls();
  write(1, "k", "two");
  event(1, "k");
  scheduler_.run_for(100ms);
  EXPECT_EQ(bytes_in(0, "k"), "two");
  EXPECT_EQ(calls() - before, 2U);
}

TEST_F(SiteReplicatorTest, SpendsNoRequestOnTheEchoOfItsOwnCopy) {
  build(2);
  start();
  write(0, "k", "hello");
  event(0, "k");
  scheduler_.run_for(5s);
  const auto before = calls();
  event(1, "k");
  scheduler_.run_for(1s);
  EXPECT_EQ(calls(), before);
}

TEST_F(SiteReplicatorTest, CopiesIntoThreeRegionsAndKeepsHeaders) {
  build(3);
  start();
  stores_[2]->write_behind("k", "hello", {{"content-type", "text/css"}, {"cache-control", "max-age=5"}}, {{"owner", "me"}});
  event(2, "k");
  scheduler_.run_for(5s);
  for (const size_t region : {0, 1}) {
    const auto& object = stores_[region]->objects().at("k");
    EXPECT_EQ(object.headers, (StandardHeaders{{"content-type", "text/css"}, {"cache-control", "max-age=5"}}));
    EXPECT_EQ(object.metadata.at("owner"), "me");
    EXPECT_TRUE(object.metadata.contains("evershore-version"));
  }
}

TEST_F(SiteReplicatorTest, CopiesAChangeOfHeadersAlone) {
  build(2);
  start();
  write(0, "k", "hello");
  event(0, "k");
  scheduler_.run_for(5s);
  stores_[0]->write_behind("k", "hello", {{"cache-control", "no-store"}}, {});
  event(0, "k");
  scheduler_.run_for(5s);
  EXPECT_EQ(stores_[1]->objects().at("k").headers.count("cache-control"), 1U);
}

TEST_F(SiteReplicatorTest, SpreadsAReportedRemoval) {
  build(3);
  write(0, "k", "hello");
  start();
  scheduler_.run_for(5s);
  ASSERT_EQ(bytes_in(2, "k"), "hello");
  stores_[1]->erase_behind("k");
  event(1, "k");
  scheduler_.run_for(5s);
  EXPECT_EQ(bytes_in(0, "k"), "(none)");
  EXPECT_EQ(bytes_in(2, "k"), "(none)");
}

TEST_F(SiteReplicatorTest, RestoresWhatOnlyAScanMisses) {
  build(2);
  write(0, "k", "hello");
  start();
  scheduler_.run_for(5s);
  stores_[0]->erase_behind("k");
  replicator_->request_scan();
  scheduler_.run_for(5s);
  EXPECT_EQ(bytes_in(0, "k"), "hello");
}

TEST_F(SiteReplicatorTest, ARemovalThatWasDealtWithDoesNotTurnALaterLossIntoADeletion) {
  build(3);
  write(0, "k", "one");
  start();
  scheduler_.run_for(5s);
  set_away(2, true);
  scheduler_.run_for(1s);
  stores_[0]->erase_behind("k");
  event(0, "k");
  scheduler_.run_for(1s);
  write(0, "k", "two");
  event(0, "k");
  scheduler_.run_for(1s);
  ASSERT_EQ(bytes_in(1, "k"), "two");
  ASSERT_EQ(pending(), 1U) << "parked for the region that is away";
  stores_[0]->erase_behind("k");  // lost: no event
  set_away(2, false);
  scheduler_.run_for(10s);
  for (const size_t region : {0, 1, 2}) EXPECT_EQ(bytes_in(region, "k"), "two") << region;
}

TEST_F(SiteReplicatorTest, RemovesEverywhereOnRequestAlsoWhereItReturnsLater) {
  build(3);
  write(0, "k", "hello");
  start();
  scheduler_.run_for(5s);
  set_away(2, true);
  scheduler_.run_for(1s);
  ASSERT_TRUE(wait(replicator_->remove("k")));
  scheduler_.run_for(5s);
  EXPECT_EQ(bytes_in(0, "k"), "(none)");
  EXPECT_EQ(bytes_in(1, "k"), "(none)");
  EXPECT_EQ(pending(), 1U);
  set_away(2, false);
  scheduler_.run_for(10s);
  EXPECT_EQ(bytes_in(2, "k"), "(none)");
  EXPECT_EQ(pending(), 0U);
}

TEST_F(SiteReplicatorTest, HoldsRemovalsAboveTheCapUntilReleased) {
  rules_.delete_cap = {.keys = 2, .percent_of_keys = 0, .window = 24h};
  build(2);
  for (int i = 0; i < 4; ++i) write(0, "k" + std::to_string(i), "hello");
  start();
  scheduler_.run_for(5s);
  for (int i = 0; i < 4; ++i) {
    stores_[0]->erase_behind("k" + std::to_string(i));
    event(0, "k" + std::to_string(i));
  }
  scheduler_.run_for(5s);
  EXPECT_EQ(stores_[1]->objects().size(), 3U) << "two held, and the marker";
  EXPECT_EQ(replicator_->status().deletes_held, 2U);
  replicator_->release_deletes();
  scheduler_.run_for(2min);
  EXPECT_EQ(stores_[1]->objects().size(), 1U);
}

TEST_F(SiteReplicatorTest, KeepsThePartsOfAnUploadAndItsETag) {
  build(2);
  const std::string part(3 << 20, 'x');
  std::vector<CompletedPart> parts;
  const auto id = wait(stores_[0]->create_multipart("big", {}, {})).value();
  for (uint32_t number = 1; number <= 3; ++number) {
    store::MemoryBody body(part);
    parts.push_back(wait(stores_[0]->put_part("big", id, number, part.size(), body)).value());
  }
  ASSERT_TRUE(wait(stores_[0]->complete_multipart("big", id, parts, {})));
  start();
  scheduler_.run_for(10s);
  ASSERT_TRUE(stores_[1]->objects().contains("big"));
  EXPECT_EQ(stores_[1]->objects().at("big").etag, stores_[0]->objects().at("big").etag);
  EXPECT_EQ(stores_[1]->open_uploads(), 0U);
}

TEST_F(SiteReplicatorTest, AcceptsTheSameBytesUnderAnotherETagWhenThePartsAreUnknown) {
  build(2, {.supports = {.put_if_none_match = true, .put_if_match = true, .delete_if_match = true, .get_part_number = false}});
  std::vector<CompletedPart> parts;
  const auto id = wait(stores_[0]->create_multipart("odd", {}, {})).value();
  for (const uint32_t number : {1, 2}) {
    const std::string part(number * 100'000, 'x');
    store::MemoryBody body(part);
    parts.push_back(wait(stores_[0]->put_part("odd", id, number, part.size(), body)).value());
  }
  ASSERT_TRUE(wait(stores_[0]->complete_multipart("odd", id, parts, {})));
  start();
  scheduler_.run_for(10s);
  ASSERT_TRUE(stores_[1]->objects().contains("odd"));
  EXPECT_NE(stores_[1]->objects().at("odd").etag, stores_[0]->objects().at("odd").etag);
  EXPECT_EQ(pending(), 0U);
  const auto before = calls();
  replicator_->request_scan();
  scheduler_.run_for(5s);
  EXPECT_EQ(calls() - before, 2U) << "the two listings: the row knows";
}

TEST_F(SiteReplicatorTest, StreamsALargeObjectInTheLaneForLargeOnes) {
  build(2);
  write(0, "large", std::string(5 << 20, 'y'));
  start();
  event(0, "large");
  scheduler_.run_for(10s);
  EXPECT_EQ(bytes_in(1, "large").size(), 5U << 20);
  EXPECT_EQ(pending(), 0U);
}

TEST_F(SiteReplicatorTest, ParksWhatARegionThatIsAwayLacksAndDeliversAtItsReturn) {
  rules_.failback.hold = 10s;
  build(2);
  start();
  scheduler_.run_for(5s);
  EXPECT_TRUE(replicator_->readiness("west").ready);
  set_away(1, true);
  scheduler_.run_for(1s);
  write(0, "k", "hello");
  event(0, "k");
  scheduler_.run_for(5s);
  EXPECT_EQ(queue_.counts("assets").parked, 1U);
  EXPECT_FALSE(replicator_->readiness("west").ready);
  const auto status = replicator_->status();
  ASSERT_EQ(status.pending_keys.size(), 1U);
  EXPECT_EQ(status.pending_keys[0].state, "waiting for west");
  EXPECT_EQ(status.regions[0].parked, 0U);
  EXPECT_EQ(status.regions[1].parked, 1U);
  set_away(1, false);
  scheduler_.run_for(5s);
  EXPECT_EQ(bytes_in(1, "k"), "hello");
  EXPECT_FALSE(replicator_->readiness("west").ready) << "still holding";
  EXPECT_NE(replicator_->readiness("west").why.find("in sync for"), std::string::npos) << replicator_->readiness("west").why;
  scheduler_.run_for(11s);
  EXPECT_TRUE(replicator_->readiness("west").ready);
}

TEST_F(SiteReplicatorTest, ARestartDoesNotForgetThatARegionIsBehind) {
  build(2);
  start();
  scheduler_.run_for(5s);
  set_away(1, true);
  scheduler_.run_for(1s);
  stop();
  set_away(1, false);
  start();
  EXPECT_FALSE(replicator_->readiness("west").ready);
  scheduler_.run_for(60s);
  EXPECT_TRUE(replicator_->readiness("west").ready);
}

TEST_F(SiteReplicatorTest, RefillsABucketThatWasEmptiedAndGatesIt) {
  build(2);
  write(0, "k", "hello");
  start();
  scheduler_.run_for(5s);
  set_away(1, true);
  scheduler_.run_for(1s);
  stores_[1]->erase_behind("k");
  stores_[1]->erase_behind(std::string(kMarkerKey));
  set_away(1, false);
  scheduler_.run_for(5s);
  EXPECT_EQ(bytes_in(1, "k"), "hello");
  EXPECT_FALSE(replicator_->readiness("west").ready);
  EXPECT_EQ(bytes_in(0, "k"), "hello");
}

TEST_F(SiteReplicatorTest, DoesNotTouchABucketThatCarriesAnotherMarker) {
  build(2);
  write(0, "k", "hello");
  start();
  scheduler_.run_for(5s);
  set_away(1, true);
  scheduler_.run_for(1s);
  write(1, std::string(kMarkerKey), "evershore region 00000000000000000000000000000000\n");
  write(1, "k", "somebody else's");
  set_away(1, false);
  scheduler_.run_for(20s);
  EXPECT_EQ(bytes_in(0, "k"), "hello");
  EXPECT_EQ(bytes_in(1, "k"), "somebody else's");
  EXPECT_FALSE(replicator_->readiness("west").ready);
  EXPECT_FALSE(replicator_->status().regions[1].usable);
  ASSERT_TRUE(wait(replicator_->accept_region("west")));
  scheduler_.run_for(20s);
  EXPECT_EQ(bytes_in(0, "k"), bytes_in(1, "k"));
}

TEST_F(SiteReplicatorTest, KeepsAKeyThatCannotBeCopiedVisibleAndQueued) {
  build(2);
  start();
  stores_[1]->set_faults({.busy = 1});
  write(0, "k", "hello");
  event(0, "k");
  scheduler_.run_for(60s);
  EXPECT_EQ(queue_.counts("assets").failing, 1U);
  EXPECT_NE(replicator_->status().pending_keys.at(0).state.find("503"), std::string::npos);
  stores_[1]->set_faults({});
  scheduler_.run_for(30min);
  EXPECT_EQ(bytes_in(1, "k"), "hello");
  EXPECT_EQ(pending(), 0U);
}

TEST_F(SiteReplicatorTest, RepairsACopyThatWentWrongInsteadOfBelievingIt) {
  build(2);
  start();
  write(0, "k", "the right bytes");
  event(0, "k");
  scheduler_.run_for(5s);
  // As if the target had stored other bytes than it was sent: known as a bad copy, so not a new write.
  auto row = wait(rows_.get("assets", {"k"})).value().at(0).value();
  write(1, "k", "the wrong bytes");
  note_bad_copy(row, row.synced.has(1) ? 1 : 0, stores_[1]->objects().at("k").etag);
  ASSERT_TRUE(wait(rows_.put("assets", {row}, queue::Durability::kDurable)));
  replicator_->request_scan();
  scheduler_.run_for(5s);
  EXPECT_EQ(bytes_in(1, "k"), "the right bytes");
  EXPECT_EQ(bytes_in(0, "k"), "the right bytes");
}

TEST_F(SiteReplicatorTest, VerifyNamesEachDifferenceAndWritesNothing) {
  build(2);
  start();
  scheduler_.run_for(5s);
  write(0, "a", "only east");
  write(0, "b", "one");
  write(1, "b", "other");
  const auto found = differences();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0], "a: west lacks it");
  EXPECT_NE(found[1].find("b: "), std::string::npos);
  EXPECT_NE(found[1].find("has other bytes"), std::string::npos);
  EXPECT_EQ(bytes_in(1, "a"), "(none)");
}

TEST_F(SiteReplicatorTest, VerifyFailsWhenARegionIsAway) {
  build(2);
  start(SiteReplicator::Scans::kOnRequest);
  set_away(1, true);
  scheduler_.run_for(1s);
  EXPECT_FALSE(wait(replicator_->verify([](const Difference&) {}, {})));
}

TEST_F(SiteReplicatorTest, SyncConvergesAndReports) {
  build(3);
  for (int i = 0; i < 50; ++i) write(static_cast<size_t>(i % 3), "k" + std::to_string(i), std::string(10, 'a'));
  start(SiteReplicator::Scans::kOnRequest);
  SyncProgress last;
  const auto report = wait(replicator_->sync([&last](const SyncProgress& progress) { last = progress; }));
  ASSERT_TRUE(report) << report.error().text;
  EXPECT_TRUE(report->converged) << report->why;
  EXPECT_EQ(report->totals.objects_copied, 100U);
  EXPECT_EQ(report->totals.bytes_copied, 1000U);
  EXPECT_EQ(last.objects_copied, 100U);
  EXPECT_EQ(differences(), Names{});
}

TEST_F(SiteReplicatorTest, SyncWaitsForNoTick) {
  build(3);
  write(0, "k", "hello");
  const Mono begin = scheduler_.now();
  start_only(SiteReplicator::Scans::kOnRequest);
  const auto report = wait(replicator_->sync({}));
  ASSERT_TRUE(report) << report.error().text;
  EXPECT_TRUE(report->converged) << report->why;
  EXPECT_LT(scheduler_.now() - begin, rules_.tick);
}

TEST_F(SiteReplicatorTest, ExplainShowsEachRegionAndWhatWouldBeDone) {
  build(2);
  start();
  write(0, "k", "hello");
  const auto told = wait(replicator_->explain("k")).value();
  EXPECT_EQ(told.outcome, "object");
  EXPECT_EQ(told.regions.at(0).action, "nothing");
  EXPECT_TRUE(told.regions.at(0).winner);
  EXPECT_EQ(told.regions.at(1).action, "copy");
  EXPECT_EQ(wait(replicator_->explain("none")).value().outcome, "unknown key");
}

TEST_F(SiteReplicatorTest, StoresWithoutConditionsAreServedAndTheRiskIsCounted) {
  build(2, {.supports = {}});
  start();
  write(0, "k", "one");
  event(0, "k");
  scheduler_.run_for(5s);
  write(0, "k", "two");
  event(0, "k");
  scheduler_.run_for(5s);
  EXPECT_EQ(bytes_in(1, "k"), "two");
  EXPECT_EQ(replicator_->status().regions[1].counters->unguarded_writes.get(), 2U);
}

TEST_F(SiteReplicatorTest, HintRefusesWhatIsNotTheSites) {
  rules_.prefix = "site/";
  build(2);
  start();
  EXPECT_FALSE(wait(replicator_->hint("other/k", "east", "e", Removed::kNo)));
  EXPECT_FALSE(wait(replicator_->hint("site/k", "nowhere", "e", Removed::kNo)));
  EXPECT_FALSE(wait(replicator_->hint("", "east", "e", Removed::kNo)));
  EXPECT_TRUE(wait(replicator_->hint("site/k", "east", "e", Removed::kNo)));
}

TEST_F(SiteReplicatorTest, StopsInTheMiddleOfWorkAndGoesOnLater) {
  build(2);
  for (int i = 0; i < 2000; ++i) write(0, "k" + std::to_string(i), "bytes");
  start(SiteReplicator::Scans::kOnRequest);
  replicator_->request_scan();
  scheduler_.run_for(10ms);
  stop();
  const auto copied = stores_[1]->objects().size();
  EXPECT_LT(copied, 2001U);
  start();
  scheduler_.run_for(30s);
  EXPECT_EQ(stores_[1]->objects().size(), 2001U);
}

}  // namespace
}  // namespace evershore::replicate
