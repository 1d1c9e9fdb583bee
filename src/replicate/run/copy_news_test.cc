// What a replicator tells of the copies of its site's keys.
#include "replicate/run/copy_news.h"

#include <gtest/gtest.h>

#include <set>

#include "base/fake_scheduler.h"
#include "queue/memory_queue.h"
#include "queue/memory_rows.h"
#include "replicate/run/site_replicator.h"
#include "store/fake_store.h"

namespace evershore::replicate {
namespace {

using namespace std::chrono_literals;
using store::FakeStore;

const std::vector<std::string> kNames{"east", "west", "north"};

class CopyNewsTest : public testing::Test {
 protected:
  CopyNewsTest() {
    for (size_t i = 0; i < kNames.size(); ++i)
      stores_.push_back(std::make_unique<FakeStore>(scheduler_, kNames[i], i + 1, store::FaultRates{.latency_min = 5ms, .latency_max = 6ms},
                                                    store::FakeStoreOptions{}));
    rules_.site = "assets";
    start();
    scheduler_.run_for(5s);  // the first scan
  }
  ~CopyNewsTest() override { stop(); }

  void start() {
    std::vector<SiteRegion> regions;
    for (size_t i = 0; i < stores_.size(); ++i) regions.push_back({kNames[i], stores_[i].get()});
    const auto reachable = [this](const std::string& region) { return !away_.contains(region); };
    const auto tell = [this](std::vector<KeyHasNews> keys) {
      for (const auto& key : keys) told_.push_back(key.name.substr(key.name.find('\0') + 1));
    };
    replicator_ =
        std::make_unique<SiteReplicator>(rules_, ReplicatorDeps{scheduler_, queue_, rows_, regions, reachable, Log(), &news_, tell});
    spawn_detached(keep(replicator_->start(SiteReplicator::Scans::kRegular)));
    while (!result_) scheduler_.run_next();
    ASSERT_TRUE(std::exchange(result_, std::nullopt)->has_value());
  }
  void stop() {
    spawn_detached(note(replicator_->stop()));
    while (!std::exchange(stopped_, false)) scheduler_.run_next();
    replicator_.reset();
  }
  Task<void> keep(Task<Result<void>> task) { result_ = co_await std::move(task); }
  Task<void> note(Task<void> task) {
    co_await std::move(task);
    stopped_ = true;
  }
  // Returns at the moment when the one who reports is told that it is accepted.
  void report(size_t region, const std::string& key, Removed removed) {
    const auto& objects = stores_[region]->objects();
    const auto at = objects.find(key);
    spawn_detached(keep(replicator_->hint(key, kNames[region], at == objects.end() ? "" : at->second.etag, removed)));
    while (!result_) scheduler_.run_next();
    ASSERT_TRUE(std::exchange(result_, std::nullopt)->has_value());
  }
  void write_and_report(size_t region, const std::string& key, const std::string& bytes) {
    stores_[region]->write_behind(key, bytes, {}, {});
    report(region, key, Removed::kNo);
  }
  void set_away(size_t region, bool away) {
    stores_[region]->set_reachable(!away);
    if (away) {
      away_.insert(kNames[region]);
    } else {
      away_.erase(kNames[region]);
    }
    scheduler_.run_for(1s);
  }
  // "west north": the regions that are behind.
  std::string behind(const std::string& key) {
    const auto about = reader_.about(news_name("assets", key));
    std::string names;
    for (const auto& name : kNames)
      if (about.behind.has(*news_.number_of(name))) names += (names.empty() ? "" : " ") + name;
    return names;
  }

  FakeScheduler scheduler_;
  queue::MemoryQueue queue_;
  queue::MemoryRows rows_;
  KeyNews news_;
  KeyNews::Reader reader_{news_};
  std::vector<std::unique_ptr<FakeStore>> stores_;
  std::set<std::string> away_;
  ReplicatorRules rules_;
  std::unique_ptr<SiteReplicator> replicator_;
  std::vector<std::string> told_;
  std::optional<Result<void>> result_;
  bool stopped_ = false;
};

TEST_F(CopyNewsTest, all_others_are_behind_from_the_moment_a_change_is_accepted_until_they_have_it) {
  write_and_report(0, "k", "1");
  EXPECT_EQ(behind("k"), "west north");
  EXPECT_EQ(told_, std::vector<std::string>{"k"});
  scheduler_.run_for(2s);
  EXPECT_EQ(behind("k"), "");
  EXPECT_EQ(told_, (std::vector<std::string>{"k", "k"})) << "told again when all have it";
}

TEST_F(CopyNewsTest, who_waits_for_a_region_that_is_away_holds_against_that_one_alone) {
  set_away(2, true);
  write_and_report(0, "k", "1");
  EXPECT_EQ(behind("k"), "west north");
  scheduler_.run_for(2s);
  EXPECT_EQ(behind("k"), "north");
  set_away(2, false);
  scheduler_.run_for(5s);
  EXPECT_EQ(behind("k"), "");
}

TEST_F(CopyNewsTest, the_last_who_reported_counts) {
  set_away(2, true);
  write_and_report(0, "k", "1");
  write_and_report(1, "k", "2");
  EXPECT_EQ(behind("k"), "east north");
}

TEST_F(CopyNewsTest, a_removal_makes_others_old_only_if_removals_spread) {
  write_and_report(0, "k", "1");
  scheduler_.run_for(2s);
  stores_[0]->erase_behind("k");
  report(0, "k", Removed::kYes);
  EXPECT_EQ(behind("k"), "west north");
  scheduler_.run_for(2s);
  EXPECT_EQ(behind("k"), "");

  stop();
  rules_.deletes = false;
  start();
  scheduler_.run_for(2s);
  write_and_report(0, "l", "1");
  scheduler_.run_for(2s);
  stores_[0]->erase_behind("l");
  report(0, "l", Removed::kYes);
  EXPECT_EQ(behind("l"), "");
}

TEST_F(CopyNewsTest, the_echo_of_our_own_copy_is_no_news) {
  write_and_report(0, "k", "1");
  scheduler_.run_for(2s);
  told_.clear();
  report(1, "k", Removed::kNo);
  EXPECT_EQ(behind("k"), "");
  EXPECT_TRUE(told_.empty());
}

TEST_F(CopyNewsTest, what_waits_in_the_queue_is_known_again_after_a_start) {
  set_away(2, true);
  write_and_report(0, "k", "1");
  scheduler_.run_for(2s);
  stop();
  news_.forget_all();
  ASSERT_EQ(behind("k"), "");
  start();
  EXPECT_EQ(behind("k"), "north");
}

TEST_F(CopyNewsTest, a_region_whose_list_grew_too_long_may_be_behind_for_any_key_until_it_was_scanned) {
  stop();
  rules_.parked_max = 3;
  start();
  scheduler_.run_for(2s);
  set_away(2, true);
  for (int i = 0; i < 8; ++i) write_and_report(0, "k" + std::to_string(i), "1");
  scheduler_.run_for(2s);
  const auto perhaps = [this] { return reader_.about(news_name("assets", "any")).perhaps_behind.has(*news_.number_of("north")); };
  EXPECT_TRUE(perhaps());
  EXPECT_EQ(behind("k0"), "") << "the list is gone";
  set_away(2, false);
  scheduler_.run_for(10s);
  EXPECT_FALSE(perhaps());
  EXPECT_EQ(stores_[2]->objects().size(), 9U) << "eight, and the marker";
}

}  // namespace
}  // namespace evershore::replicate
