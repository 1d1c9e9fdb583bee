#include "queue/memory_queue.h"

namespace evershore::queue {

void MemoryQueue::note(Site& site, const ObjectKey& key) {
  if (tracking_ == CrashTracking::kOn) site.unsynced.insert(key);
}

void MemoryQueue::sync() {
  sync_lazy_writes();
  if (on_sync_) on_sync_();
}

void MemoryQueue::sync_lazy_writes() {
  for (auto& [name, site] : sites_) {
    for (const auto& key : site.unsynced) {
      const TaskRow* row = site.index->find(key);
      if (row == nullptr) {
        site.disk.erase(key);
      } else {
        site.disk[key] = *row;
      }
    }
    site.unsynced.clear();
  }
}

void MemoryQueue::crash() {
  for (auto& [name, site] : sites_) {
    site.unsynced.clear();
    site.index = std::make_unique<QueueIndex>();
    for (const auto& [key, row] : site.disk) site.index->load(row);
  }
}

Task<Result<void>> MemoryQueue::enqueue(std::string site, std::vector<NewTask> tasks, Wall now, Durability durability) {
  Site& at = sites_[site];
  for (const auto& task : tasks) {
    at.index->enqueue(task, now);
    note(at, task.key);
  }
  if (durability == Durability::kDurable) sync();
  co_return Result<void>{};
}

Task<Result<std::vector<TaskRow>>> MemoryQueue::take_due(std::string site, Lane lane, size_t max, Order order, Wall now) {
  co_return sites_[site].index->take_due(lane, max, order, now);
}

Task<Result<void>> MemoryQueue::done(std::string site, std::vector<Taken> tasks) {
  Site& at = sites_[site];
  for (const auto& task : tasks) {
    at.index->done(task);
    note(at, task.key);
  }
  co_return Result<void>{};
}

Task<Result<void>> MemoryQueue::retry(std::string site, Taken task, Wall when, std::string error) {
  Site& at = sites_[site];
  at.index->retry(task, when, std::move(error));
  note(at, task.key);
  co_return Result<void>{};
}

Task<Result<void>> MemoryQueue::park(std::string site, Taken task, RegionSet regions) {
  Site& at = sites_[site];
  at.index->park(task, regions);
  note(at, task.key);
  co_return Result<void>{};
}

Task<Result<void>> MemoryQueue::release(std::string site, Taken task) {
  sites_[site].index->release(task);
  co_return Result<void>{};
}

Task<Result<void>> MemoryQueue::unpark(std::string site, RegionSlot region) {
  Site& at = sites_[site];
  const auto changed = at.index->unpark(region);
  for (const auto& key : changed) note(at, key);
  co_return Result<void>{};
}

Task<Result<uint64_t>> MemoryQueue::forget_parked(std::string site, RegionSlot region) {
  Site& at = sites_[site];
  uint64_t forgotten = 0;
  const auto changed = at.index->forget_parked(region, forgotten);
  for (const auto& key : changed) note(at, key);
  co_return forgotten;
}

const QueueIndex* MemoryQueue::find_site(const std::string& site) const {
  const auto at = sites_.find(site);
  return at == sites_.end() ? nullptr : at->second.index.get();
}

QueueCounts MemoryQueue::counts(const std::string& site) const {
  const QueueIndex* index = find_site(site);
  return index == nullptr ? QueueCounts{} : index->counts();
}

QueueCounts MemoryQueue::counts_for(const std::string& site, RegionSlot region) const {
  const QueueIndex* index = find_site(site);
  return index == nullptr ? QueueCounts{} : index->counts_for(region);
}

std::optional<Wall> MemoryQueue::next_due(const std::string& site, Lane lane) const {
  const QueueIndex* index = find_site(site);
  return index == nullptr ? std::nullopt : index->next_due(lane);
}

std::vector<TaskRow> MemoryQueue::list(const std::string& site, size_t max) const {
  const QueueIndex* index = find_site(site);
  return index == nullptr ? std::vector<TaskRow>{} : index->list(max);
}

std::optional<TaskRow> MemoryQueue::find(const std::string& site, const ObjectKey& key) const {
  const QueueIndex* index = find_site(site);
  const TaskRow* row = index == nullptr ? nullptr : index->find(key);
  return row == nullptr ? std::nullopt : std::optional(*row);
}

}  // namespace evershore::queue
