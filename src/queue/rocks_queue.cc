#include "queue/codec.h"
#include "queue/rocks_state.h"

namespace evershore::queue {

Result<std::unique_ptr<RocksQueue>> RocksQueue::open(RocksEngine& engine) {
  auto queue = std::unique_ptr<RocksQueue>(new RocksQueue(engine));
  const auto load = [&queue](std::string_view stored, std::string_view value) -> Result<void> {
    TRY(const auto at, split_stored_key(stored));
    TRY(auto row, decode_task(ObjectKey(at.key), value));
    queue->sites_[std::string(at.site)].load(std::move(row));
    return {};
  };
  TRY_VOID(engine.visit(Table::kQueue, load));
  return queue;
}

Task<Result<void>> RocksQueue::write(std::string site, std::vector<ObjectKey> keys, Durability durability) {
  const QueueIndex& index = sites_[site];
  std::vector<Change> changes;
  changes.reserve(keys.size());
  for (const ObjectKey& key : keys) {
    const TaskRow* row = index.find(key);
    changes.push_back({Table::kQueue, stored_key(site, key), row == nullptr ? std::nullopt : std::optional(encode(*row))});
  }
  if (changes.empty()) co_return Result<void>{};
  auto written = co_await engine_.commit(std::move(changes), durability);
  co_return written;
}

Task<Result<void>> RocksQueue::enqueue(std::string site, std::vector<NewTask> tasks, Wall now, Durability durability) {
  QueueIndex& index = sites_[site];
  std::vector<ObjectKey> keys;
  for (NewTask& task : tasks) {
    index.enqueue(task, now);
    keys.push_back(std::move(task.key));
  }
  auto written = co_await write(std::move(site), std::move(keys), durability);
  co_return written;
}

// What is taken is known to memory only: a crash gives it back as due.
Task<Result<std::vector<TaskRow>>> RocksQueue::take_due(std::string site, Lane lane, size_t max, Order order, Wall now) {
  co_return sites_[site].take_due(lane, max, order, now);
}

Task<Result<void>> RocksQueue::done(std::string site, std::vector<Taken> tasks) {
  QueueIndex& index = sites_[site];
  std::vector<ObjectKey> keys;
  for (Taken& task : tasks) {
    if (index.done(task) != QueueIndex::Done::kUnknown) keys.push_back(std::move(task.key));
  }
  auto written = co_await write(std::move(site), std::move(keys), Durability::kLazy);
  co_return written;
}

Task<Result<void>> RocksQueue::retry(std::string site, Taken task, Wall when, std::string error) {
  sites_[site].retry(task, when, std::move(error));
  std::vector<ObjectKey> keys;
  keys.push_back(std::move(task.key));
  auto written = co_await write(std::move(site), std::move(keys), Durability::kLazy);
  co_return written;
}

Task<Result<void>> RocksQueue::park(std::string site, Taken task, RegionSet regions) {
  sites_[site].park(task, regions);
  std::vector<ObjectKey> keys;
  keys.push_back(std::move(task.key));
  auto written = co_await write(std::move(site), std::move(keys), Durability::kLazy);
  co_return written;
}

Task<Result<void>> RocksQueue::release(std::string site, Taken task) {
  sites_[site].release(task);
  co_return Result<void>{};
}

Task<Result<void>> RocksQueue::unpark(std::string site, RegionSlot region) {
  auto keys = sites_[site].unpark(region);
  auto written = co_await write(std::move(site), std::move(keys), Durability::kLazy);
  co_return written;
}

Task<Result<uint64_t>> RocksQueue::forget_parked(std::string site, RegionSlot region) {
  uint64_t forgotten = 0;
  auto keys = sites_[site].forget_parked(region, forgotten);
  CO_TRY_VOID(co_await write(std::move(site), std::move(keys), Durability::kLazy));
  co_return forgotten;
}

const QueueIndex* RocksQueue::index_of(const std::string& site) const {
  const auto at = sites_.find(site);
  return at == sites_.end() ? nullptr : &at->second;
}

QueueCounts RocksQueue::counts(const std::string& site) const {
  const QueueIndex* index = index_of(site);
  return index == nullptr ? QueueCounts{} : index->counts();
}

QueueCounts RocksQueue::counts_for(const std::string& site, RegionSlot region) const {
  const QueueIndex* index = index_of(site);
  return index == nullptr ? QueueCounts{} : index->counts_for(region);
}

std::optional<Wall> RocksQueue::next_due(const std::string& site, Lane lane) const {
  const QueueIndex* index = index_of(site);
  return index == nullptr ? std::nullopt : index->next_due(lane);
}

std::vector<TaskRow> RocksQueue::list(const std::string& site, size_t max) const {
  const QueueIndex* index = index_of(site);
  return index == nullptr ? std::vector<TaskRow>{} : index->list(max);
}

std::optional<TaskRow> RocksQueue::find(const std::string& site, const ObjectKey& key) const {
  const QueueIndex* index = index_of(site);
  const TaskRow* row = index == nullptr ? nullptr : index->find(key);
  return row == nullptr ? std::nullopt : std::optional(*row);
}

}  // namespace evershore::queue
