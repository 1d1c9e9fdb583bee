#include "queue/queue_suite.h"

namespace evershore::queue {

TEST_P(QueueSuite, TheNewestIsTakenFirstAndOnlyOnce) {
  enqueue(task("a"), 1);
  enqueue(task("b"), 3);
  enqueue(task("c"), 2);
  EXPECT_EQ(keys_of(take(2, 9)), (Keys{"b", "c"}));
  EXPECT_EQ(keys_of(take(2, 9)), (Keys{"a"}));
  EXPECT_EQ(queue().counts("s").taken, 3U);
}

TEST_P(QueueSuite, TheOldestComesFirstWhenAskedFor) {
  enqueue(task("a"), 1);
  enqueue(task("b"), 3);
  EXPECT_EQ(keys_of(wait(queue().take_due("s", Lane::kSmall, 1, Order::kOldestFirst, at(9))).value()), (Keys{"a"}));
}

TEST_P(QueueSuite, LanesAndSitesDoNotSeeEachOther) {
  enqueue(NewTask{.key = "large", .lane = Lane::kLarge}, 1);
  wait(queue().enqueue("other", {task("elsewhere")}, at(1), Durability::kDurable));
  EXPECT_TRUE(take(9, 9).empty());
  EXPECT_EQ(queue().counts("s").pending, 1U);
  EXPECT_EQ(queue().counts("other").pending, 1U);
  EXPECT_EQ(queue().counts("third").pending, 0U);
}

TEST_P(QueueSuite, ManyEventsOfOneKeyAreOneRow) {
  for (int second = 0; second < 5; ++second) enqueue(task("a"), second);
  EXPECT_EQ(queue().counts("s").pending, 1U);
  EXPECT_EQ(queue().counts("s").oldest, at(0));
  const auto taken = take(9, 9);
  EXPECT_EQ(taken.at(0).generation, 5U);
  wait(queue().done("s", {of(taken[0])}));
  EXPECT_EQ(queue().counts("s").pending, 0U);
}

TEST_P(QueueSuite, AChangeDuringTheWorkKeepsTheRowDue) {
  enqueue(task("a"), 1);
  const auto taken = take(9, 1);
  enqueue(task("a"), 5);
  EXPECT_TRUE(take(9, 6).empty()) << "still in work";
  wait(queue().done("s", {of(taken[0])}));
  EXPECT_EQ(queue().counts("s").oldest, at(5)) << "the first change is done, the second is what is open";
  EXPECT_EQ(keys_of(take(9, 6)), (Keys{"a"}));
}

TEST_P(QueueSuite, RegionsInHintsAddUpAndOnlyTheNewOnesOutliveDone) {
  enqueue(NewTask{.key = "a", .hint = {.reported = RegionSet::of(0), .removed = RegionSet::of(0)}}, 1);
  enqueue(NewTask{.key = "a", .hint = {.source = 2, .etag = "e", .reported = RegionSet::of(3), .removed = RegionSet::of(1)}}, 2);
  const auto first = take(9, 2);
  EXPECT_EQ(first.at(0).hint, (Hint{.source = 2, .etag = "e", .reported = {0b1001}, .removed = {0b11}}));
  enqueue(NewTask{.key = "a", .hint = {.removed = RegionSet::of(2)}}, 3);
  wait(queue().done("s", {of(first[0])}));
  EXPECT_EQ(take(9, 3).at(0).hint, (Hint{.removed = RegionSet::of(2)}));
}

TEST_P(QueueSuite, ARetryWaitsForItsTimeAndIsCounted) {
  enqueue(task("a"), 1);
  auto taken = take(9, 1);
  wait(queue().retry("s", of(taken.at(0)), at(10), "503"));
  EXPECT_TRUE(take(9, 9).empty());
  EXPECT_EQ(queue().next_due("s", Lane::kSmall), at(10));
  taken = take(9, 10);
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(taken[0].attempts, 1U);
  EXPECT_EQ(taken[0].error, "503");
  EXPECT_EQ(taken[0].first_seen, at(1));
}

TEST_P(QueueSuite, ANewEventEndsTheWaitOfARetry) {
  enqueue(task("a"), 1);
  wait(queue().retry("s", of(take(9, 1).at(0)), at(100), "503"));
  enqueue(task("a"), 2);
  EXPECT_EQ(take(9, 2).size(), 1U);
}

TEST_P(QueueSuite, ARetryOfAKeyThatChangedMeanwhileIsDueAtOnce) {
  enqueue(task("a"), 1);
  const auto taken = take(9, 1);
  enqueue(task("a"), 2);
  wait(queue().retry("s", of(taken.at(0)), at(100), "503"));
  EXPECT_EQ(take(9, 2).size(), 1U);
}

TEST_P(QueueSuite, FailingKeysAreCountedAndListedFirst) {
  enqueue(task("old"), 0);
  enqueue(task("poison"), 1);
  for (uint32_t i = 0; i < kFailingAttempts; ++i) wait(queue().retry("s", of(take(1, 100).at(0)), at(50), "denied"));
  EXPECT_EQ(queue().counts("s").failing, 1U);
  EXPECT_EQ(keys_of(queue().list("s", 9)), (Keys{"poison", "old"}));
  EXPECT_EQ(queue().list("s", 1).size(), 1U);
}

TEST_P(QueueSuite, AParkedKeyComesBackWithItsRegion) {
  enqueue(task("a"), 1);
  wait(queue().park("s", of(take(9, 1).at(0)), RegionSet{0b110}));
  EXPECT_TRUE(take(9, 9).empty());
  EXPECT_EQ(queue().counts("s").parked, 1U);
  EXPECT_EQ(queue().counts_for("s", 0).pending, 0U);
  EXPECT_EQ(queue().counts_for("s", 1).parked, 1U);
  EXPECT_EQ(queue().counts_for("s", 2).oldest, at(1));
  wait(queue().unpark("s", 0));
  EXPECT_TRUE(take(9, 9).empty());
  wait(queue().unpark("s", 2));
  EXPECT_EQ(keys_of(take(9, 9)), (Keys{"a"}));
}

TEST_P(QueueSuite, ANewEventTakesAParkedKeyOut) {
  enqueue(task("a"), 1);
  wait(queue().park("s", of(take(9, 1).at(0)), RegionSet::of(1)));
  enqueue(task("a"), 2);
  EXPECT_EQ(queue().counts("s").parked, 0U);
  EXPECT_EQ(take(9, 2).size(), 1U);
}

TEST_P(QueueSuite, ForgettingARegionsParkedKeysKeepsThoseThatWaitForOthers) {
  enqueue(task("only"), 1);
  wait(queue().park("s", of(take(9, 1).at(0)), RegionSet::of(1)));
  enqueue(task("both"), 1);
  wait(queue().park("s", of(take(9, 1).at(0)), RegionSet{0b110}));
  EXPECT_EQ(wait(queue().forget_parked("s", 1)).value(), 1U);
  EXPECT_EQ(queue().counts_for("s", 1).parked, 0U);
  EXPECT_EQ(queue().counts_for("s", 2).parked, 1U);
  EXPECT_EQ(queue().counts("s").pending, 1U);
}

TEST_P(QueueSuite, AReleasedKeyIsDueAgain) {
  enqueue(task("a"), 1);
  wait(queue().release("s", of(take(9, 1).at(0))));
  EXPECT_EQ(take(9, 1).at(0).attempts, 0U);
}

TEST_P(QueueSuite, WhatWasDurableSurvivesARestartAndWhatWasTakenIsDue) {
  enqueue(NewTask{.key = "a",
                  .why = Why::kScan,
                  .hint = {.source = 1, .size_bytes = 3, .etag = "e", .absent = {4}, .reported = {2}, .removed = {8}}},
          1);
  enqueue(task("parked"), 2);
  wait(queue().park("s", of(take(1, 9).at(0)), RegionSet::of(3)));
  enqueue(task("late"), 3);
  wait(queue().retry("s", of(take(1, 9).at(0)), at(50), "503"));
  const auto before = take(1, 9);
  enqueue(NewTask{.key = "large", .lane = Lane::kLarge}, 4);
  under_test_->restart();
  EXPECT_EQ(queue().counts("s").parked, 1U);
  EXPECT_EQ(queue().counts("s").pending, 4U);
  const auto after = take(9, 9);
  ASSERT_EQ(keys_of(after), (Keys{"a"}));
  EXPECT_EQ(after[0].generation, before.at(0).generation);
  EXPECT_EQ(after[0].hint, before[0].hint);
  EXPECT_EQ(after[0].first_seen, at(1));
  EXPECT_EQ(queue().next_due("s", Lane::kSmall), at(50));
  ASSERT_TRUE(queue().find("s", "late"));
  EXPECT_EQ(queue().find("s", "late")->error, "503");
  EXPECT_FALSE(queue().find("s", "none"));
}

TEST_P(QueueSuite, RowsComeBackAsTheyWere) {
  const auto row = object("k\xff/\n", 77);
  wait(rows().put("s", {row}, Durability::kDurable));
  EXPECT_EQ(row_of(row.key), row);
  EXPECT_EQ(row_of("none"), std::nullopt);
  under_test_->restart();
  EXPECT_EQ(row_of(row.key), row);
  EXPECT_EQ(wait(rows().get("other", {row.key})).value().at(0), std::nullopt) << "sites are apart";
}

TEST_P(QueueSuite, TombstonesSurviveARestart) {
  KeyRow row = object("gone", 5);
  row.tombstone = true;
  row.etag.clear();
  wait(rows().put("s", {row}, Durability::kDurable));
  under_test_->restart();
  EXPECT_EQ(row_of("gone"), row);
}

TEST_P(QueueSuite, PutReplacesAndPutNewDoesNot) {
  wait(rows().put("s", {object("a", 1)}, Durability::kLazy));
  wait(rows().put_new("s", {object("a", 2), object("b", 2)}));
  EXPECT_EQ(row_of("a"), object("a", 1));
  EXPECT_EQ(row_of("b"), object("b", 2));
  wait(rows().put("s", {object("a", 3)}, Durability::kLazy));
  EXPECT_EQ(row_of("a"), object("a", 3));
}

TEST_P(QueueSuite, EraseSparesARowThatChanged) {
  wait(rows().put("s", {object("a", 1), object("b", 1)}, Durability::kLazy));
  wait(rows().erase("s", {{"a", object("a", 1).version}, {"b", object("b", 9).version}, {"none", {}}}));
  EXPECT_EQ(row_of("a"), std::nullopt);
  EXPECT_EQ(row_of("b"), object("b", 1));
}

TEST_P(QueueSuite, RowsAreListedInKeyOrderPageByPage) {
  const Keys keys{"a", "a/", "a/b", "ab", std::string("b\0c", 3), "\xc3\xa4"};
  for (auto key = keys.rbegin(); key != keys.rend(); ++key) wait(rows().put("s", {object(*key, 1)}, Durability::kLazy));
  wait(rows().put("t", {object("zzz", 1)}, Durability::kLazy));
  Keys listed;
  for (bool more = true; more;) {
    auto page = wait(rows().list("s", listed.empty() ? "" : listed.back(), 4)).value();
    EXPECT_LE(page.rows.size(), 4U);
    for (const auto& row : page.rows) listed.push_back(row.key);
    more = page.more;
  }
  EXPECT_EQ(listed, keys);
}

TEST_P(QueueSuite, FactsAreDurable) {
  EXPECT_EQ(wait(rows().facts("s")).value(), SiteFacts{});
  const SiteFacts facts{.regions = {{.name = "east", .slot = 0, .marker_id = "m", .last_scan_started = at(1), .last_scan_ended = at(2)},
                                    {.name = "we\"st", .slot = 3, .retired = true, .needs_full_scan = true, .catching_up = true}}};
  wait(rows().put_facts("s", facts));
  under_test_->restart();
  EXPECT_EQ(wait(rows().facts("s")).value(), facts);
  EXPECT_EQ(wait(rows().facts("t")).value(), SiteFacts{});
}

// While a replicator starts, its regions have no slots yet, and people may ask already.
TEST_P(QueueSuite, ARegionWithoutASlotLacksWhatIsOpenAndNothingIsParkedForIt) {
  enqueue(task("k"), 1);
  EXPECT_EQ(queue().counts_for("s", kNoRegionSlot).pending, 1U);
  EXPECT_EQ(queue().counts_for("s", kNoRegionSlot).parked, 0U);
}

}  // namespace evershore::queue
