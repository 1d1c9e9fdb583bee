#include "aws/publication.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace evershore::aws {
namespace {

using testing::HasSubstr;

RecordSet set_of(std::string name, std::string type, std::vector<std::string> values, uint32_t ttl = 5) {
  RecordSet set;
  set.name = std::move(name);
  set.type = std::move(type);
  set.ttl_s = ttl;
  set.values = std::move(values);
  return set;
}

Publication plan(const RecordSet& wanted, std::vector<RecordSet> present) {
  const std::vector<RecordSet> sets{wanted};
  return plan_publication(sets, present);
}

TEST(Publication, WhatIsMissingOrOtherwiseIsWritten) {
  const auto wanted = set_of("a.example.com", "A", {"192.0.2.1"});
  EXPECT_EQ(plan(wanted, {}).changes.size(), 1U);
  EXPECT_EQ(plan(wanted, {set_of("a.example.com", "A", {"192.0.2.2"})}).changes.size(), 1U);
  EXPECT_EQ(plan(wanted, {set_of("a.example.com", "A", {"192.0.2.1"}, 60)}).changes.size(), 1U);
  EXPECT_EQ(plan(wanted, {set_of("a.example.com", "TXT", {"\"x\""})}).changes.size(), 1U);
  auto alias = set_of("a.example.com", "A", {});
  alias.alias = AliasTarget{};
  EXPECT_EQ(plan(wanted, {alias}).changes.size(), 1U);
}

TEST(Publication, WhatSaysTheSameIsLeftAlone) {
  const auto same = [](const RecordSet& wanted, const RecordSet& present) { return plan(wanted, {present}).empty(); };
  EXPECT_TRUE(same(set_of("a.example.com", "A", {"192.0.2.1", "192.0.2.2"}), set_of("A.example.com", "A", {"192.0.2.2", "192.0.2.1"})));
  EXPECT_TRUE(same(set_of("a.example.com", "CNAME", {"West.example.net."}), set_of("a.example.com", "CNAME", {"west.example.net"})));
  EXPECT_FALSE(same(set_of("a.example.com", "TXT", {"\"X\""}), set_of("a.example.com", "TXT", {"\"x\""})));
}

TEST(Publication, AnEmptyAnswerIsNeverPublished) {
  EXPECT_TRUE(plan(set_of("a.example.com", "A", {}), {set_of("a.example.com", "A", {"192.0.2.1"})}).empty());
}

TEST(Publication, SetsThatRoute53ChoosesFromAreAnObstacle) {
  auto theirs = set_of("a.example.com", "A", {"192.0.2.1"});
  theirs.set_identifier = "primary";
  const auto planned = plan(set_of("a.example.com", "A", {"192.0.2.1"}), {theirs});
  EXPECT_TRUE(planned.changes.empty());
  ASSERT_EQ(planned.obstacles.size(), 1U);
  EXPECT_THAT(planned.obstacles[0], HasSubstr("remove those sets"));
}

TEST(Publication, ACnameStandsAlone) {
  EXPECT_EQ(plan(set_of("a.example.com", "CNAME", {"b."}), {set_of("a.example.com", "TXT", {"\"x\""})}).obstacles.size(), 1U);
  EXPECT_EQ(plan(set_of("a.example.com", "A", {"192.0.2.1"}), {set_of("a.example.com", "CNAME", {"b."})}).obstacles.size(), 1U);
  EXPECT_EQ(plan(set_of("a.example.com", "A", {"192.0.2.1"}), {set_of("b.example.com", "CNAME", {"c."})}).obstacles.size(), 0U);
}

TEST(Publication, OneObstacleDoesNotHoldTheOthers) {
  const std::vector<RecordSet> wanted{set_of("a.example.com", "A", {"192.0.2.1"}), set_of("b.example.com", "A", {"192.0.2.1"})};
  const std::vector<RecordSet> present{set_of("a.example.com", "CNAME", {"x."})};
  const auto planned = plan_publication(wanted, present);
  EXPECT_EQ(planned.obstacles.size(), 1U);
  ASSERT_EQ(planned.changes.size(), 1U);
  EXPECT_EQ(planned.changes[0].set.name, "b.example.com");
}

TEST(Publication, BatchesStayWithinTheLimitsAndLoseNothing) {
  std::vector<RecordChange> changes;
  for (int i = 0; i < 1'201; ++i)
    changes.push_back({RecordAction::kUpsert, set_of(std::to_string(i) + ".example.com", "A", {"192.0.2.1"})});
  changes.push_back({RecordAction::kUpsert, set_of("long.example.com", "TXT", std::vector<std::string>(60, std::string(300, 'x')))});
  const auto batches = batches_of(changes);
  size_t sum = 0;
  for (const auto& batch : batches) {
    size_t records = 0;
    for (const auto& change : batch) records += change.set.values.size();
    EXPECT_LE(records, kBatchRecordsMax);
    sum += batch.size();
  }
  EXPECT_EQ(sum, changes.size());
  EXPECT_EQ(batches.front().front().set.name, "0.example.com");
}

}  // namespace
}  // namespace evershore::aws
