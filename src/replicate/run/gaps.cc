#include "replicate/run/gaps.h"

#include <algorithm>

namespace evershore::replicate {

namespace {
constexpr size_t kRowsAtOnce = 500;
constexpr double kLeastRate = 0.01;  // keys a second, below which no time is told

struct Newest {
  RegionSet holders;
  uint64_t size_bytes = 0;
  bool tombstone = false;
};

//   the task's hint                              holders of what is newest
//   names a source whose etag is not the row's   the source
//   reports changes without a source             those that reported
//   anything else                                those that the row confirms
Newest newest_of(const queue::TaskRow& task, const std::optional<KeyRow>& row) {
  const bool news = task.hint.source != kNoRegionSlot && (!row || row->tombstone || row->etag != task.hint.etag);
  if (news) return {RegionSet::of(task.hint.source), task.hint.size_bytes, false};
  if (!task.hint.removed.empty()) return {task.hint.removed, 0, true};
  if (task.hint.source == kNoRegionSlot && !task.hint.reported.empty()) return {task.hint.reported, row ? row->size_bytes : 0, false};
  if (row) return {row->synced, row->size_bytes, row->tombstone};
  return {};
}

void add_key(const SiteContext& context, const Region& region, const queue::TaskRow& task, const std::optional<KeyRow>& row,
             RegionGaps& gaps) {
  const Newest newest = newest_of(task, row);
  if (newest.holders.empty()) return;
  GapKey gap{.key = task.key,
             .size_bytes = newest.size_bytes,
             .pending_for = context.scheduler.wall() - task.first_seen,
             .holders = {},
             .lacks = !newest.holders.has(region.slot),
             .at_risk = !newest.tombstone && newest.holders == RegionSet::of(region.slot)};
  if (!gap.lacks && !gap.at_risk) return;
  if (gap.lacks) {
    ++gaps.lacks_keys;
    gaps.lacks_bytes += gap.size_bytes;
    gaps.oldest_pending = std::max(gaps.oldest_pending, gap.pending_for);
  } else {
    ++gaps.at_risk_keys;
    gaps.at_risk_bytes += gap.size_bytes;
  }
  if (gaps.keys.size() >= kGapsListedMax) return;
  for (const auto& other : context.regions) {
    if (newest.holders.has(other->slot)) gap.holders.push_back(other->name);
  }
  gaps.keys.push_back(std::move(gap));
}
}  // namespace

Task<Result<RegionGaps>> gaps_of(SiteContext& context, Region& region) {
  RegionGaps gaps{.region = region.name};
  const auto tasks = context.queue.list(context.rules.site, kGapRowsMax);
  gaps.partial = context.queue.counts(context.rules.site).pending > tasks.size();
  for (size_t from = 0; from < tasks.size(); from += kRowsAtOnce) {
    const size_t to = std::min(tasks.size(), from + kRowsAtOnce);
    std::vector<ObjectKey> keys;
    for (size_t i = from; i < to; ++i) keys.push_back(tasks[i].key);
    auto read = context.rows.get(context.rules.site, std::move(keys));
    CO_TRY(const auto rows, co_await std::move(read));
    for (size_t i = from; i < to; ++i) add_key(context, region, tasks[i], rows[i - from], gaps);
  }
  if (region.keys_per_second >= kLeastRate) {
    const std::chrono::duration<double> left(static_cast<double>(gaps.lacks_keys) / region.keys_per_second);
    gaps.time_to_sync = std::chrono::duration_cast<Duration>(left);
  } else if (gaps.lacks_keys == 0) {
    gaps.time_to_sync = Duration{};
  }
  co_return gaps;
}

}  // namespace evershore::replicate
