#include "replicate/reconcile.h"

#include <gtest/gtest.h>

#include "replicate/identity.h"
#include "replicate/version.h"

namespace evershore::replicate {
namespace {

constexpr RegionSlot kA = 0;
constexpr RegionSlot kB = 1;
constexpr RegionSlot kC = 2;
const std::string kKey = "k";

Wall at_ms(uint64_t ms) { return Wall{std::chrono::milliseconds(ms)}; }
Version v(uint64_t ms) { return Version{ms, 0, 0}; }

// The etag is a letter: equal letters, equal bytes.
Copy found(RegionSlot slot, std::string etag, uint64_t written_ms) {
  return Copy{slot, Presence::kFound, {.key = kKey, .size_bytes = 5, .etag = std::move(etag), .last_modified = at_ms(written_ms)}};
}
Copy stamped(RegionSlot slot, std::string etag, uint64_t written_ms, Version version) {
  Copy copy = found(slot, etag, written_ms);
  copy.info.metadata[std::string(kStampName)] = encode_stamp({version, etag}, kKey, 5);
  return copy;
}
Copy absent(RegionSlot slot) { return Copy{slot, Presence::kAbsent, {}}; }
Copy away(RegionSlot slot) { return Copy{slot, Presence::kUnreachable, {}}; }

KeyRow object_row(std::string etag, Version version, RegionSet synced) {
  return KeyRow{.key = kKey,
                .version = version,
                .size_bytes = 5,
                .etag = etag,
                .content_id = content_id_of(5, etag),
                .meta_hash = meta_hash_of({}, {}),
                .origin = kA,
                .synced = synced};
}
KeyRow tombstone_row(Version version, RegionSet synced) {
  return KeyRow{.key = kKey, .version = version, .tombstone = true, .origin = kA, .synced = synced};
}

constexpr RegionSet kAll{0b111};
const ReconcileRules kRules{.now = {1'000'000, 0, 1}};

struct Expect {
  Outcome outcome;
  std::string etag;
  std::vector<ActionKind> actions;
};

void expect_plan(const std::optional<KeyRow>& row, std::vector<Copy> copies, const ReconcileRules& rules, const Expect& expect) {
  const Plan plan = reconcile(kKey, row, copies, rules);
  EXPECT_EQ(plan.outcome, expect.outcome) << plan.why;
  if (expect.outcome == Outcome::kObject) EXPECT_EQ(plan.row.etag, expect.etag) << plan.why;
  std::vector<ActionKind> kinds;
  for (const auto& action : plan.actions) kinds.push_back(action.kind);
  EXPECT_EQ(kinds, expect.actions) << plan.why;
}

using enum ActionKind;

TEST(Reconcile, CopiesANewObjectToWhereItIsAbsent) {
  expect_plan({}, {found(kA, "x", 10), absent(kB), absent(kC)}, kRules, {Outcome::kObject, "x", {kNothing, kCopy, kCopy}});
}

TEST(Reconcile, HasNothingToDoForEqualCopies) {
  const std::vector<Copy> copies{found(kA, "x", 10), found(kB, "x", 99), found(kC, "x", 5)};
  const Plan plan = reconcile(kKey, std::nullopt, copies, kRules);
  EXPECT_EQ(plan.row.synced, kAll);
  EXPECT_EQ(plan.sources.size(), 3U);
  EXPECT_TRUE(plan.row_changed);
  const Plan again = reconcile(kKey, plan.row, copies, kRules);
  EXPECT_FALSE(again.row_changed);
}

TEST(Reconcile, LetsTheLaterOfTwoUnknownWritesWin) {
  expect_plan({}, {found(kA, "x", 10), found(kB, "y", 11)}, kRules, {Outcome::kObject, "y", {kCopy, kNothing}});
  expect_plan({}, {found(kA, "x", 12), found(kB, "y", 11)}, kRules, {Outcome::kObject, "x", {kNothing, kCopy}});
}

TEST(Reconcile, LetsAWriteOfTheSameSecondReplaceItsOwnCopies) {
  for (const char* later : {"a", "z"}) {
    expect_plan({}, {stamped(kA, "m", 60, v(10)), stamped(kB, "m", 60, v(10)), found(kC, later, 10)}, kRules,
                {Outcome::kObject, later, {kCopy, kCopy, kNothing}});
  }
}

TEST(Reconcile, NeverLetsOneVersionStandForTwoContents) {
  KeyRow row = object_row("a", v(500), RegionSet{0b011});
  row.seen = {{kC, ""}};
  const std::vector<Copy> copies{found(kA, "a", 500), away(kB), found(kC, "z", 500)};
  const Plan plan = reconcile(kKey, row, copies, kRules);
  if (plan.row.etag == "a") return;
  EXPECT_GT(plan.row.version, row.version);
  EXPECT_EQ(plan.waiting_for, RegionSet::of(kB)) << "what it confirmed was the other content";
}

TEST(Reconcile, BreaksATieTheSameWayInAnyOrder) {
  const auto one = reconcile(kKey, {}, std::vector{found(kA, "x", 10), found(kB, "y", 10)}, kRules);
  const auto two = reconcile(kKey, {}, std::vector{found(kB, "y", 10), found(kA, "x", 10)}, kRules);
  EXPECT_EQ(one.row.etag, two.row.etag);
  EXPECT_EQ(one.row.version, two.row.version);
}

TEST(Reconcile, LetsAWriteOverAKnownCopyWinEvenWithAnOldClock) {
  expect_plan(object_row("x", v(500), kAll), {found(kA, "x", 500), found(kB, "y", 3), stamped(kC, "x", 501, v(500))}, kRules,
              {Outcome::kObject, "y", {kCopy, kNothing, kCopy}});
}

TEST(Reconcile, DoesNotTakeARegionThatIsBehindForANewWrite) {
  KeyRow row = object_row("y", v(500), RegionSet::of(kA));
  row.seen = {{kB, "x"}, {kC, ""}};
  expect_plan(row, {found(kA, "y", 400), found(kB, "x", 999), absent(kC)}, kRules, {Outcome::kObject, "y", {kNothing, kCopy, kCopy}});
}

TEST(Reconcile, ComparesAWriteInABehindRegionByItsTime) {
  KeyRow row = object_row("y", v(500), RegionSet::of(kA));
  row.seen = {{kB, "x"}};
  expect_plan(row, {found(kA, "y", 400), found(kB, "z", 501)}, kRules, {Outcome::kObject, "z", {kCopy, kNothing}});
  expect_plan(row, {found(kA, "y", 400), found(kB, "z", 499)}, kRules, {Outcome::kObject, "y", {kNothing, kCopy}});
}

// B held "w" when the row learnt of "x", and its copy of "x" was overwritten before its answer came: the store's clock has only seconds.
TEST(Reconcile, LetsAWriteOfTheSameSecondInARegionThatWasBehindWin) {
  for (const auto& [etag, counter] : {std::pair("a", uint16_t{0}), std::pair("z", uint16_t{0}), std::pair("a", uint16_t{1})}) {
    auto row = object_row("x", {5'000, counter, 0}, RegionSet::of(kA));  // one step on: the tags of "x" were changed since
    row.seen = {{kB, "w"}};
    const std::vector<Copy> copies{found(kA, "x", 5'000), found(kB, etag, 5'000)};
    const Plan plan = reconcile(kKey, row, copies, kRules);
    EXPECT_EQ(plan.row.etag, etag);
    EXPECT_EQ(plan.losers.size(), 1u) << "it may have crossed all the same: the other one is kept";
  }
}

TEST(Reconcile, LetsAWriteThatCrossedADeleteLive) {
  KeyRow row = tombstone_row(v(500), RegionSet::of(kA));
  row.seen = {{kB, "x"}};
  expect_plan(row, {absent(kA), found(kB, "z", 499)}, kRules, {Outcome::kObject, "z", {kCopy, kNothing}});
}

TEST(Reconcile, RecognisesItsOwnEarlierCopyWhoseAnswerWasLost) {
  KeyRow row = object_row("z", v(700), RegionSet::of(kA));
  row.seen = {{kB, "x"}};
  expect_plan(row, {found(kA, "z", 600), stamped(kB, "y", 999, v(500))}, kRules, {Outcome::kObject, "z", {kNothing, kCopy}});
}

TEST(Reconcile, TrustsStampsWithoutARow) {
  expect_plan({}, {stamped(kA, "x", 999, v(10)), stamped(kB, "y", 5, v(20))}, kRules, {Outcome::kObject, "y", {kCopy, kNothing}});
}

TEST(Reconcile, DoesNotTrustAStampOnOtherBytes) {
  Copy copied_along = found(kB, "y", 5);
  copied_along.info.metadata[std::string(kStampName)] = encode_stamp({v(2000), "x"}, kKey, 5);
  expect_plan({}, {found(kA, "z", 10), copied_along}, kRules, {Outcome::kObject, "z", {kNothing, kCopy}});
}

TEST(Reconcile, LetsAnEarlierVersionPutBackByAClientWin) {
  expect_plan(object_row("y", v(500), kAll), {found(kA, "y", 500), stamped(kB, "x", 900, v(100)), stamped(kC, "y", 501, v(500))}, kRules,
              {Outcome::kObject, "x", {kCopy, kNothing, kCopy}});
}

TEST(Reconcile, RestoresAbsence) {
  expect_plan(object_row("x", v(5), kAll), {absent(kA), stamped(kB, "x", 9, v(5)), absent(kC)}, kRules,
              {Outcome::kObject, "x", {kCopy, kNothing, kCopy}});
}

TEST(Reconcile, SpreadsAReportedAndConfirmedRemoval) {
  ReconcileRules rules = kRules;
  rules.removed = RegionSet::of(kA);
  const std::vector<Copy> copies{absent(kA), stamped(kB, "x", 9, v(5)), absent(kC)};
  const Plan plan = reconcile(kKey, object_row("x", v(5), kAll), copies, rules);
  EXPECT_EQ(plan.outcome, Outcome::kTombstone);
  EXPECT_TRUE(plan.new_tombstone);
  EXPECT_EQ(plan.row.version, kRules.now);
  EXPECT_EQ(plan.actions.at(1).kind, kDelete);
  EXPECT_EQ(plan.actions.at(1).if_match, "x");
  EXPECT_EQ(plan.row.synced, (RegionSet{0b101}));
}

TEST(Reconcile, RestoresAReportedRemovalWhereDeletesAreOff) {
  ReconcileRules rules = kRules;
  rules.removed = RegionSet::of(kA);
  rules.deletes = false;
  expect_plan(object_row("x", v(5), kAll), {absent(kA), stamped(kB, "x", 9, v(5))}, rules, {Outcome::kObject, "x", {kCopy, kNothing}});
}

TEST(Reconcile, IgnoresARemovalThatIsNotConfirmedByAbsence) {
  ReconcileRules rules = kRules;
  rules.removed = RegionSet::of(kA);
  expect_plan(object_row("x", v(5), kAll), {found(kA, "x", 5), stamped(kB, "x", 9, v(5))}, rules,
              {Outcome::kObject, "x", {kNothing, kNothing}});
}

TEST(Reconcile, IgnoresARemovalOfWhatTheRegionNeverHeld) {
  ReconcileRules rules = kRules;
  rules.removed = RegionSet::of(kC);
  KeyRow row = object_row("x", v(5), RegionSet{0b011});
  row.seen = {{kC, ""}};
  expect_plan(row, {found(kA, "x", 5), stamped(kB, "x", 9, v(5)), absent(kC)}, rules, {Outcome::kObject, "x", {kNothing, kNothing, kCopy}});
}

TEST(Reconcile, LetsAWriteElsewhereWinAgainstARemoval) {
  ReconcileRules rules = kRules;
  rules.removed = RegionSet::of(kA);
  expect_plan(object_row("x", v(5), kAll), {absent(kA), found(kB, "y", 9), stamped(kC, "x", 9, v(5))}, rules,
              {Outcome::kObject, "y", {kCopy, kNothing, kCopy}});
}

TEST(Reconcile, DeletesWhatATombstoneSaysIsOld) {
  KeyRow row = tombstone_row(v(500), RegionSet{0b001});
  row.seen = {{kB, "x"}};
  expect_plan(row, {absent(kA), found(kB, "x", 999), stamped(kC, "x", 999, v(10))}, kRules,
              {Outcome::kTombstone, "", {kNothing, kDelete, kDelete}});
}

TEST(Reconcile, LetsAWriteAfterADeleteLiveEvenWithAnOldClock) {
  expect_plan(tombstone_row(v(500), kAll), {found(kA, "y", 3), absent(kB), absent(kC)}, kRules,
              {Outcome::kObject, "y", {kNothing, kCopy, kCopy}});
}

TEST(Reconcile, WaitsForARegionThatIsAwayAndNotConfirmed) {
  const std::vector<Copy> copies{found(kA, "x", 10), absent(kB), away(kC)};
  const Plan plan = reconcile(kKey, std::nullopt, copies, kRules);
  EXPECT_EQ(plan.actions.at(2).kind, kPark);
  EXPECT_EQ(plan.waiting_for, RegionSet::of(kC));
}

TEST(Reconcile, DoesNotWaitForARegionThatConfirmedThisVersion) {
  const std::vector<Copy> copies{found(kA, "x", 5), absent(kB), away(kC)};
  const Plan plan = reconcile(kKey, object_row("x", v(5), kAll), copies, kRules);
  EXPECT_EQ(plan.actions.at(2).kind, kNothing);
  EXPECT_TRUE(plan.row.synced.has(kC));
  EXPECT_TRUE(plan.waiting_for.empty());
}

TEST(Reconcile, WaitsForAConfirmedRegionThatReportedAChange) {
  ReconcileRules rules = kRules;
  rules.reported = RegionSet::of(kC);
  const std::vector<Copy> copies{found(kA, "x", 5), found(kB, "x", 5), away(kC)};
  EXPECT_EQ(reconcile(kKey, object_row("x", v(5), kAll), copies, rules).waiting_for, RegionSet::of(kC));
}

TEST(Reconcile, DoesNotSpreadAnOldCopyWhileTheNewestIsAway) {
  KeyRow row = object_row("y", v(500), RegionSet::of(kA));
  row.seen = {{kB, "x"}, {kC, ""}};
  const std::vector<Copy> copies{away(kA), found(kB, "x", 9), absent(kC)};
  const Plan plan = reconcile(kKey, row, copies, kRules);
  EXPECT_EQ(plan.outcome, Outcome::kWait);
  EXPECT_EQ(plan.waiting_for, RegionSet::of(kA));
  EXPECT_FALSE(plan.row_changed);
}

TEST(Reconcile, DoesNotFallBackWhileARegionIsAway) {
  KeyRow row = object_row("y", v(500), RegionSet::of(kA));
  row.seen = {{kB, "x"}, {kC, "x"}};
  const std::vector<Copy> copies{absent(kA), found(kB, "x", 9), away(kC)};
  const Plan plan = reconcile(kKey, row, copies, kRules);
  EXPECT_EQ(plan.outcome, Outcome::kWait);
  EXPECT_EQ(plan.waiting_for, RegionSet::of(kC)) << "it may hold a write that crossed the lost one";
}

TEST(Reconcile, FallsBackToAnOlderCopyWhenTheNewestIsLostEverywhere) {
  KeyRow row = object_row("y", v(500), RegionSet::of(kA));
  row.seen = {{kB, "x"}, {kC, ""}};
  const std::vector<Copy> copies{absent(kA), found(kB, "x", 9), absent(kC)};
  const Plan plan = reconcile(kKey, row, copies, kRules);
  EXPECT_EQ(plan.outcome, Outcome::kObject);
  EXPECT_EQ(plan.row.etag, "x");
  EXPECT_GT(plan.row.version, v(500));
}

TEST(Reconcile, ForgetsAKeyThatNoRegionHas) {
  expect_plan(object_row("x", v(5), kAll), {absent(kA), absent(kB)}, kRules, {Outcome::kForget, "", {}});
  expect_plan({}, {absent(kA), absent(kB)}, kRules, {Outcome::kForget, "", {}});
}

TEST(Reconcile, WaitsWhenOnlyARegionThatIsAwayMayHaveTheKey) { expect_plan({}, {absent(kA), away(kB)}, kRules, {Outcome::kWait, "", {}}); }

TEST(Reconcile, KnowsARegionsOwnETagOfTheSameBytes) {
  KeyRow row = object_row("x", v(5), kAll);
  row.seen = {{kB, "x-in-b"}};
  const std::vector<Copy> copies{found(kA, "x", 5), found(kB, "x-in-b", 6), absent(kC)};
  const Plan plan = reconcile(kKey, row, copies, kRules);
  EXPECT_EQ(plan.actions.at(1).kind, kNothing);
  EXPECT_EQ(plan.row.etag, "x");
  EXPECT_EQ(known_etag(plan.row, kB), "x-in-b");
}

TEST(Reconcile, CarriesAChangeOfHeadersAlone) {
  Copy changed = found(kB, "x", 50);
  changed.info.headers["cache-control"] = "no-store";
  expect_plan(object_row("x", v(5), kAll), {found(kA, "x", 5), changed, stamped(kC, "x", 9, v(5))}, kRules,
              {Outcome::kObject, "x", {kReplaceMetadata, kNothing, kReplaceMetadata}});
}

TEST(Reconcile, AcceptsThatAStoreDropsAHeader) {
  KeyRow row = object_row("x", v(5), kAll);
  row.meta_hash = meta_hash_of({{"content-language", "en"}}, {});
  Copy origin = found(kA, "x", 5);
  origin.info.headers["content-language"] = "en";
  expect_plan(row, {origin, stamped(kB, "x", 9, v(5))}, kRules, {Outcome::kObject, "x", {kNothing, kNothing}});
}

// --- tags ---

Copy tagged(Copy copy, const std::string& tags) {
  copy.tags_known = true;
  if (!tags.empty()) copy.info.headers[std::string(kTagsHeader)] = tags;
  return copy;
}

TEST(Reconcile, CarriesAChangeOfTagsAlone) {
  const auto copies = {tagged(found(kA, "x", 5), ""), tagged(found(kB, "x", 50), "t=1"), tagged(stamped(kC, "x", 9, v(5)), "")};
  expect_plan(object_row("x", v(5), kAll), copies, kRules, {Outcome::kObject, "x", {kReplaceMetadata, kNothing, kReplaceMetadata}});
}

TEST(Reconcile, ACopyOfOursWhoseTagsWereChangedIsOursNoMore) {
  const auto copies = {tagged(found(kA, "x", 5), ""), tagged(stamped(kB, "x", 9, v(5)), "t=1")};
  expect_plan(object_row("x", v(5), kAll), copies, kRules, {Outcome::kObject, "x", {kReplaceMetadata, kNothing}});
  expect_plan({}, copies, kRules, {Outcome::kObject, "x", {kReplaceMetadata, kNothing}});
}

TEST(Reconcile, TagsOfOneCopyMayChangeAgainAndAgain) {
  KeyRow row = object_row("x", v(6), kAll);
  row.meta_hash = meta_hash_of({{std::string(kTagsHeader), "t=1"}}, {});
  Copy origin = tagged(found(kA, "x", 5), "t=1");
  Copy changed = tagged(stamped(kB, "x", 9, v(5)), "t=2");
  Copy copied = tagged(found(kC, "x", 9), "t=1");
  copied.info.metadata[std::string(kStampName)] = encode_stamp({v(6), "x", tags_hash_of(copied.info.headers)}, kKey, 5);
  expect_plan(row, {origin, changed, copied}, kRules, {Outcome::kObject, "x", {kReplaceMetadata, kNothing, kReplaceMetadata}});
  changed.info.headers[std::string(kTagsHeader)] = "t=1";
  expect_plan(row, {origin, changed, copied}, kRules, {Outcome::kObject, "x", {kNothing, kNothing, kNothing}});
}

TEST(Reconcile, NewTagsOnAnOldCopyDoNotBeatAWriteThatCameBetween) {
  const auto copies = {tagged(stamped(kA, "x", 90, v(5)), "t=1"), tagged(found(kB, "y", 50), "")};
  expect_plan(object_row("x", v(5), kAll), copies, kRules, {Outcome::kObject, "y", {kCopy, kNothing}});
}

TEST(Reconcile, ARegionWithoutTagsSaysNothingAboutThem) {
  Copy without = stamped(kB, "x", 9, v(5));
  expect_plan({}, {tagged(found(kA, "x", 5), "t=1"), without}, kRules, {Outcome::kObject, "x", {kNothing, kNothing}});
  expect_plan({}, {tagged(found(kA, "x", 5), "t=1"), found(kB, "x", 50)}, kRules, {Outcome::kObject, "x", {kNothing, kNothing}});
}

// --- losers ---

std::vector<std::string> losers_of(const std::optional<KeyRow>& row, const std::vector<Copy>& copies, const ReconcileRules& rules) {
  std::vector<std::string> etags;
  for (const auto& loser : reconcile(kKey, row, copies, rules).losers) etags.push_back(loser.copy->info.etag);
  return etags;
}
using Etags = std::vector<std::string>;

TEST(Losers, OfTwoWritesThatReplacedTheSameObject) {
  EXPECT_EQ(losers_of(object_row("x", v(5), kAll), {found(kA, "y", 50), found(kB, "z", 60), stamped(kC, "x", 9, v(5))}, kRules),
            Etags{"y"});
}

TEST(Losers, OfContentsThatNobodyKnewBefore) {
  EXPECT_EQ(losers_of({}, {found(kA, "y", 50), found(kB, "z", 60), found(kC, "y", 10)}, kRules), Etags{"y"}) << "one for each content";
}

TEST(Losers, NoneWhereTheWriterKnewWhatItReplaced) {
  EXPECT_EQ(losers_of(object_row("x", v(5), kAll), {found(kA, "y", 50), found(kB, "x", 5), stamped(kC, "x", 9, v(5))}, kRules), Etags{});
  KeyRow row = object_row("x", v(500), RegionSet::of(kA));
  row.seen = {{kB, "old"}, {kC, ""}};
  EXPECT_EQ(losers_of(row, {found(kA, "x", 500), found(kB, "old", 3), absent(kC)}, kRules), Etags{}) << "merely behind";
  EXPECT_EQ(losers_of(row, {found(kA, "x", 500), stamped(kB, "old", 3, v(3)), absent(kC)}, kRules), Etags{}) << "a copy of ours";
}

TEST(Losers, TheRowsObjectIfTheWinnerCrossedIt) {
  KeyRow row = object_row("x", v(500), RegionSet::of(kA));
  row.seen = {{kB, "old"}};
  EXPECT_EQ(losers_of(row, {found(kA, "x", 500), found(kB, "z", 900)}, kRules), Etags{"x"});
  EXPECT_EQ(losers_of(row, {found(kA, "x", 500), found(kB, "z", 300)}, kRules), Etags{"z"});
}

TEST(Losers, TheRowsObjectWhoseTagsWereChanged) {
  const std::vector<Copy> copies{tagged(stamped(kA, "x", 9, v(5)), "t=1"), tagged(found(kB, "z", 60), ""), away(kC)};
  EXPECT_EQ(losers_of(object_row("x", v(5), RegionSet{0b101}), copies, kRules), Etags{"x"});
}

TEST(Losers, TheRowsObjectIfOnlyACopyOfTheWinnerIsLeft) {
  const std::vector<Copy> copies{found(kA, "x", 5), stamped(kB, "z", 60, v(50)), away(kC)};
  EXPECT_EQ(losers_of(object_row("x", v(5), RegionSet::of(kA)), copies, kRules), Etags{"x"});
}

TEST(Losers, ATombstoneTakesNothingAlongThatItsRemoverDidNotKnow) {
  EXPECT_EQ(losers_of(tombstone_row(v(500), RegionSet{0b001}), {absent(kA), found(kB, "y", 400)}, kRules), Etags{"y"});
  KeyRow row = tombstone_row(v(500), RegionSet{0b001});
  row.seen = {{kB, "x"}};
  EXPECT_EQ(losers_of(row, {absent(kA), found(kB, "x", 400)}, kRules), Etags{});
}

TEST(Losers, AnObjectWhoseOnlyHolderIsAwayIsNotTakenForMerelyBehindLater) {
  KeyRow row = object_row("x", v(500), RegionSet::of(kA));
  row.seen = {{kB, "old"}};
  const std::vector<Copy> crossed{away(kA), found(kB, "z", 900)};
  const Plan plan = reconcile(kKey, row, crossed, kRules);
  ASSERT_EQ(plan.outcome, Outcome::kObject);
  EXPECT_EQ(known_etag(plan.row, kA), std::nullopt);
  EXPECT_EQ(losers_of(plan.row, {found(kA, "x", 500), found(kB, "z", 900)}, kRules), Etags{"x"});
}

TEST(CrossedRow, IsAWriteByAClientThatCouldNotHaveSeenTheRowsObject) {
  KeyRow row = object_row("x", v(500), RegionSet::of(kA));
  row.seen = {{kB, "old"}};
  EXPECT_TRUE(crossed_row(row, found(kB, "z", 900)));
  EXPECT_FALSE(crossed_row(row, found(kA, "z", 900)));
  EXPECT_FALSE(crossed_row(row, stamped(kB, "x", 900, v(500))));
  EXPECT_FALSE(crossed_row(std::nullopt, found(kB, "z", 900)));
}

TEST(Confirm, KeepsARegionsOwnETagOnlyWhereItDiffers) {
  KeyRow row = object_row("x", v(5), RegionSet::of(kA));
  row.seen = {{kB, "older"}};
  EXPECT_EQ(known_etag(row, kB), "older");
  EXPECT_EQ(known_etag(row, kC), std::nullopt);
  confirm(row, kB, "x");
  EXPECT_TRUE(row.seen.empty());
  confirm(row, kC, "own");
  EXPECT_EQ(known_etag(row, kC), "own");
  EXPECT_EQ(row.synced, kAll);
}

TEST(Reconcile, IsStableOnceItsActionsAreDone) {
  std::vector<Copy> copies{found(kA, "x", 10), absent(kB), found(kC, "y", 3)};
  Plan plan = reconcile(kKey, std::nullopt, copies, kRules);
  for (const auto& action : plan.actions) {
    if (action.kind != kCopy) continue;
    copies[action.slot] = stamped(action.slot, "x", 5000, plan.row.version);
    confirm(plan.row, action.slot, "x");
  }
  const Plan again = reconcile(kKey, plan.row, copies, kRules);
  EXPECT_FALSE(again.row_changed);
  for (const auto& action : again.actions) EXPECT_EQ(action.kind, kNothing);
}

}  // namespace
}  // namespace evershore::replicate
