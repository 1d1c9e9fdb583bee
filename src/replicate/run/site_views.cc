// The parts of SiteReplicator that people ask: verify, sync, explain, status.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "replicate/run/site_replicator.h"

namespace evershore::replicate {

namespace {
constexpr uint32_t kSyncPassesMax = 5;
constexpr Duration kCheckTimeout = std::chrono::seconds(30);
constexpr size_t kLooksAtOnce = 32;

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
    co_await sleep_for(context_.scheduler, context_.rules.tick);
  }
}

namespace {
struct Looked {
  ObjectKey key;
  std::optional<Difference> difference;
  std::string error;
};

Task<Looked> look_closer(SiteContext& context, Worker& worker, ObjectKey key) {
  Looked looked{.key = key};
  auto read = context.rows.get(context.rules.site, {key});
  const auto rows = co_await std::move(read);
  RegionSet failed;
  auto looking = worker.look(key, failed, looked.error);
  const auto copies = co_await std::move(looking);
  if (!rows || !failed.empty()) co_return looked;
  const Plan plan = reconcile(key, rows->front(), copies, ReconcileRules{});
  std::string why;
  for (size_t i = 0; i < plan.actions.size(); ++i) {
    const auto text = describe(context, copies[i], plan.actions[i], plan.row);
    if (!text.empty()) why += (why.empty() ? "" : "; ") + text;
  }
  if (!why.empty()) looked.difference = Difference{std::move(key), std::move(why)};
  co_return looked;
}
}  // namespace

Task<Result<void>> SiteReplicator::check_difference(std::vector<Finding> findings, const OnDifference& on_difference,
                                                    VerifyProgress& progress) {
  for (size_t from = 0; from < findings.size(); from += kLooksAtOnce) {
    std::vector<Task<Looked>> looks;
    for (size_t i = from; i < std::min(findings.size(), from + kLooksAtOnce); ++i) {
      if (findings[i].verdict == Verdict::kDiffers) looks.push_back(look_closer(context_, worker_, findings[i].key));
    }
    auto all = when_all(std::move(looks));
    const auto results = co_await std::move(all);
    for (const auto& looked : results) {
      if (!looked.error.empty()) co_return fail(Fault::kBroken, fmt::format("{}: {}", looked.key, looked.error));
      if (!looked.difference) continue;
      ++progress.differences;
      on_difference(*looked.difference);
    }
  }
  co_return Result<void>{};
}

Task<Result<uint64_t>> SiteReplicator::verify(OnDifference on_difference, OnVerifyProgress on_progress) {
  auto waiting = wait_until_checked();
  CO_TRY_VOID(co_await std::move(waiting));
  VerifyProgress progress;
  const FindingSink sink = [this, &on_difference, &progress](std::vector<Finding> findings) {
    return check_difference(std::move(findings), on_difference, progress);
  };
  const ScanProgress tell = [&progress, &on_progress](const ScanReport& so_far) {
    progress.keys = so_far.keys;
    if (on_progress) on_progress(progress);
  };
  auto scanning = scan_site(context_, sink, tell);
  const auto report = co_await std::move(scanning);
  if (!report) co_return std::unexpected(report.error());
  co_return progress.differences;
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
// Calls `tell` each tick until `done`.
Task<void> tell_until(Scheduler& scheduler, Duration every, const bool& done, const std::function<void()>& tell) {
  while (!done) {
    tell();
    co_await sleep_for(scheduler, every);
  }
}
}  // namespace

Task<Result<SyncReport>> SiteReplicator::sync(OnSyncProgress on_progress) {
  auto waiting = wait_until_checked();
  CO_TRY_VOID(co_await std::move(waiting));
  SyncReport report;
  uint64_t found = 0;
  uint64_t bytes_found = 0;
  uint32_t pass = 0;
  bool done = false;
  const std::function<void()> tell = [&] {
    if (on_progress) on_progress(progress_of(pass, found, bytes_found));
  };
  TaskScope telling;
  telling.spawn(tell_until(context_.scheduler, context_.rules.tick, done, tell));
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
    const auto idle = [this] {
      const auto counts = context_.queue.counts(context_.rules.site);
      return in_work() == 0 && committer_.waiting() == 0 && counts.pending <= std::max(counts.parked, counts.failing);
    };
    while (!idle() && !context_.stopping) {
      co_await wake_.wait_until(context_.scheduler.now() + std::chrono::milliseconds(20));
    }
    const auto counts = context_.queue.counts(context_.rules.site);
    report.converged = scanned->different == 0 && counts.pending == 0;
    if (counts.failing > 0 || counts.parked > 0 || context_.stopping) {
      const auto rows = context_.queue.list(context_.rules.site, 1);
      failed.text =
          rows.empty() ? "stopped" : fmt::format("{} keys cannot be settled, such as {}: {}", counts.pending, rows[0].key, rows[0].error);
      break;
    }
  }
  done = true;
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
  const Plan plan = reconcile(key, rows.front(), copies, ReconcileRules{.deletes = context_.rules.deletes});
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
      view.version = format_version(version_of_found(rows.front(), copy.slot, copy.info));
      view.winner = std::ranges::find(plan.sources, &copy) != plan.sources.end();
    }
    if (i < plan.actions.size()) view.action = action_name(plan.actions[i].kind);
    told.regions.push_back(std::move(view));
  }
  co_return told;
}

Readiness SiteReplicator::readiness(const std::string& name) const {
  const Region* region = context_.find(name);
  if (region == nullptr) return {false, "not a region of this site"};
  const bool ready = region->failback.phase == FailbackPhase::kReady;
  return {ready, ready ? std::string() : region->not_ready_why};
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
                               .deletes_held = context_.deletes_held};
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
