// For tests: a site's replicator over fake stores, in fake time.
#pragma once

#include <gtest/gtest.h>

#include <set>

#include "base/fake_scheduler.h"
#include "queue/memory_queue.h"
#include "queue/memory_rows.h"
#include "replicate/run/site_replicator.h"
#include "store/body.h"
#include "store/fake_store.h"

namespace evershore::replicate {
using namespace std::chrono_literals;
using store::FakeStore;

inline const std::vector<std::string> kNames{"east", "west", "north"};

inline store::FakeStoreOptions without_tags() {
  return {.supports = {.put_if_none_match = true, .put_if_match = true, .delete_if_match = true, .get_part_number = true}};
}

class SiteReplicatorRig : public testing::Test {
 protected:
  ~SiteReplicatorRig() override { stop(); }

  void build(size_t regions, store::FakeStoreOptions options) {
    for (size_t i = 0; i < regions; ++i) {
      stores_.push_back(
          std::make_unique<FakeStore>(scheduler_, kNames[i], i + 1, store::FaultRates{.latency_min = 1ms, .latency_max = 2ms}, options));
    }
  }
  void build(size_t regions) { build(regions, store::FakeStoreOptions{}); }

  void start(SiteReplicator::Scans scans) {
    start_only(scans);
    scheduler_.run_for(1s);
  }
  void start_only(SiteReplicator::Scans scans) {
    rules_.site = "assets";
    std::vector<SiteRegion> regions;
    for (size_t i = 0; i < stores_.size(); ++i)
      regions.push_back({.name = kNames[i],
                         .store = stores_[i].get(),
                         .storage_class = i < classes_.size() ? classes_[i] : "",
                         .budget = budget_,
                         .read_only = read_only_.contains(i)});
    const auto reachable = [this](const std::string& region) { return !away_.contains(region); };
    replicator_ = std::make_unique<SiteReplicator>(rules_, ReplicatorDeps{scheduler_, queue_, rows_, regions, reachable, Log()});
    ASSERT_TRUE(wait(replicator_->start(scans)));
  }
  void start() { start(SiteReplicator::Scans::kRegular); }
  void stop() {
    if (!replicator_) return;
    run(replicator_->stop());
    replicator_.reset();
  }

  template <class T>
  static Task<void> keep(Task<Result<T>> task, std::optional<Result<T>>& slot) {
    slot.emplace(co_await std::move(task));
  }
  static Task<void> note(Task<void> task, bool& done) {
    co_await std::move(task);
    done = true;
  }
  template <class T>
  Result<T> wait(Task<Result<T>> task) {
    std::optional<Result<T>> slot;
    spawn_detached(keep(std::move(task), slot));
    while (!slot) EVERSHORE_ASSERT(scheduler_.run_next());
    return std::move(*slot);
  }
  void run(Task<void> task) {
    bool done = false;
    spawn_detached(note(std::move(task), done));
    while (!done) EVERSHORE_ASSERT(scheduler_.run_next());
  }

  void write(size_t region, const std::string& key, const std::string& bytes) { stores_[region]->write_behind(key, bytes, {}, {}); }
  void event(size_t region, const std::string& key) {
    const auto& objects = stores_[region]->objects();
    const auto at = objects.find(key);
    const auto removed = at == objects.end() ? Removed::kYes : Removed::kNo;
    ASSERT_TRUE(wait(replicator_->hint(key, kNames[region], removed == Removed::kYes ? "" : at->second.etag, removed)));
  }
  std::string bytes_in(size_t region, const std::string& key) const {
    const auto at = stores_[region]->objects().find(key);
    return at == stores_[region]->objects().end() ? "(none)" : at->second.bytes;
  }
  void set_away(size_t region, bool away) {
    stores_[region]->set_reachable(!away);
    if (away) {
      away_.insert(kNames[region]);
    } else {
      away_.erase(kNames[region]);
    }
  }
  uint64_t calls() const {
    uint64_t sum = 0;
    for (const auto& store : stores_) sum += store->calls();
    return sum;
  }
  std::vector<std::string> differences() {
    std::vector<std::string> found;
    const auto on_difference = [&found](const Difference& difference) { found.push_back(difference.key + ": " + difference.why); };
    const auto count = wait(replicator_->verify(on_difference, {}));
    EXPECT_TRUE(count) << count.error().text;
    return found;
  }
  uint64_t pending() const { return queue_.counts("assets").pending; }

  FakeScheduler scheduler_;
  queue::MemoryQueue queue_;
  queue::MemoryRows rows_;
  std::vector<std::unique_ptr<FakeStore>> stores_;
  std::set<std::string> away_;
  std::vector<std::string> classes_;  // by region
  std::set<size_t> read_only_;
  BudgetRules budget_;  // of each
  ReplicatorRules rules_;
  std::unique_ptr<SiteReplicator> replicator_;
};

using Names = std::vector<std::string>;

}  // namespace evershore::replicate
