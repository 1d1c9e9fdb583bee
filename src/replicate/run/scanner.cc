#include "replicate/run/scanner.h"

#include <algorithm>

#include "replicate/part_layout.h"
#include "replicate/run/page_feed.h"

namespace evershore::replicate {

namespace {
constexpr size_t kRowsPerPage = 1000;
constexpr size_t kFindingsPerSlice = 1000;
constexpr Duration kFullQueuePause = std::chrono::milliseconds(50);

struct ScanInWork {
  ScanInWork(SiteContext& the_context, MergeOptions options) : context(the_context), merge(std::move(options)) {}
  SiteContext& context;
  MergeScan merge;
  std::vector<std::unique_ptr<PageFeed>> feeds;
  ScanReport report;
  ObjectKey after;
};

MergeOptions merge_options(const SiteContext& context, bool tell_equal) {
  const Wall now = context.scheduler.wall();
  const auto kept = std::chrono::floor<std::chrono::microseconds>(context.rules.tombstone_retention);
  MergeOptions options{.scanned = {},
                       .members = context.members(),
                       .expired_before = version_of_time(now - kept),
                       .read_only = context.read_only(),
                       .prefix = context.rules.prefix,
                       .filter = context.rules.filter,
                       .tell_equal = tell_equal};
  if (context.rules.planted_bug == PlantedBug::kLeakFilter) options.filter = {};
  for (const auto& region : context.regions) {
    if (region->usable()) options.scanned.push_back(region->slot);
  }
  return options;
}

Task<Result<void>> feed_hungry(ScanInWork& scan) {
  for (size_t i = 0; i < scan.feeds.size(); ++i) {
    if (!scan.merge.hungry(i)) continue;
    auto next = scan.feeds[i]->next();
    CO_TRY(auto page, co_await std::move(next));
    CO_TRY_VOID(scan.merge.feed(i, std::move(page.objects), page.more));
  }
  if (scan.merge.rows_hungry()) {
    const auto& after = scan.merge.last_row_key().empty() ? scan.after : scan.merge.last_row_key();
    auto list = scan.context.rows.list(scan.context.rules.site, after, kRowsPerPage);
    CO_TRY(auto page, co_await std::move(list));
    scan.merge.feed_rows(std::move(page.rows), page.more);
  }
  co_return Result<void>{};
}

Task<Result<void>> merge_all(ScanInWork& scan, const FindingSink& sink, const ScanProgress& progress) {
  while (!scan.merge.done()) {
    if (scan.context.stopping) co_return fail(Fault::kClosed, "the scan was stopped");
    auto feeding = feed_hungry(scan);
    CO_TRY_VOID(co_await std::move(feeding));
    std::vector<Finding> findings;
    scan.merge.advance(findings, kFindingsPerSlice);
    scan.report.keys = scan.merge.keys_seen();
    if (!findings.empty()) scan.report.last_key = findings.back().key;
    for (const auto& finding : findings) {
      if (finding.verdict != Verdict::kDiffers) continue;
      ++scan.report.different;
      scan.report.bytes_different += finding.size_bytes * finding.absent.size();
    }
    if (!findings.empty()) {
      auto sinking = sink(std::move(findings));
      CO_TRY_VOID(co_await std::move(sinking));
    }
    if (progress) progress(scan.report);
  }
  co_return Result<void>{};
}

bool all_still_usable(const SiteContext& context, RegionSet regions) { return context.usable().covers(regions); }
}  // namespace

Task<Result<ScanReport>> scan_site(SiteContext& context, const FindingSink& sink, const ScanProgress& progress) {
  auto scanning = scan_site(context, ScanOptions{}, sink, progress);
  co_return co_await std::move(scanning);
}

Task<Result<ScanReport>> scan_site(SiteContext& context, ScanOptions options, const FindingSink& sink, const ScanProgress& progress) {
  ScanInWork scan(context, merge_options(context, options.tell_equal));
  scan.after = options.after;
  scan.report.started = context.scheduler.wall();
  scan.report.regions = context.usable();
  if (scan.report.regions.size() < 2) co_return fail(Fault::kBusy, "fewer than two regions can be reached: nothing to compare");
  TaskScope feeding;
  for (const auto& region : context.regions) {
    if (!region->usable()) continue;
    scan.feeds.push_back(std::make_unique<PageFeed>(context, *region, options.after));
    feeding.spawn(scan.feeds.back()->run());
  }
  auto merging = merge_all(scan, sink, progress);
  const auto merged = co_await std::move(merging);
  for (auto& feed : scan.feeds) feed->close();
  co_await feeding.join();
  for (const auto& feed : scan.feeds) scan.report.lists += feed->lists();
  scan.report.keys_present = scan.merge.keys_present();
  scan.report.own_keys = scan.merge.own_keys();
  if (!merged) co_return std::unexpected(merged.error());
  if (!all_still_usable(context, scan.report.regions)) co_return fail(Fault::kBusy, "a region went away during the scan");
  scan.report.ended = context.scheduler.wall();
  co_return scan.report;
}

queue::NewTask new_task_of(Finding finding) {
  const auto lane = finding.size_bytes > kBufferedBytesMax ? queue::Lane::kLarge : queue::Lane::kSmall;
  queue::Hint hint{.source = finding.source, .size_bytes = finding.size_bytes, .etag = std::move(finding.etag), .absent = finding.absent};
  return {.key = std::move(finding.key), .why = queue::Why::kScan, .lane = lane, .hint = std::move(hint)};
}

queue::TaskRow task_of(const Finding& finding) {
  auto task = new_task_of(finding);
  return {.key = std::move(task.key), .why = task.why, .lane = task.lane, .hint = std::move(task.hint)};
}

Task<Result<void>> enqueue_findings(SiteContext& context, std::vector<Finding> findings) {
  std::vector<KeyRow> rows;
  std::vector<queue::RowStore::Erase> expired;
  std::vector<queue::NewTask> tasks;
  for (auto& finding : findings) {
    if (finding.verdict == Verdict::kFirstSeen) {
      rows.push_back(std::move(finding.row));
    } else if (finding.verdict == Verdict::kEqual) {
      continue;
    } else if (finding.verdict == Verdict::kExpired) {
      expired.push_back({std::move(finding.key), finding.row.version});
    } else {
      tasks.push_back(new_task_of(std::move(finding)));
    }
  }
  if (!rows.empty()) {
    auto put = context.rows.put_new(context.rules.site, std::move(rows));
    CO_TRY_VOID(co_await std::move(put));
  }
  if (!expired.empty()) {
    auto erase = context.rows.erase(context.rules.site, std::move(expired));
    CO_TRY_VOID(co_await std::move(erase));
  }
  if (!tasks.empty()) {
    // Lazy: what a crash loses, the next scan finds.
    auto enqueue = context.queue.enqueue(context.rules.site, std::move(tasks), context.scheduler.wall(), queue::Durability::kLazy);
    CO_TRY_VOID(co_await std::move(enqueue));
  }
  while (context.queue.counts(context.rules.site).due > context.rules.queued_max && !context.stopping) {
    co_await sleep_for(context.scheduler, kFullQueuePause);
  }
  co_return Result<void>{};
}

}  // namespace evershore::replicate
