// Keeps the copies of one site equal in all its regions, in any direction. Needs only stores, a queue, rows and a scheduler, so
// the same code runs on real buckets and in the simulated world (tests/sim).
//
// What is promised
// - A change that was accepted (hint() or a scan found it) is in the queue until every region was seen to hold it.
// - Nothing is overwritten or deleted that was not looked at: each write carries a condition. Stores that cannot check one are
//   named at start, writes to one key never overlap here, and what remains unguarded is counted (unguarded_writes).
// - A delete spreads only if it was explicit: remove(), or an ObjectRemoved event (hint with removed) that a look confirms, and
//   only with rules.deletes. A key that a scan misses in one region is restored there, never deleted elsewhere; a delete made
//   directly in one bucket whose event is lost is therefore undone.
// - Of two writes to one key in different regions that cross, one wins everywhere: the later by version (reconcile.h). The other is kept
//   as a conflict (conflicts.h) before it is overwritten.
// - Keys under ".evershore/" are never touched, apart from the marker object in each bucket (membership.h).
// - A change of headers alone is found by its event, not by a scan: listings do not show it.
//
// One thread: the scheduler's. Construct, start(), use, stop(), destroy. Everything given outlives it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/sync.h"
#include "replicate/reconcile.h"
#include "replicate/run/committer.h"
#include "replicate/run/copy_news.h"
#include "replicate/run/dry_run.h"
#include "replicate/run/gaps.h"
#include "replicate/run/membership.h"
#include "replicate/run/scanner.h"
#include "replicate/run/site_context.h"
#include "replicate/run/worker.h"

namespace evershore::replicate {

struct SiteRegion {
  std::string name;
  ObjectStore* store = nullptr;
  std::string storage_class = {};  // identity.h
  BudgetRules budget = {};
  bool read_only = false;
};

struct ReplicatorDeps {
  Scheduler& scheduler;
  queue::TaskQueue& queue;
  queue::RowStore& rows;
  std::vector<SiteRegion> regions;  // in the site's order of preference; at most 16
  // Whether a region may be asked at all, by its health and drains. Called each tick; cheap.
  std::function<bool(const std::string& region)> reachable;
  Log log;
  KeyNews* news = nullptr;  // told which copies are older, for those who read them; null: nobody is
  TellNews tell_news = {};  // on this thread
  // A loser of two crossing writes was kept, written in this region. May be empty; cheap.
  std::function<void(const ObjectKey& key, const std::string& region)> on_conflict = {};
};

struct RegionReplication {
  std::string region;
  bool usable = false;
  std::string why;    // it is not usable
  bool ready = true;  // may serve, by the failback gate
  std::string not_ready_why;
  uint64_t pending = 0;  // keys this region may lack
  uint64_t parked = 0;
  Duration oldest_pending{};  // the real exposure if the other regions died now
  Duration last_lag{};        // of the last copied change
  std::optional<Wall> last_scan;
  double requests_limit = 0;
  std::string last_error;
  std::vector<std::string> cannot_hold;      // what objects lose here, and by which rule
  const RegionCounters* counters = nullptr;  // lives as long as the replicator; any thread may read it
};

struct PairReplication {
  std::string source;
  std::string target;
  PairCounters counters;
};

struct PendingKey {
  ObjectKey key;
  Duration pending_for{};
  uint32_t attempts = 0;
  std::string state;  // "due", "waiting for west", "retry after: 503 SlowDown"
};

struct SiteReplicationStatus {
  std::string site;
  std::vector<RegionReplication> regions;
  std::vector<PairReplication> pairs;  // that have copied something
  uint64_t keys = 0;                   // rows; may be an estimate
  uint64_t pending = 0;
  uint64_t in_work = 0;
  uint64_t failing = 0;
  Duration oldest_pending{};
  bool scanning = false;
  uint64_t scanned_keys = 0;  // by the present or the last scan
  std::optional<ScanReport> last_scan;
  std::string last_scan_error;
  uint64_t deletes_held = 0;
  ConflictCounters conflicts;
  std::vector<PendingKey> pending_keys;  // failing ones first, then the oldest
};

struct Readiness {
  bool ready = true;
  std::string why;  // it is not
};

enum class DifferenceKind : uint8_t {
  kDiffers,
  kNotHeld,  // a region's store does not keep something of it: nothing to be done
};

struct Difference {
  ObjectKey key;
  std::string why;  // "west lacks it", "west has other bytes (etag ..., 12 B)", ...
  DifferenceKind kind = DifferenceKind::kDiffers;
  RegionSet bad = {};  // whose bytes are not what they should be although size and ETag are (depth full)
};

enum class VerifyDepth : uint8_t {
  kListing,   // sizes and ETags as listings have them; a look at what differs
  kIdentity,  // a look at every key: headers, metadata and tags, too
  kFull,      // every byte of every copy is read
};

struct VerifyOptions {
  VerifyDepth depth = VerifyDepth::kListing;
  ObjectKey after;  // only keys behind this one: to go on where another run ended
};

struct VerifyProgress {
  uint64_t keys = 0;
  uint64_t differences = 0;
  uint64_t not_held = 0;
  uint64_t bytes_read = 0;  // depth full
  ObjectKey last_key;       // all up to this one are done
};

struct SyncProgress {
  uint32_t pass = 0;
  uint64_t scanned = 0;
  uint64_t found = 0;    // keys the scans asked to look at
  uint64_t pending = 0;  // of them and others, now
  uint64_t objects_copied = 0;
  uint64_t bytes_copied = 0;
  uint64_t bytes_found = 0;
};

struct RepairReport {
  uint64_t differences = 0;
  uint64_t repaired = 0;
  std::string why;  // the rest was not
};

struct SyncReport {
  bool converged = false;
  SyncProgress totals;
  std::string why;  // it did not converge
};

struct RegionView {
  std::string region;
  Presence presence = Presence::kUnreachable;
  uint64_t size_bytes = 0;
  std::string etag;
  Wall last_modified{};
  std::string version;  // of this copy, 20 hex digits
  bool winner = false;
  std::string action;  // what would be done there now
};

struct KeyExplanation {
  ObjectKey key;
  std::string outcome;  // "object", "deleted", "waiting", "unknown key"
  std::string why;
  std::optional<KeyRow> row;
  std::optional<queue::TaskRow> task;
  std::vector<RegionView> regions;
};

inline constexpr size_t kPendingListedMax = 100;

class SiteReplicator {
 public:
  SiteReplicator(ReplicatorRules rules, ReplicatorDeps deps);
  ~SiteReplicator();
  SiteReplicator(const SiteReplicator&) = delete;
  SiteReplicator& operator=(const SiteReplicator&) = delete;

  // Reads the facts and begins to work in the background: first a scan of everything, unless `scans` is kOnRequest (for
  // commands that call sync() or verify() themselves).
  enum class Scans : uint8_t { kRegular, kOnRequest };
  Task<Result<void>> start(Scans scans);
  // Resumes when nothing runs any more; what was not finished is in the queue. Without it the destructor asserts.
  Task<void> stop();

  // "Look at this key": something changed in this region. Durable when it resumes. An echo of our own copy costs nothing.
  // kInvalid for a region or a key that is not this site's.
  Task<Result<void>> hint(ObjectKey key, std::string region, std::string etag, Removed removed);
  // Deletes the key everywhere. Durable when it resumes; regions that are away follow when they return.
  Task<Result<void>> remove(ObjectKey key);
  void request_scan();
  // Lets the removals go on that the cap has held.
  void release_deletes();
  // Believes the present bucket of a region that is held because of a foreign marker.
  Task<Result<void>> accept_region(std::string region);

  // Compares all regions, tells of each key that differs (confirmed by a look at each region). Writes nothing. Fails if a
  // region cannot be reached. Returns the number of differences.
  using OnDifference = std::function<void(const Difference&)>;
  using OnVerifyProgress = std::function<void(const VerifyProgress&)>;
  Task<Result<uint64_t>> verify(OnDifference on_difference, OnVerifyProgress on_progress);
  Task<Result<uint64_t>> verify(VerifyOptions options, OnDifference on_difference, OnVerifyProgress on_progress);
  // The same, and what differs is put right: returns when all that was found has been settled, or cannot be.
  Task<Result<RepairReport>> repair(VerifyOptions options, OnDifference on_difference, OnVerifyProgress on_progress);
  // What sync() would do. Writes nothing.
  Task<Result<PlannedSync>> plan(OnPlannedKey on_key, OnVerifyProgress on_progress);
  // What this region lacks, and what only it has.
  Task<Result<RegionGaps>> gaps(std::string region);
  // Scans and copies until a scan finds nothing more (at most 5 passes).
  using OnSyncProgress = std::function<void(const SyncProgress&)>;
  Task<Result<SyncReport>> sync(OnSyncProgress on_progress);
  Task<Result<KeyExplanation>> explain(ObjectKey key);

  // Losers that are kept, for keys that begin so; and their end.
  Task<Result<std::vector<Conflict>>> conflicts(std::string prefix);
  // `name` as conflicts() gives it. kNotFound: there is none.
  Task<Result<void>> settle_conflict(ObjectKey name, Settle how);

  Readiness readiness(const std::string& region) const;
  SiteReplicationStatus status() const;
  // Resumes once no key is due or in work (parked and retried ones aside), or at `deadline`.
  Task<void> quiet(Mono deadline);
  size_t in_work() const { return in_work_[0] + in_work_[1]; }

 private:
  Task<void> dispatch(queue::Lane lane);
  Task<size_t> start_workers(queue::Lane lane, size_t free, queue::Order order);
  Task<void> work(queue::Lane lane, queue::TaskRow task, std::optional<KeyRow> row);
  Task<void> tick_loop();
  Task<void> tick();
  Task<void> came_back(Region& region);
  Task<void> check_again(Region& region);
  Task<void> step_failback(Region& region, bool reachable);
  Task<void> trim_parked(Region& region);
  Task<void> scan_loop();
  Task<Result<ScanReport>> scan_now();
  Task<void> sweep_conflicts();
  Task<Result<void>> check_difference(std::vector<Finding> findings, VerifyDepth depth, const OnDifference& on_difference,
                                      VerifyProgress& progress);
  Task<Result<void>> replace_bad(const Difference& difference);
  Task<Result<void>> enqueue_repair(const Difference& difference);
  Task<void> settle_all();
  std::vector<std::string> cannot_hold(const Region& region) const;
  RegionReplication status_of(const Region& region) const;
  SyncProgress progress_of(uint32_t pass, uint64_t found, uint64_t bytes_found) const;
  Task<Result<void>> wait_until_checked();
  bool is_ours(const ObjectKey& key) const;

  SiteContext context_;
  std::function<bool(const std::string&)> reachable_;
  CopyNews copy_news_;
  Committer committer_;
  Conflicts conflicts_;
  Worker worker_;
  Membership membership_;
  Signal wake_;  // dispatchers: something may be due, or a worker is free
  Signal scan_wake_;
  Signal stop_wake_;  // ends the pauses of the tick loop
  Signal checked_;    // a region has been checked, whatever came out
  TaskScope background_;
  TaskScope workers_;
  TaskScope committing_;
  size_t in_work_[queue::kLanes] = {0, 0};
  uint64_t batches_ = 0;
  Mono next_sweep_{};
  bool started_ = false;
  bool scan_wanted_ = false;
  bool scanning_ = false;
  Scans scans_ = Scans::kRegular;
  ScanReport scan_so_far_;
  std::optional<ScanReport> last_scan_;
  std::string last_scan_error_;
};

}  // namespace evershore::replicate
