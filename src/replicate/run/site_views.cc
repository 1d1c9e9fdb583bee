// The parts of SiteReplicator that people ask: verify, sync, explain, status.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "replicate/identity.h"
#include "replicate/run/full_read.h"
#include "replicate/run/site_replicator.h"
#include "replicate/run/transfer.h"

namespace evershore::replicate {

namespace {
constexpr uint32_t kSyncPassesMax = 5;
constexpr Duration kCheckTimeout = std::chrono::seconds(30);
constexpr size_t kLooksAtOnce = 32;
constexpr size_t kFullReadsAtOnce = 4;  // keys; each reads all its copies side by side, in pieces

std::string describe(const SiteContext& context, const Copy& copy, const Action& action, const KeyRow& winner) {
  const auto& name = context.find(copy.slot)->name;
  switch (action.kind) {
    case ActionKind::kCopy:
      if (copy.presence == Presence::kAbsent) return name + " lacks it";
      return fmt::format("{} has other bytes (etag {}, {}; expected etag {}, {})", name, copy.info.etag, format_size(copy.info.size_bytes),
                         winner.etag, format_size(winner.size_bytes));
    case ActionKind::kReplaceMetadata: return name + " has other headers";
    case ActionKind::kDelete: return name + " still has the deleted key";
    default: return {};
  }
}

std::string_view outcome_name(const Plan& plan) {
  switch (plan.outcome) {
    case Outcome::kObject: return "object";
    case Outcome::kTombstone: return "deleted";
    case Outcome::kWait: return "waiting";
    case Outcome::kForget: return "unknown key";
    case Outcome::kFiltered: return "not replicated";
  }
  return "unknown key";
}
}  // namespace

Task<Result<void>> SiteReplicator::wait_until_checked() {
  const Mono deadline = context_.scheduler.now() + kCheckTimeout;
  while (true) {
    const auto missing = std::ranges::find_if(context_.regions, [](const auto& region) { return !region->usable(); });
    if (missing == context_.regions.end()) co_return Result<void>{};
    const Region& region = **missing;
    const bool hopeless = !region.held.empty() || !reachable_(region.name) || context_.scheduler.now() >= deadline || context_.stopping;
    if (hopeless) {
      const auto& why = !region.held.empty() ? region.held : region.last_error;
      co_return fail(Fault::kBroken, fmt::format("region {} cannot be used{}{}", region.name, why.empty() ? "" : ": ", why));
    }
    co_await checked_.wait_until(context_.scheduler.now() + context_.rules.tick);
  }
}

namespace {
struct Looked {
  ObjectKey key;
  std::vector<Difference> differences;
  uint64_t bytes_read = 0;
  std::string error;
};

// Names of what the winner carries and this copy does not, or otherwise: its store was given it and did not keep it.
std::string not_held(const Copy& winner, const Copy& copy) {
  std::string names;
  const auto add = [&names](std::string_view name) { names += fmt::format("{}{}", names.empty() ? "" : ", ", name); };
  for (const auto& [name, value] : winner.info.headers) {
    const bool own_business = name == "x-amz-storage-class" || (name == kTagsHeader && !(winner.tags_known && copy.tags_known));
    const auto at = copy.info.headers.find(name);
    if (!own_business && (at == copy.info.headers.end() || at->second != value)) add(name);
  }
  if (winner.tags_known && !copy.tags_known && winner.info.headers.contains(std::string(kTagsHeader))) add("tags");
  for (const auto& [name, value] : winner.info.metadata) {
    const auto at = copy.info.metadata.find(name);
    if (!name.starts_with(kOwnMetadataPrefix) && (at == copy.info.metadata.end() || at->second != value)) add("x-amz-meta-" + name);
  }
  return names;
}

void tell_not_held(const SiteContext& context, const Plan& plan, const std::vector<Copy>& copies, Looked& looked) {
  if (plan.outcome != Outcome::kObject || plan.sources.empty()) return;
  for (const auto& copy : copies) {
    if (copy.presence != Presence::kFound || &copy == plan.sources.front()) continue;
    const auto names = not_held(*plan.sources.front(), copy);
    if (!names.empty())
      looked.differences.push_back({.key = looked.key,
                                    .why = fmt::format("{} does not hold its {}", context.find(copy.slot)->name, names),
                                    .kind = DifferenceKind::kNotHeld});
  }
}

Task<Looked> look_closer(SiteContext& context, Worker& worker, ObjectKey key, VerifyDepth depth) {
  Looked looked{.key = key};
  auto read = context.rows.get(context.rules.site, {key});
  const auto rows = co_await std::move(read);
  RegionSet failed;
  auto looking = worker.look(key, failed, looked.error);
  const auto copies = co_await std::move(looking);
  if (!rows || !failed.empty()) co_return looked;
  const Plan plan = reconcile(key, rows->front(), copies, context.look_rules());
  std::string why;
  for (size_t i = 0; i < plan.actions.size(); ++i) {
    const auto text = describe(context, copies[i], plan.actions[i], plan.row);
    if (!text.empty()) why += (why.empty() ? "" : "; ") + text;
  }
  if (!why.empty()) {
    looked.differences.push_back({.key = std::move(key), .why = std::move(why)});
    co_return looked;
  }
  if (depth == VerifyDepth::kListing) co_return looked;
  tell_not_held(context, plan, copies, looked);
  if (depth != VerifyDepth::kFull || plan.outcome != Outcome::kObject) co_return looked;
  auto reading = read_fully(context, key, copies);
  const auto full = co_await std::move(reading);
  if (!full) {
    // What changes while it is read is being written: its event leads to it.
    if (full.error().fault != Fault::kPrecondition) looked.error = full.error().text;
    co_return looked;
  }
  looked.bytes_read = full->bytes;
  if (!full->why.empty()) looked.differences.push_back({.key = std::move(key), .why = full->why, .bad = full->bad});
  co_return looked;
}
}  // namespace

Task<Result<void>> SiteReplicator::check_difference(std::vector<Finding> findings, VerifyDepth depth, const OnDifference& on_difference,
                                                    VerifyProgress& progress) {
  const size_t at_once = depth == VerifyDepth::kFull ? kFullReadsAtOnce : kLooksAtOnce;
  const auto wanted = [depth](const Finding& finding) {
    return finding.verdict == Verdict::kDiffers || (depth != VerifyDepth::kListing && finding.verdict != Verdict::kExpired);
  };
  std::erase_if(findings, [&wanted](const Finding& finding) { return !wanted(finding); });
  for (size_t from = 0; from < findings.size(); from += at_once) {
    const size_t to = std::min(findings.size(), from + at_once);
    std::vector<Task<Looked>> looks;
    for (size_t i = from; i < to; ++i) looks.push_back(look_closer(context_, worker_, findings[i].key, depth));
    auto all = when_all(std::move(looks));
    const auto results = co_await std::move(all);
    for (const auto& looked : results) {
      if (!looked.error.empty()) co_return fail(Fault::kBroken, fmt::format("{}: {}", looked.key, looked.error));
      progress.bytes_read += looked.bytes_read;
      for (const auto& difference : looked.differences) {
        ++(difference.kind == DifferenceKind::kDiffers ? progress.differences : progress.not_held);
        on_difference(difference);
      }
    }
    progress.last_key = findings[to - 1].key;
  }
  co_return Result<void>{};
}

Task<Result<uint64_t>> SiteReplicator::verify(OnDifference on_difference, OnVerifyProgress on_progress) {
  return verify(VerifyOptions{}, std::move(on_difference), std::move(on_progress));
}

Task<Result<uint64_t>> SiteReplicator::verify(VerifyOptions options, OnDifference on_difference, OnVerifyProgress on_progress) {
  auto waiting = wait_until_checked();
  CO_TRY_VOID(co_await std::move(waiting));
  VerifyProgress progress;
  const FindingSink sink = [this, &options, &on_difference, &progress](std::vector<Finding> findings) {
    return check_difference(std::move(findings), options.depth, on_difference, progress);
  };
  const ScanProgress tell = [&progress, &on_progress](const ScanReport& so_far) {
    progress.keys = so_far.keys;
    if (on_progress) on_progress(progress);
  };
  const ScanOptions scan{.after = options.after, .tell_equal = options.depth != VerifyDepth::kListing};
  auto scanning = scan_site(context_, scan, sink, tell);
  const auto report = co_await std::move(scanning);
  if (!report) co_return std::unexpected(report.error());
  co_return progress.differences;
}

// --- putting right ---

// A copy whose bytes are bad has the right size and ETag, so nothing would replace it by itself.
Task<Result<void>> SiteReplicator::replace_bad(const Difference& difference) {
  RegionSet failed;
  std::string error;
  auto looking = worker_.look(difference.key, failed, error);
  const auto copies = co_await std::move(looking);
  auto read = context_.rows.get(context_.rules.site, {difference.key});
  CO_TRY(const auto rows, co_await std::move(read));
  const Plan plan = reconcile(difference.key, rows.front(), copies, context_.look_rules());
  const auto good = std::ranges::find_if(plan.sources, [&difference](const Copy* copy) { return !difference.bad.has(copy->slot); });
  if (good == plan.sources.end()) co_return fail(Fault::kBroken, difference.key + ": no copy is known to be good");
  for (const auto& copy : copies) {
    if (!difference.bad.has(copy.slot) || copy.presence != Presence::kFound) continue;
    if (context_.find(copy.slot)->read_only)
      co_return fail(Fault::kRefused, fmt::format("{}: {} is read-only", difference.key, context_.find(copy.slot)->name));
    CopyRequest request{.source = context_.find((*good)->slot),
                        .target = context_.find(copy.slot),
                        .info = (*good)->info,
                        .version = plan.row.version,
                        .condition = PutCondition{.if_match = copy.info.etag}};
    auto copying = copy_object(context_, std::move(request));
    CO_TRY_VOID(co_await std::move(copying));
  }
  co_return Result<void>{};
}

Task<Result<void>> SiteReplicator::enqueue_repair(const Difference& difference) {
  if (!difference.bad.empty()) {
    auto replacing = replace_bad(difference);
    co_return co_await std::move(replacing);
  }
  std::vector<queue::NewTask> tasks{{.key = difference.key, .why = queue::Why::kRequested}};
  auto enqueue = context_.queue.enqueue(context_.rules.site, std::move(tasks), context_.scheduler.wall(), queue::Durability::kDurable);
  CO_TRY_VOID(co_await std::move(enqueue));
  wake_.notify_all();
  co_return Result<void>{};
}

Task<Result<RepairReport>> SiteReplicator::repair(VerifyOptions options, OnDifference on_difference, OnVerifyProgress on_progress) {
  std::vector<Difference> found;
  const OnDifference keep = [&found, &on_difference](const Difference& difference) {
    if (difference.kind == DifferenceKind::kDiffers) found.push_back(difference);
    on_difference(difference);
  };
  auto verifying = verify(std::move(options), keep, std::move(on_progress));
  CO_TRY(const auto differences, co_await std::move(verifying));
  RepairReport report{.differences = differences};
  for (const auto& difference : found) {
    auto enqueuing = enqueue_repair(difference);
    const auto enqueued = co_await std::move(enqueuing);
    if (!enqueued) report.why = enqueued.error().text;
    report.repaired += enqueued ? 1 : 0;
  }
  auto settling = settle_all();
  co_await std::move(settling);
  for (const auto& difference : found) {
    const auto left = context_.queue.find(context_.rules.site, difference.key);
    if (!left) continue;
    --report.repaired;
    report.why = fmt::format("{}: {}", difference.key, left->error.empty() ? "it waits for a region" : left->error);
  }
  co_return report;
}

Task<Result<PlannedSync>> SiteReplicator::plan(OnPlannedKey on_key, OnVerifyProgress on_progress) {
  auto waiting = wait_until_checked();
  CO_TRY_VOID(co_await std::move(waiting));
  const ScanProgress tell = [&on_progress](const ScanReport& so_far) {
    if (on_progress) on_progress({.keys = so_far.keys, .differences = so_far.different});
  };
  auto planning = plan_sync(context_, worker_, std::move(on_key), tell);
  co_return co_await std::move(planning);
}

Task<Result<RegionGaps>> SiteReplicator::gaps(std::string name) {
  Region* region = context_.find(name);
  if (region == nullptr) co_return fail(Fault::kInvalid, fmt::format("site {} has no region {}", context_.rules.site, name));
  auto looking = gaps_of(context_, *region);
  co_return co_await std::move(looking);
}

SyncProgress SiteReplicator::progress_of(uint32_t pass, uint64_t found, uint64_t bytes_found) const {
  SyncProgress progress{.pass = pass,
                        .scanned = scan_so_far_.keys,
                        .found = found + (scanning_ ? scan_so_far_.different : 0),
                        .pending = context_.queue.counts(context_.rules.site).pending,
                        .bytes_found = bytes_found + (scanning_ ? scan_so_far_.bytes_different : 0)};
  for (const auto& region : context_.regions) {
    progress.objects_copied += region->counters.objects_copied.get();
    progress.bytes_copied += region->counters.bytes_copied.get();
  }
  return progress;
}

namespace {
// Calls `tell` each tick until the end.
struct Teller {
  Scheduler& scheduler;
  const std::function<void()>& tell;
  Signal ended{scheduler};
  bool done = false;

  Task<void> run(Duration every) {
    while (!done) {
      tell();
      co_await ended.wait_until(scheduler.now() + every);
    }
  }
  void end() {
    done = true;
    ended.notify_all();
  }
};
}  // namespace

// Until nothing is due that has not failed often, or is waiting for a region.
Task<void> SiteReplicator::settle_all() {
  while (!context_.stopping) {
    const auto counts = context_.queue.counts(context_.rules.site);
    if (in_work() == 0 && committer_.waiting() == 0 && counts.pending <= std::max(counts.parked, counts.failing)) co_return;
    co_await wake_.wait_until(context_.scheduler.now() + std::chrono::milliseconds(20));
  }
}

Task<Result<SyncReport>> SiteReplicator::sync(OnSyncProgress on_progress) {
  auto waiting = wait_until_checked();
  CO_TRY_VOID(co_await std::move(waiting));
  SyncReport report;
  uint64_t found = 0;
  uint64_t bytes_found = 0;
  uint32_t pass = 0;
  const std::function<void()> tell = [&] {
    if (on_progress) on_progress(progress_of(pass, found, bytes_found));
  };
  Teller teller{.scheduler = context_.scheduler, .tell = tell};
  TaskScope telling;
  telling.spawn(teller.run(context_.rules.tick));
  Error failed{.text = "differences remain after the last pass"};
  for (pass = 1; pass <= kSyncPassesMax && !report.converged; ++pass) {
    auto scanning = scan_now();
    const auto scanned = co_await std::move(scanning);
    if (!scanned) {
      failed = scanned.error();
      break;
    }
    found += scanned->different;
    bytes_found += scanned->bytes_different;
    auto settling = settle_all();
    co_await std::move(settling);
    const auto counts = context_.queue.counts(context_.rules.site);
    report.converged = scanned->different == 0 && counts.pending == 0;
    if (counts.failing > 0 || counts.parked > 0 || context_.stopping) {
      const auto rows = context_.queue.list(context_.rules.site, 1);
      failed.text =
          rows.empty() ? "stopped" : fmt::format("{} keys cannot be settled, such as {}: {}", counts.pending, rows[0].key, rows[0].error);
      break;
    }
  }
  teller.end();
  report.totals = progress_of(std::min(pass, kSyncPassesMax), found, bytes_found);
  co_await telling.join();
  if (!report.converged) report.why = failed.text;
  if (on_progress) on_progress(report.totals);
  co_return report;
}

Task<Result<KeyExplanation>> SiteReplicator::explain(ObjectKey key) {
  auto read = context_.rows.get(context_.rules.site, {key});
  CO_TRY(auto rows, co_await std::move(read));
  RegionSet failed;
  std::string error;
  auto looking = worker_.look(key, failed, error);
  const auto copies = co_await std::move(looking);
  const Plan plan = reconcile(key, rows.front(), copies, context_.look_rules());
  KeyExplanation told{.key = key,
                      .outcome = std::string(outcome_name(plan)),
                      .why = plan.why,
                      .row = rows.front(),
                      .task = context_.queue.find(context_.rules.site, key)};
  for (size_t i = 0; i < copies.size(); ++i) {
    const Copy& copy = copies[i];
    RegionView view{.region = context_.find(copy.slot)->name, .presence = copy.presence};
    if (copy.presence == Presence::kFound) {
      view.size_bytes = copy.info.size_bytes;
      view.etag = copy.info.etag;
      view.last_modified = copy.info.last_modified;
      view.version = format_version(version_of_found(rows.front(), copy));
      view.winner = std::ranges::find(plan.sources, &copy) != plan.sources.end();
    }
    if (i < plan.actions.size()) view.action = action_name(plan.actions[i].kind);
    told.regions.push_back(std::move(view));
  }
  co_return told;
}

Task<Result<std::vector<Conflict>>> SiteReplicator::conflicts(std::string prefix) {
  auto waiting = wait_until_checked();
  (void)co_await std::move(waiting);  // those that can be reached will do
  auto listing = conflicts_.list(std::move(prefix));
  co_return co_await std::move(listing);
}

Task<Result<void>> SiteReplicator::settle_conflict(ObjectKey name, Settle how) {
  const auto id = parse_conflict_key(name);
  auto listing = conflicts(id && !id->key.empty() ? id->key + "@" : std::string());
  CO_TRY(auto all, co_await std::move(listing));
  const auto at = std::ranges::find(all, name, &Conflict::name);
  if (!id || at == all.end()) co_return fail(Fault::kNotFound, "there is no conflict " + name);
  const ObjectKey key = at->id.key;
  const Conflicts::Told told = [this, key](std::string region, std::string etag) {
    return hint(key, std::move(region), std::move(etag), Removed::kNo);
  };
  auto settling = conflicts_.settle(*at, how, told);
  co_return co_await std::move(settling);
}

Readiness SiteReplicator::readiness(const std::string& name) const {
  const Region* region = context_.find(name);
  if (region == nullptr) return {false, "not a region of this site"};
  const bool ready = region->failback.phase == FailbackPhase::kReady;
  return {ready, ready ? std::string() : region->not_ready_why};
}

std::vector<std::string> SiteReplicator::cannot_hold(const Region& region) const {
  if (!region.checked || region.store->capabilities().tags || context_.rules.tags == TagRule::kIgnore) return {};
  return {context_.rules.tags == TagRule::kRequire ? "tags: objects that have some are not copied here (replication.tags = \"require\")"
                                                   : "tags: objects are copied here without them (replication.tags = \"where-held\")"};
}

RegionReplication SiteReplicator::status_of(const Region& region) const {
  const auto counts = context_.queue.counts_for(context_.rules.site, region.slot);
  const auto ready = readiness(region.name);
  RegionReplication status{.region = region.name,
                           .usable = region.usable(),
                           .ready = ready.ready,
                           .not_ready_why = ready.why,
                           .pending = counts.pending,
                           .parked = counts.parked,
                           .last_lag = region.last_lag,
                           .last_scan = membership_.last_scan(region),
                           .requests_limit = region.requests.limit(),
                           .last_error = region.last_error,
                           .cannot_hold = cannot_hold(region),
                           .counters = &region.counters};
  if (counts.oldest) status.oldest_pending = context_.scheduler.wall() - *counts.oldest;
  if (!status.usable) status.why = !region.reachable ? "away" : !region.held.empty() ? region.held : "being checked: " + region.last_error;
  return status;
}

SiteReplicationStatus SiteReplicator::status() const {
  const auto counts = context_.queue.counts(context_.rules.site);
  const Wall now = context_.scheduler.wall();
  SiteReplicationStatus status{.site = context_.rules.site,
                               .keys = context_.rows.count(context_.rules.site),
                               .pending = counts.pending,
                               .in_work = in_work(),
                               .failing = counts.failing,
                               .scanning = scanning_,
                               .scanned_keys = scan_so_far_.keys,
                               .last_scan = last_scan_,
                               .last_scan_error = last_scan_error_,
                               .deletes_held = context_.deletes_held,
                               .conflicts = context_.conflicts};
  if (counts.oldest) status.oldest_pending = now - *counts.oldest;
  for (const auto& region : context_.regions) status.regions.push_back(status_of(*region));
  for (size_t i = 0; i < context_.pairs.size(); ++i) {
    if (context_.pairs[i].objects == 0) continue;
    const size_t count = context_.regions.size();
    status.pairs.push_back({context_.regions[i / count]->name, context_.regions[i % count]->name, context_.pairs[i]});
  }
  for (const auto& row : context_.queue.list(context_.rules.site, kPendingListedMax)) {
    std::string state = row.attempts == 0 ? "due" : "retry after: " + row.error;
    if (!row.waiting_for.empty()) {
      state = "waiting for";
      for (const auto& region : context_.regions) {
        if (row.waiting_for.has(region->slot)) state += " " + region->name;
      }
    }
    status.pending_keys.push_back({row.key, now - row.first_seen, row.attempts, std::move(state)});
  }
  return status;
}

}  // namespace evershore::replicate
