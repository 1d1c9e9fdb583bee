// What the parts of one site's replicator share: its regions with their present state, its rules, its counters. Owned by
// SiteReplicator; one thread.
#pragma once

#include <functional>
#include <memory>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/counter.h"
#include "base/log.h"
#include "base/sync.h"
#include "base/task.h"
#include "base/time.h"
#include "model/settings.h"
#include "queue/row_store.h"
#include "queue/task_queue.h"
#include "replicate/budget.h"
#include "replicate/delete_cap.h"
#include "replicate/failback.h"
#include "replicate/reconcile.h"
#include "replicate/run/aimd.h"
#include "replicate/run/byte_gate.h"
#include "replicate/version.h"
#include "store/object_store.h"

namespace evershore::replicate {

// Compiled-in defects that tests/sim must find (tests/sim/README.md). kNone in every build that people run; only a build
// with EVERSHORE_PLANTED_BUGS can choose another.
enum class PlantedBug : uint8_t {
  kNone,
  kNoTombstones,          // removals delete copies and write nothing down
  kUnconditionalCopier,   // puts and deletes without conditions
  kIgnoreGeneration,      // a finished task takes newer events of its key with it
  kReplayEvents,          // copies from the region an event named, whatever the others hold
  kAbsenceMeansDeletion,  // a scan that misses a key in one region deletes it in the others
  kDropLosers,            // of two crossing writes one is overwritten and not kept
  kOverwriteFirst,        // the loser is kept only after it was overwritten
  kLeakFilter,            // scans and events do not heed the filter of keys
  kWriteReadOnly,         // regions that are only read are written like others
  kIgnoreTags,            // a change of tags passes for our own copy
  kDropWhenAway,          // keys of a region that is away are dropped instead of parked, and no scan is asked for
};

struct ReplicatorRules {
  std::string site;
  std::string prefix;   // of the keys, inside every bucket
  bool deletes = true;  // explicit removals spread
  ReplicationFilter filter;
  Duration scan_interval = std::chrono::minutes(15);
  FailbackRules failback;
  DeleteCapRules delete_cap;
  AimdRules requests_per_region;
  size_t small_in_flight = 256;            // keys up to 1 MiB
  uint64_t buffered_bytes_max = 24 << 20;  // that their bodies take in memory together
  size_t large_in_flight = 8;
  size_t parts_in_flight = 4;  // of one large object
  Duration tombstone_retention = std::chrono::days(7);
  TagRule tags = TagRule::kWhereHeld;
  Duration conflict_retention = std::chrono::days(30);  // 0 = losers are not kept
  Duration conflict_sweep = std::chrono::hours(1);      // at most so often, behind a scan
  Duration tick = std::chrono::milliseconds(200);
  uint64_t parked_max = 100'000;  // for one region; above, and above a fifth of all keys, a full scan replaces the list
  uint64_t queued_max = 20'000;   // a scan waits while more is due
  Duration retry_first = std::chrono::milliseconds(200);
  Duration retry_most = std::chrono::hours(1);
  uint16_t node = 0;  // in versions; unique among nodes
  uint64_t seed = 0;  // of retry jitter and marker names: from io/ in production, fixed in tests
  PlantedBug planted_bug = PlantedBug::kNone;
};

struct RegionCounters {
  Counter objects_copied;  // into this region
  Counter bytes_copied;
  Counter metadata_replaced;
  Counter objects_deleted;
  Counter errors;
  Counter busy;
  Counter unguarded_writes;  // overwrites and deletes that the store could not make conditional
  Counter own_etags;         // copies that are the same bytes under another ETag
  Counter tags_left_out;     // copies without the tags of their source: this region has none
  LatencyHistogram lag;      // change seen -> confirmed here
};

struct Region {
  Region(Scheduler& scheduler, AimdRules rules, BudgetRules budget)
      : requests(scheduler, rules), request_budget(budget.requests_per_second), byte_budget(static_cast<double>(budget.bytes_per_second)) {}

  std::string name;
  ObjectStore* store = nullptr;
  std::string storage_class;  // of what is written there (identity.h)
  bool read_only = false;     // never written to, apart from our own keys
  RegionSlot slot = kNoRegionSlot;
  bool reachable = false;  // as of the last tick
  bool checked = false;    // marker and capabilities, since it was last reachable
  bool being_checked = false;
  std::string held;  // why it may not be used although reachable (foreign marker); "" = it may
  bool needs_full_scan = false;
  bool scanned_since_return = false;
  Mono returned_at{};
  FailbackState failback;
  std::string not_ready_why;
  std::string last_error;
  Duration last_lag{};
  double keys_per_second = 0;  // copied there, over the last half minute
  uint64_t objects_told = 0;   // of which that rate knows
  AimdLimit requests;
  TokenBucket request_budget;
  TokenBucket byte_budget;
  RegionCounters counters;

  bool usable() const { return reachable && checked && held.empty(); }
};

struct ConflictCounters {
  uint64_t kept = 0;     // since start
  uint64_t dropped = 0;  // losers that the settings say not to keep
  uint64_t present = 0;  // as of the last sweep, and since
};

struct PairCounters {
  uint64_t objects = 0;
  uint64_t bytes = 0;
};

// The last writes of our own that no event has told of yet: an event that does is an echo and costs no request.
class OwnWrites {
 public:
  void add(RegionSlot slot, const ObjectKey& key, const std::string& etag);
  // True once for each write.
  bool take(RegionSlot slot, const ObjectKey& key, const std::string& etag);

 private:
  static constexpr size_t kEntriesMax = 65'536;
  static std::string name(RegionSlot slot, const ObjectKey& key);
  // Two halves: when the younger is full, the older is forgotten.
  std::unordered_map<std::string, std::string> younger_;
  std::unordered_map<std::string, std::string> older_;
};

class CopyNews;

struct SiteContext {
  SiteContext(Scheduler& the_scheduler, queue::TaskQueue& the_queue, queue::RowStore& the_rows, ReplicatorRules the_rules, Log the_log)
      : scheduler(the_scheduler),
        queue(the_queue),
        rows(the_rows),
        rules(std::move(the_rules)),
        log(the_log),
        buffered(scheduler, rules.buffered_bytes_max),
        random(rules.seed),
        clock(rules.node) {}

  Scheduler& scheduler;
  queue::TaskQueue& queue;
  queue::RowStore& rows;
  const ReplicatorRules rules;
  const Log log;
  ByteGate buffered;  // bodies that are read whole
  std::mt19937_64 random;
  HybridClock clock;
  std::vector<std::unique_ptr<Region>> regions;  // in the site's order of preference
  std::vector<PairCounters> pairs;               // source index * regions + target index
  OwnWrites own_writes;
  CopyNews* copy_news = nullptr;  // the replicator's; always there while it runs
  DeleteCapState delete_cap;
  ConflictCounters conflicts;
  std::function<void(const ObjectKey& key, const std::string& region)> on_conflict;  // may be empty
  uint64_t deletes_held = 0;  // keys sent back to wait by the cap, since it was last released
  bool stopping = false;

  Region* find(RegionSlot slot) const;
  Region* find(const std::string& name) const;
  RegionSet members() const;
  RegionSet usable() const;
  RegionSet read_only() const;
  // For a look that nothing was reported for.
  ReconcileRules look_rules() const;
  size_t index_of(const Region& region) const;
  // Full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter"): anything up to the doubled span.
  Duration backoff(uint32_t attempts);
  void note_error(Region& region, const Error& error) const;
};

// Waits until the budget allows it, but not when all is about to stop.
Task<void> wait_for_budget(SiteContext& context, TokenBucket& budget, double tokens);

// Each request to a store goes through here: waits for its turn, feeds the limit, counts what failed.
template <class T>
Task<Result<T>> ask(SiteContext& context, Region& region, Task<Result<T>> request) {
  if (region.request_budget.limited()) {
    auto waiting = wait_for_budget(context, region.request_budget, 1);
    co_await std::move(waiting);
  }
  co_await region.requests.acquire();
  Result<T> result = co_await std::move(request);
  const bool overloaded = !result && result.error().fault == Fault::kBusy;
  const bool failed = !result && result.error().fault != Fault::kPrecondition;
  region.requests.release(overloaded ? AimdLimit::End::kOverloaded : failed ? AimdLimit::End::kNeutral : AimdLimit::End::kFine);
  if (failed) context.note_error(region, result.error());
  co_return result;
}

}  // namespace evershore::replicate
