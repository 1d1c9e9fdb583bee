#include "replicate/run/site_replicator.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "replicate/filter.h"
#include "replicate/identity.h"

namespace evershore::replicate {

namespace {
constexpr size_t kTakeMax = 64;
constexpr uint64_t kOldestEvery = 8;  // every 8th batch begins with the oldest, so that a steady flow of news starves nobody
constexpr Duration kPauseAfterFailure = std::chrono::seconds(1);
constexpr Duration kRescanAfterFailure = std::chrono::seconds(5);

size_t index(queue::Lane lane) { return static_cast<size_t>(lane); }
}  // namespace

SiteReplicator::SiteReplicator(ReplicatorRules rules, ReplicatorDeps deps)
    : context_(deps.scheduler, deps.queue, deps.rows, std::move(rules), deps.log),
      reachable_(std::move(deps.reachable)),
      copy_news_(context_, deps.news, std::move(deps.tell_news)),
      committer_(context_),
      conflicts_(context_),
      worker_(context_, committer_, conflicts_),
      membership_(context_),
      wake_(deps.scheduler),
      scan_wake_(deps.scheduler),
      stop_wake_(deps.scheduler),
      checked_(deps.scheduler) {
  EVERSHORE_ASSERT(deps.regions.size() <= kRegionSlotsMax);
  context_.copy_news = &copy_news_;
  context_.on_conflict = std::move(deps.on_conflict);
  for (const auto& given : deps.regions) {
    auto region = std::make_unique<Region>(deps.scheduler, context_.rules.requests_per_region, given.budget);
    region->name = given.name;
    region->store = given.store;
    region->storage_class = given.storage_class;
    region->read_only = given.read_only;
    context_.regions.push_back(std::move(region));
  }
  context_.pairs.resize(deps.regions.size() * deps.regions.size());
}

SiteReplicator::~SiteReplicator() { EVERSHORE_ASSERT(!started_); }

Task<Result<void>> SiteReplicator::start(Scans scans) {
  EVERSHORE_ASSERT(!started_);
  auto loading = membership_.load();
  CO_TRY_VOID(co_await std::move(loading));
  started_ = true;
  copy_news_.load();
  scans_ = scans;
  scan_wanted_ = scans == Scans::kRegular;
  committing_.spawn(committer_.run());
  co_await tick();
  background_.spawn(tick_loop());
  background_.spawn(dispatch(queue::Lane::kSmall));
  background_.spawn(dispatch(queue::Lane::kLarge));
  background_.spawn(scan_loop());
  co_return Result<void>{};
}

Task<void> SiteReplicator::stop() {
  if (!started_) co_return;
  context_.stopping = true;
  wake_.notify_all();
  scan_wake_.notify_all();
  stop_wake_.notify_all();
  co_await background_.join();
  co_await workers_.join();
  committer_.stop();
  co_await committing_.join();
  started_ = false;
}

bool SiteReplicator::is_ours(const ObjectKey& key) const {
  if (key.empty() || key.size() > kObjectKeyBytesMax || is_own_key(key) || !key.starts_with(context_.rules.prefix)) return false;
  return context_.rules.planted_bug == PlantedBug::kLeakFilter || passes_key(context_.rules.filter, context_.rules.prefix, key);
}

// --- what comes in ---

Task<Result<void>> SiteReplicator::hint(ObjectKey key, std::string region, std::string etag, Removed removed) {
  Region* from = context_.find(region);
  if (from == nullptr) co_return fail(Fault::kInvalid, fmt::format("site {} has no region {}", context_.rules.site, region));
  if (!is_ours(key)) co_return fail(Fault::kInvalid, fmt::format("\"{}\" is not a key of site {}", key, context_.rules.site));
  // Without an ETag it tells of tags or the like: our own writes never do.
  const bool may_be_echo = removed == Removed::kYes || !etag.empty();
  if (may_be_echo && context_.own_writes.take(from->slot, key, removed == Removed::kYes ? std::string() : etag)) {
    if (removed == Removed::kNo) co_return Result<void>{};
    // Any two removals look alike: only a row that says so proves that this one was ours.
    auto read = context_.rows.get(context_.rules.site, {key});
    const auto rows = co_await std::move(read);
    const bool ours = rows && rows->front() && rows->front()->tombstone && rows->front()->synced.has(from->slot);
    if (ours) co_return Result<void>{};
  }
  queue::Hint hint{.reported = RegionSet::of(from->slot)};
  if (removed == Removed::kYes) {
    hint.removed = RegionSet::of(from->slot);
  } else {
    hint.source = from->slot;
    hint.etag = std::move(etag);
  }
  std::vector<queue::NewTask> tasks{{.key = key, .why = queue::Why::kEvent, .hint = std::move(hint)}};
  auto enqueue = context_.queue.enqueue(context_.rules.site, std::move(tasks), context_.scheduler.wall(), queue::Durability::kDurable);
  CO_TRY_VOID(co_await std::move(enqueue));
  copy_news_.reported(key, from->slot, removed);
  wake_.notify_all();
  co_return Result<void>{};
}

// Deletes one confirmed copy as a client would, then tells itself of it: the rest is the same road as for any removal.
Task<Result<void>> SiteReplicator::remove(ObjectKey key) {
  if (!is_ours(key)) co_return fail(Fault::kInvalid, fmt::format("\"{}\" is not a key of site {}", key, context_.rules.site));
  RegionSet failed;
  std::string error;
  auto looking = worker_.look(key, failed, error);
  const auto copies = co_await std::move(looking);
  auto read = context_.rows.get(context_.rules.site, {key});
  CO_TRY(auto rows, co_await std::move(read));
  const Plan plan = reconcile(key, rows.front(), copies, context_.look_rules());
  if (plan.outcome != Outcome::kObject) co_return Result<void>{};
  if (!plan.losers.empty()) {
    request_scan();
    co_return fail(Fault::kBusy, key + " was written in several regions at the same time; that is settled first: try again");
  }
  // The removal counts only where the row had confirmed the key.
  const RegionSet confirmed = rows.front() ? rows.front()->synced : plan.row.synced;
  const auto at = std::ranges::find_if(plan.sources, [this, confirmed](const Copy* source) {
    return confirmed.has(source->slot) && !context_.find(source->slot)->read_only;
  });
  if (at == plan.sources.end()) co_return fail(Fault::kBusy, key + " is being replicated; try again");
  const Copy& copy = **at;
  auto put = context_.rows.put_new(context_.rules.site, {plan.row});
  CO_TRY_VOID(co_await std::move(put));
  Region& region = *context_.find(copy.slot);
  const std::string guard = region.store->capabilities().delete_if_match ? copy.info.etag : std::string();
  auto remove = region.store->remove(key, guard);
  CO_TRY_VOID(co_await ask(context_, region, std::move(remove)));
  auto hinting = hint(std::move(key), region.name, "", Removed::kYes);
  co_return co_await std::move(hinting);
}

void SiteReplicator::request_scan() {
  scan_wanted_ = true;
  scan_wake_.notify_all();
}

void SiteReplicator::release_deletes() {
  context_.delete_cap = {};
  context_.deletes_held = 0;
}

Task<Result<void>> SiteReplicator::accept_region(std::string name) {
  Region* region = context_.find(name);
  if (region == nullptr) co_return fail(Fault::kInvalid, fmt::format("site {} has no region {}", context_.rules.site, name));
  if (region->held.empty()) co_return Result<void>{};
  auto accepting = membership_.accept(*region);
  CO_TRY_VOID(co_await std::move(accepting));
  request_scan();
  co_return Result<void>{};
}

// --- workers ---

Task<void> SiteReplicator::dispatch(queue::Lane lane) {
  const size_t most = lane == queue::Lane::kSmall ? context_.rules.small_in_flight : context_.rules.large_in_flight;
  while (!context_.stopping) {
    const size_t free = most - in_work_[index(lane)];
    // Waking for each finished key would take them one by one: wait until a batch's worth is free.
    const bool worth_it = free >= std::min(most / 4 + 1, kTakeMax);
    if (!worth_it) {
      co_await wake_.wait();
      continue;
    }
    const auto order = ++batches_ % kOldestEvery == 0 ? queue::Order::kOldestFirst : queue::Order::kNewestFirst;
    auto starting = start_workers(lane, std::min(free, kTakeMax), order);
    const size_t taken = co_await std::move(starting);
    if (taken > 0 || context_.stopping) continue;
    co_await wake_.wait_until(context_.scheduler.now() + context_.rules.tick);
  }
}

Task<size_t> SiteReplicator::start_workers(queue::Lane lane, size_t free, queue::Order order) {
  auto take = context_.queue.take_due(context_.rules.site, lane, free, order, context_.scheduler.wall());
  auto tasks = co_await std::move(take);
  if (!tasks) {
    context_.log.error("site {}: the queue could not be read: {}", context_.rules.site, tasks.error().text);
    co_await wake_.wait_until(context_.scheduler.now() + kPauseAfterFailure);
    co_return 0;
  }
  if (tasks->empty()) co_return 0;
  std::vector<ObjectKey> keys;
  for (const auto& task : *tasks) keys.push_back(task.key);
  auto read = context_.rows.get(context_.rules.site, std::move(keys));
  auto rows = co_await std::move(read);
  if (!rows) {
    context_.log.error("site {}: the rows could not be read: {}", context_.rules.site, rows.error().text);
    for (const auto& task : *tasks) {
      auto release = context_.queue.release(context_.rules.site, {task.key, task.generation});
      co_await std::move(release);
    }
    co_await wake_.wait_until(context_.scheduler.now() + kPauseAfterFailure);
    co_return 0;
  }
  for (size_t i = 0; i < tasks->size(); ++i) {
    ++in_work_[index(lane)];
    workers_.spawn(work(lane, std::move((*tasks)[i]), std::move((*rows)[i])));
  }
  co_return tasks->size();
}

Task<void> SiteReplicator::work(queue::Lane lane, queue::TaskRow task, std::optional<KeyRow> row) {
  auto settling = worker_.settle(std::move(task), std::move(row));
  co_await std::move(settling);
  const size_t most = lane == queue::Lane::kSmall ? context_.rules.small_in_flight : context_.rules.large_in_flight;
  const size_t left = --in_work_[index(lane)];
  const size_t free = most - left;
  if (left == 0 || free == std::min(most / 4 + 1, kTakeMax)) wake_.notify_all();
}

Task<void> SiteReplicator::quiet(Mono deadline) {
  while (context_.scheduler.now() < deadline && !context_.stopping) {
    const auto counts = context_.queue.counts(context_.rules.site);
    if (in_work() == 0 && committer_.waiting() == 0 && counts.pending == counts.parked) co_return;
    co_await wake_.wait_until(std::min(deadline, context_.scheduler.now() + std::chrono::milliseconds(20)));
  }
}

// --- regions that go and come ---

Task<void> SiteReplicator::tick_loop() {
  while (!context_.stopping) {
    co_await stop_wake_.wait_until(context_.scheduler.now() + context_.rules.tick);
    if (context_.stopping) co_return;
    co_await tick();
  }
}

namespace {
// A mean that forgets: what was copied half a minute ago counts for a third.
void update_rate(Region& region, Duration passed) {
  constexpr double kMemorySeconds = 30;
  const double seconds = std::chrono::duration<double>(passed).count();
  const uint64_t objects = region.counters.objects_copied.get();
  const double now = static_cast<double>(objects - region.objects_told) / seconds;
  region.objects_told = objects;
  region.keys_per_second += (now - region.keys_per_second) * std::min(1.0, seconds / kMemorySeconds);
}
}  // namespace

Task<void> SiteReplicator::tick() {
  for (auto& region : context_.regions) {
    const bool reachable = reachable_(region->name);
    if (region->reachable && !reachable) {
      region->checked = false;
      region->held.clear();
      region->scanned_since_return = false;
    }
    region->reachable = reachable;
    update_rate(*region, context_.rules.tick);
    if (reachable && !region->checked && !region->being_checked && region->held.empty()) {
      region->being_checked = true;
      workers_.spawn(check_again(*region));  // may take long: the others must not wait for it
    }
    co_await step_failback(*region, reachable);
    co_await trim_parked(*region);
  }
  copy_news_.look_at_regions();
}

Task<void> SiteReplicator::check_again(Region& region) {
  auto checking = came_back(region);
  co_await std::move(checking);
  checked_.notify_all();
}

Task<void> SiteReplicator::came_back(Region& region) {
  auto checking = membership_.check(region);
  const auto checked = co_await std::move(checking);
  region.being_checked = false;
  if (!region.reachable) region.checked = false;  // it went again meanwhile
  if (!checked || !region.reachable) {
    if (checked) co_return;
    region.last_error = checked.error().text;  // tried again at the next tick
    co_return;
  }
  if (!region.checked) {
    region.failback = {.phase = FailbackPhase::kCatchingUp, .holding_since = {}};
    co_return;
  }
  region.returned_at = context_.scheduler.now();
  auto unpark = context_.queue.unpark(context_.rules.site, region.slot);
  const auto unparked = co_await std::move(unpark);
  if (!unparked) context_.log.error("site {}: the queue could not be written: {}", context_.rules.site, unparked.error().text);
  if (scans_ == Scans::kRegular) request_scan();
  wake_.notify_all();
}

Task<void> SiteReplicator::step_failback(Region& region, bool reachable) {
  const auto counts = context_.queue.counts_for(context_.rules.site, region.slot);
  const FailbackInput input{.reachable = reachable,
                            .marker_ok = region.checked,
                            .scanned_since_return = region.scanned_since_return && !region.needs_full_scan,
                            .parked = counts.parked,
                            .pending = counts.pending,
                            .oldest_pending = counts.oldest ? Duration(context_.scheduler.wall() - *counts.oldest) : Duration{}};
  auto step = failback_step(context_.rules.failback, region.failback, input, context_.scheduler.now());
  const bool became_ready = step.next.phase == FailbackPhase::kReady && region.failback.phase != FailbackPhase::kReady;
  region.failback = step.next;
  region.not_ready_why = std::move(step.why);
  if (became_ready) context_.log.info("site {}: region {} is in sync again and may serve", context_.rules.site, region.name);
  auto noting = membership_.note_catching_up(region, region.failback.phase != FailbackPhase::kReady);
  const auto noted = co_await std::move(noting);
  if (!noted) context_.log.error("site {}: the state of {} could not be written: {}", context_.rules.site, region.name, noted.error().text);
}

// A list as long as the bucket is worse than a scan.
Task<void> SiteReplicator::trim_parked(Region& region) {
  const uint64_t parked = context_.queue.counts_for(context_.rules.site, region.slot).parked;
  if (parked <= std::max(context_.rules.parked_max, context_.rows.count(context_.rules.site) / 5)) co_return;
  auto noting = membership_.note_full_scan_needed(region);
  const auto noted = co_await std::move(noting);
  if (!noted) co_return;
  const auto keys = copy_news_.waiting_for(region.slot);
  auto forget = context_.queue.forget_parked(context_.rules.site, region.slot);
  const auto forgotten = co_await std::move(forget);
  copy_news_.look_at_regions();  // the region as a whole first
  copy_news_.done(keys);
  if (forgotten)
    context_.log.info("site {}: {} keys wait for {}: replaced by a full scan at its return", context_.rules.site, *forgotten, region.name);
}

// --- scans ---

Task<void> SiteReplicator::scan_loop() {
  Mono next = context_.scheduler.now() + context_.rules.scan_interval;
  while (!context_.stopping) {
    const bool due = scan_wanted_ || (scans_ == Scans::kRegular && context_.scheduler.now() >= next);
    if (!due || context_.usable().size() < 2) {
      const Mono wake = due ? context_.scheduler.now() + context_.rules.tick : scans_ == Scans::kRegular ? next : kNever;
      co_await scan_wake_.wait_until(wake);
      continue;
    }
    scan_wanted_ = false;
    auto scanning = scan_now();
    const auto report = co_await std::move(scanning);
    next = context_.scheduler.now() + context_.rules.scan_interval;
    if (report || context_.stopping) continue;
    context_.log.warn("site {}: scan failed: {}", context_.rules.site, report.error().text);
    co_await scan_wake_.wait_until(context_.scheduler.now() + kRescanAfterFailure);
    scan_wanted_ = true;
  }
}

Task<Result<ScanReport>> SiteReplicator::scan_now() {
  if (scanning_) co_return fail(Fault::kBusy, "a scan is running already");
  scanning_ = true;
  scan_so_far_ = {};
  const Mono started = context_.scheduler.now();
  const FindingSink sink = [this](std::vector<Finding> findings) {
    wake_.notify_all();
    return enqueue_findings(context_, std::move(findings));
  };
  const ScanProgress progress = [this](const ScanReport& so_far) { scan_so_far_ = so_far; };
  auto scanning = scan_site(context_, sink, progress);
  auto report = co_await std::move(scanning);
  wake_.notify_all();
  scanning_ = false;
  if (!report) {
    last_scan_error_ = report.error().text;
    co_return report;
  }
  for (auto& region : context_.regions) {
    const bool since_return = report->regions.has(region->slot) && started >= region->returned_at;
    if (since_return && region->usable()) region->scanned_since_return = true;
  }
  last_scan_ = *report;
  last_scan_error_.clear();
  auto noting = membership_.note_scan(report->regions, report->started, report->ended);
  CO_TRY_VOID(co_await std::move(noting));
  auto sweeping = sweep_conflicts();
  co_await std::move(sweeping);
  co_return report;
}

Task<void> SiteReplicator::sweep_conflicts() {
  const bool due = scans_ == Scans::kRegular && context_.scheduler.now() >= next_sweep_;
  if (!due || context_.rules.conflict_retention <= Duration::zero()) co_return;
  next_sweep_ = context_.scheduler.now() + context_.rules.conflict_sweep;
  auto sweeping = conflicts_.sweep();
  co_await std::move(sweeping);
}

}  // namespace evershore::replicate
