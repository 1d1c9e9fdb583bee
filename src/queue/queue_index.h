// The life of the queue rows of one site (the table in task_queue.h), in memory and without durability: MemoryQueue is this
// and nothing else, a durable queue keeps one beside its disk. Pure: time comes in.
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <set>
#include <tuple>

#include "queue/task_queue.h"

namespace evershore::queue {

class QueueIndex {
 public:
  QueueIndex() = default;
  QueueIndex(const QueueIndex&) = delete;
  QueueIndex& operator=(const QueueIndex&) = delete;

  // A row read back from disk: due, delayed or parked as its fields say. The key must be new.
  void load(TaskRow row);

  // The row as it must be stored stays readable through find() after each call.
  void enqueue(const NewTask& task, Wall now);
  std::vector<TaskRow> take_due(Lane lane, size_t max, Order order, Wall now);
  enum class Done : uint8_t { kRemoved, kStillDue, kUnknown };
  Done done(const Taken& task);
  // The rest changes nothing for a key that is not taken.
  void retry(const Taken& task, Wall when, std::string error);
  void park(const Taken& task, RegionSet regions);
  void release(const Taken& task);
  // Both return the keys whose rows changed or went.
  std::vector<ObjectKey> unpark(RegionSlot region);
  std::vector<ObjectKey> forget_parked(RegionSlot region, uint64_t& forgotten);

  QueueCounts counts() const;
  QueueCounts counts_for(RegionSlot region) const;
  std::optional<Wall> next_due(Lane lane) const;
  std::vector<TaskRow> list(size_t max) const;
  const TaskRow* find(const ObjectKey& key) const;
  size_t size() const { return entries_.size(); }

 private:
  enum class State : uint8_t { kDue, kDelayed, kTaken, kParked };
  struct Entry {
    TaskRow row;
    uint64_t sequence = 0;  // unique, so that every order is total and the same in every run
    State state = State::kDue;
    bool changed_since_taken = false;
    Hint since_taken;
    Wall changed_first{};
  };
  using Ordered = std::set<std::tuple<Wall, uint64_t, Entry*>>;

  Entry* taken(const ObjectKey& key);
  void place(Entry& entry, State state);  // into the sets of its state
  void lift(Entry& entry);                // out of them
  void move_to(Entry& entry, State state);
  void start_over(Entry& entry);
  void ripen(Lane lane, Wall now);

  std::map<ObjectKey, Entry> entries_;
  std::array<Ordered, kLanes> due_;              // by last_seen
  std::array<Ordered, kLanes> delayed_;          // by next_try
  Ordered open_;                                 // not parked, by first_seen
  std::array<Ordered, kRegionSlotsMax> parked_;  // by first_seen
  uint64_t taken_ = 0;
  uint64_t parked_rows_ = 0;
  uint64_t failing_ = 0;
  uint64_t last_sequence_ = 0;
};

}  // namespace evershore::queue
