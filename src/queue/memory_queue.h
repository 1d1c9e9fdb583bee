// A TaskQueue in memory: for commands that reconcile once, for tests and for the simulated world, which asks for the crash
// semantics of a disk.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>

#include "queue/queue_index.h"
#include "queue/task_queue.h"

namespace evershore::queue {

enum class CrashTracking : uint8_t { kOff, kOn };

class MemoryQueue final : public TaskQueue {
 public:
  explicit MemoryQueue(CrashTracking tracking) : tracking_(tracking) {}
  MemoryQueue() : MemoryQueue(CrashTracking::kOff) {}

  // With kOn: the state after a power cut. Lazy changes that no durable one followed are gone, what was taken is due.
  void crash();
  // Called whenever something becomes durable: a node keeps queue and rows in one log, so what is durable in one takes the
  // earlier writes of the other with it.
  void on_sync(std::function<void()> callback) { on_sync_ = std::move(callback); }
  void sync_lazy_writes();

  Task<Result<void>> enqueue(std::string site, std::vector<NewTask> tasks, Wall now, Durability durability) override;
  Task<Result<std::vector<TaskRow>>> take_due(std::string site, Lane lane, size_t max, Order order, Wall now) override;
  Task<Result<void>> done(std::string site, std::vector<Taken> tasks) override;
  Task<Result<void>> retry(std::string site, Taken task, Wall when, std::string error) override;
  Task<Result<void>> park(std::string site, Taken task, RegionSet regions) override;
  Task<Result<void>> release(std::string site, Taken task) override;
  Task<Result<void>> unpark(std::string site, RegionSlot region) override;
  Task<Result<uint64_t>> forget_parked(std::string site, RegionSlot region) override;

  QueueCounts counts(const std::string& site) const override;
  QueueCounts counts_for(const std::string& site, RegionSlot region) const override;
  std::optional<Wall> next_due(const std::string& site, Lane lane) const override;
  std::vector<TaskRow> list(const std::string& site, size_t max) const override;
  std::optional<TaskRow> find(const std::string& site, const ObjectKey& key) const override;

 private:
  struct Site {
    std::unique_ptr<QueueIndex> index = std::make_unique<QueueIndex>();
    std::map<ObjectKey, TaskRow> disk;
    std::set<ObjectKey> unsynced;
  };
  void note(Site& site, const ObjectKey& key);
  void sync();
  const QueueIndex* find_site(const std::string& site) const;

  const CrashTracking tracking_;
  std::function<void()> on_sync_;
  std::map<std::string, Site> sites_;
};

}  // namespace evershore::queue
