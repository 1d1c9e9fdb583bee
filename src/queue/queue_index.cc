#include "queue/queue_index.h"

#include <algorithm>
#include <unordered_set>

#include "base/assert.h"

namespace evershore::queue {

namespace {
void merge(Hint& into, const Hint& newer) {
  const RegionSet reported = into.reported.with(newer.reported);
  const RegionSet removed = into.removed.with(newer.removed);
  into = newer;
  into.reported = reported;
  into.removed = removed;
}
size_t index(Lane lane) { return static_cast<size_t>(lane); }
}  // namespace

void QueueIndex::place(Entry& entry, State state) {
  entry.state = state;
  const auto by = [&entry](Wall when) { return std::tuple(when, entry.sequence, &entry); };
  if (state == State::kDue) due_[index(entry.row.lane)].insert(by(entry.row.last_seen));
  if (state == State::kDelayed) delayed_[index(entry.row.lane)].insert(by(entry.row.next_try));
  if (state == State::kTaken) ++taken_;
  if (state != State::kParked) {
    open_.insert(by(entry.row.first_seen));
  } else {
    ++parked_rows_;
    for (RegionSlot slot = 0; slot < kRegionSlotsMax; ++slot) {
      if (entry.row.waiting_for.has(slot)) parked_[slot].insert(by(entry.row.first_seen));
    }
  }
  if (entry.row.attempts >= kFailingAttempts) ++failing_;
}

void QueueIndex::lift(Entry& entry) {
  const auto by = [&entry](Wall when) { return std::tuple(when, entry.sequence, &entry); };
  if (entry.state == State::kDue) due_[index(entry.row.lane)].erase(by(entry.row.last_seen));
  if (entry.state == State::kDelayed) delayed_[index(entry.row.lane)].erase(by(entry.row.next_try));
  if (entry.state == State::kTaken) --taken_;
  if (entry.state != State::kParked) {
    open_.erase(by(entry.row.first_seen));
  } else {
    --parked_rows_;
    for (RegionSlot slot = 0; slot < kRegionSlotsMax; ++slot) {
      if (entry.row.waiting_for.has(slot)) parked_[slot].erase(by(entry.row.first_seen));
    }
  }
  if (entry.row.attempts >= kFailingAttempts) --failing_;
}

void QueueIndex::move_to(Entry& entry, State state) {
  lift(entry);
  place(entry, state);
}

void QueueIndex::load(TaskRow row) {
  const auto [at, fresh] = entries_.try_emplace(row.key);
  EVERSHORE_ASSERT(fresh);
  Entry& entry = at->second;
  entry.sequence = ++last_sequence_;
  entry.row = std::move(row);
  const bool delayed = entry.row.next_try > entry.row.last_seen;
  place(entry, !entry.row.waiting_for.empty() ? State::kParked : delayed ? State::kDelayed : State::kDue);
}

void QueueIndex::enqueue(const NewTask& task, Wall now) {
  const auto [at, fresh] = entries_.try_emplace(task.key);
  Entry& entry = at->second;
  if (fresh) {
    entry.sequence = ++last_sequence_;
    entry.row = TaskRow{.key = task.key,
                        .generation = 1,
                        .why = task.why,
                        .lane = task.lane,
                        .hint = task.hint,
                        .first_seen = now,
                        .last_seen = now,
                        .next_try = now};
    place(entry, State::kDue);
    return;
  }
  const bool in_work = entry.state == State::kTaken;
  lift(entry);
  ++entry.row.generation;
  entry.row.why = task.why;
  entry.row.lane = task.lane;
  entry.row.last_seen = now;
  entry.row.next_try = now;
  entry.row.waiting_for = {};
  merge(entry.row.hint, task.hint);
  if (in_work) {
    if (!entry.changed_since_taken) entry.changed_first = now;
    entry.changed_since_taken = true;
    merge(entry.since_taken, task.hint);
  }
  place(entry, in_work ? State::kTaken : State::kDue);
}

void QueueIndex::ripen(Lane lane, Wall now) {
  auto& delayed = delayed_[index(lane)];
  while (!delayed.empty() && std::get<Wall>(*delayed.begin()) <= now) move_to(*std::get<Entry*>(*delayed.begin()), State::kDue);
}

std::vector<TaskRow> QueueIndex::take_due(Lane lane, size_t max, Order order, Wall now) {
  ripen(lane, now);
  auto& due = due_[index(lane)];
  std::vector<TaskRow> rows;
  while (rows.size() < max && !due.empty()) {
    Entry& entry = *std::get<Entry*>(order == Order::kNewestFirst ? *due.rbegin() : *due.begin());
    entry.changed_since_taken = false;
    entry.since_taken = {};
    move_to(entry, State::kTaken);
    rows.push_back(entry.row);
  }
  return rows;
}

QueueIndex::Entry* QueueIndex::taken(const ObjectKey& key) {
  const auto at = entries_.find(key);
  return at == entries_.end() || at->second.state != State::kTaken ? nullptr : &at->second;
}

// What was taken is finished; what came since is all that is left of the row.
void QueueIndex::start_over(Entry& entry) {
  lift(entry);
  entry.row.first_seen = entry.changed_first;
  entry.row.hint = entry.since_taken;
  entry.row.attempts = 0;
  entry.row.error.clear();
  place(entry, State::kDue);
}

QueueIndex::Done QueueIndex::done(const Taken& task) {
  Entry* entry = taken(task.key);
  if (entry == nullptr) return Done::kUnknown;
  if (entry->row.generation != task.generation) {
    start_over(*entry);
    return Done::kStillDue;
  }
  lift(*entry);
  entries_.erase(task.key);
  return Done::kRemoved;
}

void QueueIndex::retry(const Taken& task, Wall when, std::string error) {
  Entry* entry = taken(task.key);
  if (entry == nullptr) return;
  lift(*entry);
  ++entry->row.attempts;
  entry->row.error = std::move(error);
  const bool newer = entry->row.generation != task.generation;
  if (!newer) entry->row.next_try = when;
  place(*entry, newer ? State::kDue : State::kDelayed);
}

void QueueIndex::park(const Taken& task, RegionSet regions) {
  EVERSHORE_ASSERT(!regions.empty());
  Entry* entry = taken(task.key);
  if (entry == nullptr) return;
  lift(*entry);
  const bool newer = entry->row.generation != task.generation;
  if (!newer) entry->row.waiting_for = regions;
  place(*entry, newer ? State::kDue : State::kParked);
}

void QueueIndex::release(const Taken& task) {
  Entry* entry = taken(task.key);
  if (entry != nullptr) move_to(*entry, State::kDue);
}

std::vector<ObjectKey> QueueIndex::unpark(RegionSlot region) {
  std::vector<ObjectKey> changed;
  auto& parked = parked_.at(region);
  while (!parked.empty()) {
    Entry& entry = *std::get<Entry*>(*parked.begin());
    lift(entry);
    entry.row.waiting_for = {};
    place(entry, State::kDue);
    changed.push_back(entry.row.key);
  }
  return changed;
}

std::vector<ObjectKey> QueueIndex::forget_parked(RegionSlot region, uint64_t& forgotten) {
  std::vector<ObjectKey> changed;
  forgotten = 0;
  auto& parked = parked_.at(region);
  while (!parked.empty()) {
    Entry& entry = *std::get<Entry*>(*parked.begin());
    lift(entry);
    entry.row.waiting_for.drop(region);
    changed.push_back(entry.row.key);
    if (!entry.row.waiting_for.empty()) {
      place(entry, State::kParked);
      continue;
    }
    ++forgotten;
    entries_.erase(changed.back());
  }
  return changed;
}

QueueCounts QueueIndex::counts() const {
  QueueCounts counts{.pending = entries_.size(), .taken = taken_, .parked = parked_rows_, .failing = failing_};
  counts.due = counts.pending - counts.taken - counts.parked;
  if (!open_.empty()) counts.oldest = std::get<Wall>(*open_.begin());
  for (const auto& parked : parked_) {
    if (parked.empty()) continue;
    const Wall first = std::get<Wall>(*parked.begin());
    if (!counts.oldest || first < *counts.oldest) counts.oldest = first;
  }
  return counts;
}

QueueCounts QueueIndex::counts_for(RegionSlot region) const {
  // A region that has no slot yet, while its replicator starts: nothing waits for it.
  const Ordered nothing;
  const Ordered& parked = region < parked_.size() ? parked_[region] : nothing;
  QueueCounts counts{
      .pending = open_.size() + parked.size(), .due = open_.size() - taken_, .taken = taken_, .parked = parked.size(), .failing = failing_};
  if (!open_.empty()) counts.oldest = std::get<Wall>(*open_.begin());
  if (!parked.empty()) {
    const Wall first = std::get<Wall>(*parked.begin());
    if (!counts.oldest || first < *counts.oldest) counts.oldest = first;
  }
  return counts;
}

std::optional<Wall> QueueIndex::next_due(Lane lane) const {
  const auto& due = due_[index(lane)];
  const auto& delayed = delayed_[index(lane)];
  if (!due.empty()) return std::get<Entry*>(*due.begin())->row.next_try;
  if (!delayed.empty()) return std::get<Wall>(*delayed.begin());
  return std::nullopt;
}

std::vector<TaskRow> QueueIndex::list(size_t max) const {
  std::vector<TaskRow> rows;
  std::unordered_set<const Entry*> listed;  // some are parked for several regions
  const auto take = [&rows, &listed, max](const Ordered& from, bool failing) {
    for (const auto& item : from) {
      if (rows.size() >= max) return;
      const Entry* entry = std::get<Entry*>(item);
      if ((entry->row.attempts >= kFailingAttempts) == failing && listed.insert(entry).second) rows.push_back(entry->row);
    }
  };
  if (failing_ > 0) {
    take(open_, true);
    for (const auto& parked : parked_) take(parked, true);
  }
  take(open_, false);
  for (const auto& parked : parked_) take(parked, false);
  return rows;
}

const TaskRow* QueueIndex::find(const ObjectKey& key) const {
  const auto at = entries_.find(key);
  return at == entries_.end() ? nullptr : &at->second.row;
}

}  // namespace evershore::queue
