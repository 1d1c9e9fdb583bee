#include "aws/run/route53_publisher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "base/fake_scheduler.h"

namespace evershore::aws {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using State = PublicationStatus::State;

RecordSet address(std::string name, std::string value) {
  RecordSet set;
  set.name = std::move(name);
  set.type = "A";
  set.ttl_s = 5;
  set.values = {std::move(value)};
  return set;
}

// A hosted zone that takes what it is given, unless it is told to refuse.
class FakeZone final : public Route53Door {
 public:
  explicit FakeZone(Scheduler& scheduler) : scheduler_(scheduler) {}
  Task<Result<std::string>> zone_id(std::string name) override {
    if (name != "example.com") co_return fail(Fault::kNotFound, "there is no public hosted zone named " + name);
    co_return std::string("Z1");
  }
  Task<Result<std::vector<RecordSet>>> records(std::string, std::string name) override {
    ++looks;
    std::vector<RecordSet> found;
    for (const auto& set : sets)
      if (set.name == name) found.push_back(set);
    co_return found;
  }
  Task<Result<std::string>> change(ChangeRecordSets changes) override {
    co_await sleep_for(scheduler_, takes);
    ++calls;
    if (!refusals.empty()) {
      auto error = refusals.front();
      refusals.pop_front();
      co_return std::unexpected(std::move(error));
    }
    for (const auto& change : changes.changes) {
      EXPECT_FALSE(change.set.values.empty());
      std::erase_if(sets, [&](const RecordSet& set) { return set.name == change.set.name && set.type == change.set.type; });
      sets.push_back(change.set);
    }
    co_return fmt::format("C{}", calls);
  }
  Task<Result<bool>> in_sync(std::string) override { co_return everywhere; }

  std::string value_of(const std::string& name) const {
    for (const auto& set : sets)
      if (set.name == name) return set.values.front();
    return "";
  }

  std::vector<RecordSet> sets;
  std::deque<Error> refusals;
  Duration takes = milliseconds(50);
  bool everywhere = true;
  int calls = 0;
  int looks = 0;

 private:
  Scheduler& scheduler_;
};

class Route53PublisherTest : public testing::Test {
 protected:
  ~Route53PublisherTest() override {
    stopped_.spawn(publisher_.stop());
    scheduler_.run_for(seconds(10));
  }
  void wish(std::string value, std::string zone = "example.com") {
    publisher_.publish({ZoneWish{.zone = zone, .records = {address("assets." + zone, std::move(value))}}});
  }
  PublicationStatus status() const { return publisher_.status().at(0); }

  FakeScheduler scheduler_;
  FakeZone zone_{scheduler_};
  std::vector<std::string> news_;
  Route53Publisher publisher_{scheduler_, zone_, [] { return 1.0; }, Log(),
                              [this](const auto&, const std::string& text, bool) { news_.push_back(text); }};
  TaskScope stopped_;
};

TEST_F(Route53PublisherTest, ADecisionIsPublishedByOneCallAndSeenInSync) {
  wish("192.0.2.1");
  scheduler_.run_for(seconds(2));
  EXPECT_EQ(zone_.value_of("assets.example.com"), "192.0.2.1");
  const int looks = zone_.looks;
  wish("192.0.2.2");
  scheduler_.run_for(milliseconds(100));
  EXPECT_EQ(zone_.value_of("assets.example.com"), "192.0.2.2");
  EXPECT_EQ(zone_.looks, looks);  // a failover does not wait for a listing
  EXPECT_EQ(zone_.calls, 2);
  scheduler_.run_for(seconds(5));
  EXPECT_TRUE(status().in_sync);
  EXPECT_EQ(status().state, State::kPublished);
}

TEST_F(Route53PublisherTest, WhatIsThereAlreadyCostsNoChange) {
  zone_.sets = {address("assets.example.com", "192.0.2.1")};
  wish("192.0.2.1");
  scheduler_.run_for(seconds(5));
  wish("192.0.2.1");
  scheduler_.run_for(seconds(5));
  EXPECT_EQ(zone_.calls, 0);
  EXPECT_EQ(status().state, State::kPublished);
}

TEST_F(Route53PublisherTest, ARegionThatFlapsIsPublishedAtMostOnceASecondAndTheLastWordWins) {
  wish("192.0.2.1");
  scheduler_.run_for(seconds(2));
  const int before = zone_.calls;
  for (int i = 0; i < 100; ++i) {
    wish(i % 2 == 0 ? "192.0.2.2" : "192.0.2.1");
    scheduler_.run_for(milliseconds(50));
  }
  wish("192.0.2.2");
  scheduler_.run_for(seconds(3));
  EXPECT_LE(zone_.calls - before, 7);
  EXPECT_EQ(zone_.value_of("assets.example.com"), "192.0.2.2");
}

TEST_F(Route53PublisherTest, ARefusalIsToldOnceAndTriedUntilItWorks) {
  for (int i = 0; i < 4; ++i) zone_.refusals.emplace_back(Fault::kBusy, "ChangeResourceRecordSets: 500");
  wish("192.0.2.1");
  scheduler_.run_for(seconds(5));
  EXPECT_EQ(status().state, State::kFailing);
  EXPECT_EQ(news_.size(), 1U);
  scheduler_.run_for(minutes(1));
  EXPECT_EQ(status().state, State::kPublished);
  EXPECT_EQ(zone_.value_of("assets.example.com"), "192.0.2.1");
  ASSERT_EQ(news_.size(), 2U);
  EXPECT_THAT(news_[1], testing::HasSubstr("again"));
}

TEST_F(Route53PublisherTest, TriesGrowApartToAMinute) {
  for (int i = 0; i < 1'000; ++i) zone_.refusals.emplace_back(Fault::kBusy, "no");
  wish("192.0.2.1");
  scheduler_.run_for(minutes(60));
  EXPECT_LE(zone_.calls, 70);
  EXPECT_GE(zone_.calls, 50);
}

TEST_F(Route53PublisherTest, AZoneThatIsMissingIsFoundOnceItIsMade) {
  wish("192.0.2.1", "example.org");
  scheduler_.run_for(seconds(3));
  EXPECT_EQ(status().state, State::kFailing);
  EXPECT_THAT(status().problem, testing::HasSubstr("no public hosted zone named example.org"));
}

TEST_F(Route53PublisherTest, WhatSomebodyElseChangedIsPutRightAtTheNextLook) {
  wish("192.0.2.1");
  scheduler_.run_for(seconds(5));
  zone_.sets = {address("assets.example.com", "203.0.113.9"), address("other.example.com", "203.0.113.10")};
  scheduler_.run_for(Route53Publisher::kLookAgain + seconds(5));
  EXPECT_EQ(zone_.value_of("assets.example.com"), "192.0.2.1");
  EXPECT_EQ(zone_.value_of("other.example.com"), "203.0.113.10");
}

TEST_F(Route53PublisherTest, AZoneThatTheSettingsNoLongerNameIsLeftAsItStands) {
  wish("192.0.2.1");
  scheduler_.run_for(seconds(5));
  publisher_.publish({});
  scheduler_.run_for(Route53Publisher::kLookAgain * 2);
  EXPECT_TRUE(publisher_.status().empty());
  EXPECT_EQ(zone_.value_of("assets.example.com"), "192.0.2.1");
}

}  // namespace
}  // namespace evershore::aws
