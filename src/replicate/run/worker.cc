#include "replicate/run/worker.h"

#include <fmt/format.h>

#include <algorithm>

#include "replicate/filter.h"
#include "replicate/identity.h"
#include "replicate/part_layout.h"
#include "replicate/run/copy_news.h"
#include "replicate/run/short_road.h"
#include "replicate/run/transfer.h"
#include "store/body.h"

namespace evershore::replicate {

namespace {
constexpr int kRoundsMax = 4;  // of the long road, before the key waits for its next attempt
constexpr Duration kHeldRetry = std::chrono::seconds(60);

using Found = Result<std::optional<ObjectInfo>>;

PutCondition if_still(const std::string& etag) { return PutCondition{.if_match = etag, .if_none_match = etag.empty()}; }
}  // namespace

struct Worker::Acted {
  enum class End : uint8_t { kDone, kConflict, kDifferent, kFailed } end = End::kDone;
  RegionSlot slot = kNoRegionSlot;
  std::string etag;
  std::string error;
  bool bytes_moved = false;
  static Acted of_error(RegionSlot slot, const Error& error) {
    const bool conflict = error.fault == Fault::kPrecondition;
    return {.end = conflict ? End::kConflict : End::kFailed, .slot = slot, .error = error.text};
  }
};

void Worker::note_copied(const queue::TaskRow& task, Region& target, const Region* source, uint64_t size_bytes) {
  target.counters.objects_copied.add();
  target.counters.bytes_copied.add(size_bytes);
  target.last_lag = context_.scheduler.wall() - task.first_seen;
  target.counters.lag.add(target.last_lag);
  if (source == nullptr) return;
  auto& pair = context_.pairs[context_.index_of(*source) * context_.regions.size() + context_.index_of(target)];
  ++pair.objects;
  pair.bytes += size_bytes;
}

Task<void> Worker::settle(queue::TaskRow task, std::optional<KeyRow> row) {
  auto first = short_road(task, row);
  const Road road = co_await std::move(first);
  if (road == Road::kSettled) co_return;
  for (int i = 0; i < kRoundsMax; ++i) {
    auto next = long_road(task);
    const Round round = co_await std::move(next);
    if (round == Round::kSettled) co_return;
  }
  co_await later(task, "it kept changing while it was copied");
}

// --- the short road ---

namespace {
Task<Result<Written>> put_copy(SiteContext& context, CopyRequest request, std::string bytes) {
  auto put = put_bytes(context, std::move(request), std::move(bytes));
  co_return co_await std::move(put);
}

bool can_guard(const Region& region, const std::string& expected_etag) {
  const auto& can = region.store->capabilities();
  return expected_etag.empty() ? can.put_if_none_match : can.put_if_match;
}
}  // namespace

bool Worker::may_hold_tags(const Region& target, const ObjectInfo& info) const {
  return context_.rules.tags != TagRule::kRequire || tags_hash_of(info.headers) == 0 || target.store->capabilities().tags;
}

std::optional<ShortRoad> Worker::short_road_of(const queue::TaskRow& task, const std::optional<KeyRow>& row) const {
  if (context_.rules.planted_bug != PlantedBug::kNone) return std::nullopt;
  const RegionSet members = context_.members();
  auto road = plan_short_road(task, row, members);
  if (!road || context_.usable() != members || task.hint.size_bytes > kBufferedBytesMax) return std::nullopt;
  for (const auto& target : road->targets) {
    if (context_.read_only().has(target.slot)) return std::nullopt;
    if (!can_guard(*context_.find(target.slot), target.expected_etag)) return std::nullopt;
  }
  return road;
}

Task<Worker::Road> Worker::short_road(const queue::TaskRow& task, const std::optional<KeyRow>& row) {
  const auto road = short_road_of(task, row);
  if (!road) co_return Road::kTakeTheLong;
  Region& source = *context_.find(road->source);
  auto get = source.store->get(task.key, GetOptions{.range = {}, .if_match = task.hint.etag});
  auto got = co_await ask(context_, source, std::move(get));
  if (!got || !*got) co_return Road::kTakeTheLong;
  ObjectInfo& info = (*got)->info;
  auto tagging = read_tags(context_, source, info, source.store->capabilities().get_tells_tags);
  const auto tagged = co_await std::move(tagging);
  const bool tags_known = context_.rules.tags != TagRule::kIgnore && source.store->capabilities().tags;
  const Copy copy{.slot = road->source, .presence = Presence::kFound, .info = info, .tags_known = tags_known};
  const auto version = tagged && !crossed_row(row, copy) ? short_road_version(copy, row) : std::nullopt;
  if (!version || !passes_size(context_.rules.filter, info.size_bytes) || info.size_bytes > kBufferedBytesMax ||
      parts_in_etag(info.etag) > 0)
    co_return Road::kTakeTheLong;
  const auto room = co_await context_.buffered.take(info.size_bytes * road->targets.size());
  auto read = store::read_whole(*(*got)->body, kBufferedBytesMax);
  auto bytes = co_await std::move(read);
  if (!bytes) co_return Road::kTakeTheLong;
  for (const auto& target : road->targets) {
    if (!may_hold_tags(*context_.find(target.slot), info)) co_return Road::kTakeTheLong;
  }

  KeyRow next{.key = task.key,
              .version = *version,
              .size_bytes = info.size_bytes,
              .etag = info.etag,
              .content_id = content_id_of(info.size_bytes, info.etag),
              .meta_hash = meta_hash_of(info.headers, info.metadata),
              .origin = road->source,
              .synced = RegionSet::of(road->source)};
  std::vector<Task<Result<Written>>> puts;
  for (const auto& target : road->targets) {
    CopyRequest request{&source, context_.find(target.slot), info, *version, if_still(target.expected_etag)};
    const bool last = &target == &road->targets.back();
    puts.push_back(put_copy(context_, std::move(request), last ? std::move(*bytes) : *bytes));
  }
  auto all = when_all(std::move(puts));
  const auto results = co_await std::move(all);
  for (size_t i = 0; i < results.size(); ++i) {
    if (!results[i] || results[i]->match == CopyMatch::kDifferent) co_return Road::kTakeTheLong;
  }
  for (size_t i = 0; i < results.size(); ++i) {
    Region& target = *context_.find(road->targets[i].slot);
    confirm(next, target.slot, results[i]->etag);
    context_.own_writes.add(target.slot, task.key, results[i]->etag);
    note_copied(task, target, &source, info.size_bytes);
  }
  committer_.settle({task.key, task.generation}, std::move(next));
  co_return Road::kSettled;
}

// --- the long road ---

namespace {
Task<Found> find_in(SiteContext& context, Region& region, ObjectKey key) {
  auto find = region.store->find(key);
  auto found = co_await ask(context, region, std::move(find));
  if (!found || !*found) co_return found;
  (*found)->key = std::move(key);
  if (context.rules.planted_bug == PlantedBug::kIgnoreTags) co_return found;
  auto tagging = read_tags(context, region, **found, region.store->capabilities().find_tells_tags);
  const auto tagged = co_await std::move(tagging);
  if (tagged) co_return found;
  if (tagged.error().fault == Fault::kPrecondition) co_return std::nullopt;
  co_return std::unexpected(tagged.error());
}
}  // namespace

Task<std::vector<Copy>> Worker::look(ObjectKey key, RegionSet& failed, std::string& error) {
  std::vector<Copy> copies;
  std::vector<Task<Found>> finds;
  std::vector<size_t> asked;
  for (const auto& region : context_.regions) {
    if (region->slot == kNoRegionSlot) continue;
    if (region->usable()) {
      asked.push_back(copies.size());
      finds.push_back(find_in(context_, *region, key));
    }
    copies.push_back({.slot = region->slot, .presence = Presence::kUnreachable});
  }
  auto all = when_all(std::move(finds));
  auto results = co_await std::move(all);
  for (size_t i = 0; i < results.size(); ++i) {
    Copy& copy = copies[asked[i]];
    if (!results[i]) {
      failed.add(copy.slot);
      error = results[i].error().text;
    } else if (*results[i]) {
      copy.presence = Presence::kFound;
      copy.info = std::move(**results[i]);
      copy.tags_known = context_.rules.tags != TagRule::kIgnore && context_.find(copy.slot)->store->capabilities().tags;
    } else {
      copy.presence = Presence::kAbsent;
    }
  }
  co_return copies;
}

#ifdef EVERSHORE_PLANTED_BUGS
namespace {
// What a copier would see that trusts events instead of looking: only the region that reported counts.
void see_only_the_reporter(std::vector<Copy>& copies, std::optional<KeyRow>& row, const queue::TaskRow& task) {
  const auto reporter = std::ranges::find(copies, task.hint.source, &Copy::slot);
  if (reporter == copies.end() || reporter->presence != Presence::kFound) return;
  row.reset();
  for (auto& copy : copies) {
    if (copy.slot != task.hint.source) copy.info.last_modified = Wall{};
    if (copy.slot != task.hint.source) copy.info.metadata.clear();
  }
}
void take_absence_for_deletion(const std::vector<Copy>& copies, const std::optional<KeyRow>& row, ReconcileRules& rules) {
  for (const auto& copy : copies) {
    if (row && copy.presence == Presence::kAbsent) rules.removed.add(copy.slot);
  }
}
}  // namespace
#endif

Task<Worker::Round> Worker::long_road(const queue::TaskRow& task) {
  auto read = context_.rows.get(context_.rules.site, {task.key});
  auto rows = co_await std::move(read);
  if (!rows) {
    co_await later(task, rows.error().text);
    co_return Round::kSettled;
  }
  std::optional<KeyRow> row = std::move(rows->front());
  Looked looked;
  auto looking = look(task.key, looked.failed, looked.error);
  auto copies = co_await std::move(looking);
  for (const auto& copy : copies) {
    if (copy.presence != Presence::kUnreachable && task.hint.removed.has(copy.slot)) looked.answered.add(copy.slot);
  }
  if (row) context_.clock.receive(row->version);
  ReconcileRules rules = context_.look_rules();
  rules.reported = task.hint.reported;
  rules.removed = task.hint.removed;
  rules.now = context_.clock.tick(context_.scheduler.wall());
#ifdef EVERSHORE_PLANTED_BUGS
  if (context_.rules.planted_bug == PlantedBug::kReplayEvents) see_only_the_reporter(copies, row, task);
  if (context_.rules.planted_bug == PlantedBug::kAbsenceMeansDeletion) take_absence_for_deletion(copies, row, rules);
#endif
  Plan plan = reconcile(task.key, row, copies, rules);
  if (plan.outcome == Outcome::kFiltered) {
    committer_.settle({task.key, task.generation}, std::nullopt);
    co_return Round::kSettled;
  }
  if (plan.outcome == Outcome::kForget) {
    auto forgetting = forget(task, plan);
    co_return co_await std::move(forgetting);
  }
  if (plan.outcome == Outcome::kWait) {
    auto leaving = leave_open(task, plan.waiting_for, std::move(looked));
    co_return co_await std::move(leaving);
  }
  if (too_large_for_lane(task, plan)) {
    co_await enqueue_again(task, queue::Lane::kLarge, task.hint);
    co_return Round::kSettled;
  }
  auto acting = act(task, std::move(plan), std::move(looked));
  co_return co_await std::move(acting);
}

Task<Worker::Round> Worker::forget(const queue::TaskRow& task, const Plan& plan) {
  if (plan.row_changed) {
    auto read = context_.rows.get(context_.rules.site, {task.key});
    const auto rows = co_await std::move(read);
    if (rows && rows->front()) {
      context_.log.warn("site {}: {} is gone from every region without a removal that was reported", context_.rules.site, task.key);
      std::vector<queue::RowStore::Erase> erase{{task.key, rows->front()->version}};
      auto erasing = context_.rows.erase(context_.rules.site, std::move(erase));
      co_await std::move(erasing);
    }
  }
  committer_.settle({task.key, task.generation}, std::nullopt);
  co_return Round::kSettled;
}

bool Worker::too_large_for_lane(const queue::TaskRow& task, const Plan& plan) const {
  const bool copies = std::ranges::any_of(plan.actions, [](const Action& action) { return action.kind == ActionKind::kCopy; });
  return copies && task.lane == queue::Lane::kSmall && plan.row.size_bytes > kBufferedBytesMax;
}

// The key starts over with this hint, in this lane.
Task<void> Worker::enqueue_again(const queue::TaskRow& task, queue::Lane lane, queue::Hint hint) {
  std::vector<queue::NewTask> again{{.key = task.key, .why = task.why, .lane = lane, .hint = std::move(hint)}};
  auto enqueue = context_.queue.enqueue(context_.rules.site, std::move(again), context_.scheduler.wall(), queue::Durability::kDurable);
  const auto queued = co_await std::move(enqueue);
  if (!queued) {
    co_await later(task, queued.error().text);
    co_return;
  }
  committer_.settle({task.key, task.generation}, std::nullopt);
}

bool Worker::held_by_cap(const Plan& plan) {
  if (!plan.new_tombstone) return false;
  const auto step =
      delete_cap_step(context_.rules.delete_cap, context_.delete_cap, context_.rows.count(context_.rules.site), context_.scheduler.now());
  context_.delete_cap = step.next;
  return step.verdict == DeleteVerdict::kHold;
}

Task<Worker::Round> Worker::act(const queue::TaskRow& task, Plan plan, Looked looked) {
  if (held_by_cap(plan)) {
    if (context_.deletes_held++ == 0)
      context_.log.warn("site {}: too many removals at once, held from {} on", context_.rules.site, task.key);
    auto retry = context_.queue.retry(context_.rules.site, {task.key, task.generation},
                                      context_.scheduler.wall() + std::chrono::floor<std::chrono::microseconds>(kHeldRetry),
                                      "held: more removals than the cap allows");
    co_await std::move(retry);
    co_return Round::kSettled;
  }
  if (!plan.losers.empty() && context_.rules.planted_bug != PlantedBug::kOverwriteFirst) {
    auto keeping = keep_losers(task, plan);
    const auto kept = co_await std::move(keeping);
    if (kept) co_return *kept;
  }
  const bool write_tombstone = plan.new_tombstone && context_.rules.planted_bug != PlantedBug::kNoTombstones;
  if (write_tombstone) {
    auto put = context_.rows.put(context_.rules.site, {plan.row}, queue::Durability::kDurable);
    const auto written = co_await std::move(put);
    if (!written) {
      co_await later(task, written.error().text);
      co_return Round::kSettled;
    }
  }
  std::vector<Task<Acted>> acting;
  for (const auto& action : plan.actions) {
    const bool idle = action.kind == ActionKind::kNothing || action.kind == ActionKind::kPark;
    if (!idle) acting.push_back(act_in(*context_.find(action.slot), plan, action));
  }
  const bool acted = !acting.empty();
  auto all = when_all(std::move(acting));
  const auto results = co_await std::move(all);
#ifdef EVERSHORE_PLANTED_BUGS
  if (context_.rules.planted_bug == PlantedBug::kOverwriteFirst) {
    auto keeping = keep_losers(task, plan);
    (void)co_await std::move(keeping);
  }
#endif
  bool conflict = false;
  for (const auto& result : results) {
    Region& region = *context_.find(result.slot);
    if (result.end == Acted::End::kDone) {
      confirm(plan.row, result.slot, result.etag);
      context_.own_writes.add(result.slot, task.key, result.etag);
      if (result.bytes_moved)
        note_copied(task, region, plan.sources.empty() ? nullptr : context_.find(plan.sources.front()->slot), plan.row.size_bytes);
    } else if (result.end == Acted::End::kConflict) {
      conflict = true;
    } else {
      looked.failed.add(result.slot);
      looked.error = result.error;
      if (result.end == Acted::End::kDifferent) note_bad_copy(plan.row, result.slot, result.etag);
    }
  }
  const bool forget_row = plan.outcome == Outcome::kTombstone && context_.rules.planted_bug == PlantedBug::kNoTombstones;
  std::optional<KeyRow> row = (acted || plan.row_changed) && !forget_row ? std::optional(std::move(plan.row)) : std::nullopt;
  const bool open = conflict || !looked.failed.empty() || !plan.waiting_for.empty();
  if (!open) {
    committer_.settle({task.key, task.generation}, std::move(row));
    co_return Round::kSettled;
  }
  if (row) {
    auto put = context_.rows.put(context_.rules.site, {std::move(*row)}, queue::Durability::kDurable);
    const auto written = co_await std::move(put);
    if (!written) looked.error = written.error().text;
  }
  if (conflict) co_return Round::kAgain;
  auto leaving = leave_open(task, plan.waiting_for, std::move(looked));
  co_return co_await std::move(leaving);
}

// nullopt: they are kept, go on.
Task<std::optional<Worker::Round>> Worker::keep_losers(const queue::TaskRow& task, const Plan& plan) {
  auto keeping = conflicts_.keep(task.key, plan.losers);
  const auto kept = co_await std::move(keeping);
  if (kept) co_return std::nullopt;
  if (kept.error().fault == Fault::kPrecondition) co_return Round::kAgain;
  co_await later(task, "what lost cannot be kept: " + kept.error().text);
  co_return Round::kSettled;
}

// --- one region's part ---

Task<Worker::Acted> Worker::act_in(Region& region, const Plan& plan, Action action) {
  if (context_.rules.planted_bug == PlantedBug::kUnconditionalCopier) action.if_match = "";
  switch (action.kind) {
    case ActionKind::kCopy: {
      auto copy = copy_into(region, plan, std::move(action.if_match));
      co_return co_await std::move(copy);
    }
    case ActionKind::kReplaceMetadata: {
      auto replace = replace_metadata_in(region, plan, std::move(action.if_match));
      co_return co_await std::move(replace);
    }
    case ActionKind::kDelete: {
      auto remove = delete_from(region, plan, std::move(action.if_match));
      co_return co_await std::move(remove);
    }
    default: break;
  }
  co_return Acted{.slot = region.slot};
}

Task<Worker::Acted> Worker::copy_into(Region& region, const Plan& plan, std::string if_match) {
  EVERSHORE_ASSERT(!plan.sources.empty());
  const Copy& from = *plan.sources.front();
  if (!may_hold_tags(region, from.info)) {
    co_return Acted{.end = Acted::End::kFailed,
                    .slot = region.slot,
                    .error = fmt::format("{} cannot hold tags, and replication.tags is \"require\"", region.name)};
  }
  CopyRequest request{.source = context_.find(from.slot),
                      .target = &region,
                      .info = from.info,
                      .version = plan.row.version,
                      .condition = if_still(if_match)};
  if (context_.rules.planted_bug == PlantedBug::kUnconditionalCopier) request.condition = {};
  auto copy = copy_object(context_, std::move(request));
  const auto written = co_await std::move(copy);
  if (!written) co_return Acted::of_error(region.slot, written.error());
  if (written->match == CopyMatch::kDifferent) {
    region.last_error = fmt::format("{}: the copy's bytes differ from its source's", plan.row.key);
    region.counters.errors.add();
    co_return Acted{.end = Acted::End::kDifferent, .slot = region.slot, .etag = written->etag, .error = region.last_error};
  }
  co_return Acted{.slot = region.slot, .etag = written->etag, .bytes_moved = true};
}

Task<Worker::Acted> Worker::delete_from(Region& region, const Plan& plan, std::string if_match) {
  if (!region.store->capabilities().delete_if_match) {
    if_match.clear();
    region.counters.unguarded_writes.add();
  }
  auto remove = region.store->remove(plan.row.key, std::move(if_match));
  const auto removed = co_await ask(context_, region, std::move(remove));
  if (!removed) co_return Acted::of_error(region.slot, removed.error());
  region.counters.objects_deleted.add();
  co_return Acted{.slot = region.slot};
}

Task<Worker::Acted> Worker::replace_metadata_in(Region& region, const Plan& plan, std::string if_match) {
  const ObjectInfo& info = plan.sources.front()->info;
  auto about = about_copy(context_, region, info, plan.row.version);
  const std::string etag = if_match;
  auto replace = region.store->replace_metadata(plan.row.key, std::move(if_match), std::move(about.headers), std::move(about.metadata));
  auto replaced = co_await ask(context_, region, std::move(replace));
  if (replaced) {
    region.counters.metadata_replaced.add();
    co_return Acted{.slot = region.slot, .etag = replaced->etag.empty() ? etag : replaced->etag};
  }
  if (replaced.error().fault != Fault::kRefused && replaced.error().fault != Fault::kInvalid) {
    co_return Acted::of_error(region.slot, replaced.error());
  }
  auto copy = copy_into(region, plan, etag);  // a store that cannot copy an object onto itself
  co_return co_await std::move(copy);
}

// --- what stays open ---

Task<void> Worker::later(const queue::TaskRow& task, std::string error) {
  const auto pause = std::chrono::floor<std::chrono::microseconds>(context_.backoff(task.attempts));
  auto retry = context_.queue.retry(context_.rules.site, {task.key, task.generation}, context_.scheduler.wall() + pause, std::move(error));
  const auto kept = co_await std::move(retry);
  if (!kept) context_.log.error("site {}: the queue could not be written: {}", context_.rules.site, kept.error().text);
}

Task<void> Worker::park(const queue::TaskRow& task, RegionSet regions) {
  auto parking = context_.queue.park(context_.rules.site, {task.key, task.generation}, regions);
  const auto kept = co_await std::move(parking);
  if (!kept) context_.log.error("site {}: the queue could not be written: {}", context_.rules.site, kept.error().text);
  context_.copy_news->parked(task.key);
}

// Regions that should have answered are tried again soon; those known to be away are waited for. If one of the latter came
// back in the meantime, nobody would wake the key: it is tried again, too.
//
// A removal that was dealt with must not wait with the key: met again after the region has held the key once more, it would turn
// a loss there into a deletion everywhere.
Task<Worker::Round> Worker::leave_open(const queue::TaskRow& task, RegionSet waiting_for, Looked looked) {
  const RegionSet away = waiting_for.without(looked.failed);
  const bool try_again = !looked.failed.empty() || !away.both(context_.usable()).empty();
  if (!looked.answered.empty()) {
    queue::Hint rest = task.hint;
    rest.removed = rest.removed.without(looked.answered);
    rest.reported = rest.reported.without(looked.answered);
    co_await enqueue_again(task, task.lane, std::move(rest));
  } else if (try_again) {
    co_await later(task, looked.error.empty() ? "a region came back meanwhile" : std::move(looked.error));
  } else if (context_.rules.planted_bug == PlantedBug::kDropWhenAway) {
    committer_.settle({task.key, task.generation}, std::nullopt);
  } else {
    co_await park(task, away);
  }
  co_return Round::kSettled;
}

}  // namespace evershore::replicate
