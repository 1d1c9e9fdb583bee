// The state of a node on disk: queue, rows and board in one RocksDB (`node.data`/state), so that one fsync covers them all.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "queue/board.h"
#include "queue/queue_index.h"
#include "queue/rocks_engine.h"
#include "queue/row_store.h"
#include "queue/task_queue.h"

namespace evershore::queue {

// The queue lives in memory (an index of its rows) and every change is written behind it, in order. When a write fails
// (disk full), the call fails but memory keeps the change: a row too many costs a look, and nothing is acknowledged.
class RocksQueue final : public TaskQueue {
 public:
  // Reads all rows back. Blocks.
  static Result<std::unique_ptr<RocksQueue>> open(RocksEngine& engine);

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
  explicit RocksQueue(RocksEngine& engine) : engine_(engine) {}
  // Writes these rows as the index has them now.
  Task<Result<void>> write(std::string site, std::vector<ObjectKey> keys, Durability durability);
  const QueueIndex* index_of(const std::string& site) const;

  RocksEngine& engine_;
  std::map<std::string, QueueIndex> sites_;
};

class RocksRows final : public RowStore {
 public:
  explicit RocksRows(RocksEngine& engine) : engine_(engine) {}

  Task<Result<std::vector<std::optional<KeyRow>>>> get(std::string site, std::vector<ObjectKey> keys) override;
  Task<Result<void>> put(std::string site, std::vector<KeyRow> rows, Durability durability) override;
  Task<Result<void>> put_new(std::string site, std::vector<KeyRow> rows) override;
  Task<Result<void>> erase(std::string site, std::vector<Erase> rows) override;
  Task<Result<RowPage>> list(std::string site, ObjectKey start_after, size_t max) override;
  uint64_t count(const std::string& site) const override;  // an estimate
  Task<Result<SiteFacts>> facts(std::string site) override;
  Task<Result<void>> put_facts(std::string site, SiteFacts facts) override;

 private:
  RocksEngine& engine_;
};

class RocksBoard final : public Board {
 public:
  explicit RocksBoard(RocksEngine& engine) : engine_(engine) {}

  Task<Result<std::optional<std::string>>> get(std::string key) override;
  Task<Result<void>> put(std::string key, std::string value) override;
  Task<Result<void>> remove(std::string key) override;
  Task<Result<std::vector<std::pair<std::string, std::string>>>> list(std::string prefix) override;

 private:
  RocksEngine& engine_;
};

// All of it. Own thread: the scheduler's. No call may be under way when it is destroyed.
class RocksState {
 public:
  // Opens or creates. Blocks until the queue is read back. kRefused: another process has it open.
  static Result<std::unique_ptr<RocksState>> open(Scheduler& scheduler, const std::string& directory);

  TaskQueue& queue() { return *queue_; }
  RowStore& rows() { return rows_; }
  Board& board() { return board_; }
  RocksEngine& engine() { return *engine_; }

 private:
  RocksState(std::unique_ptr<RocksEngine> engine, std::unique_ptr<RocksQueue> queue);

  std::unique_ptr<RocksEngine> engine_;
  std::unique_ptr<RocksQueue> queue_;
  RocksRows rows_;
  RocksBoard board_;
};

}  // namespace evershore::queue
