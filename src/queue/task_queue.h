// The queue of keys to look at: one row per site and key however many events came, so a backlog is never longer than the
// number of distinct changed keys. A row says "look at this key", never what happened to it. Drivers: MemoryQueue
// (commands, tests, simulation), RocksDB (a node). A driver is done when task_queue_suite passes over it.
//
// Life of a row:
//   state    call                            becomes   note
//   none     enqueue                         due       generation 1
//   due      enqueue                         due       generation + 1, first_seen kept, hint merged
//   due      take_due                        taken     remembered in memory only: a crash gives it back as due
//   taken    enqueue                         taken     generation + 1; done() with the older one leaves the row due
//   taken    done, generation unchanged      none
//   taken    done, generation older          due       first_seen = when the newer change was seen, hint = since taken
//   taken    retry                           delayed   attempts + 1, due again at `when`; at once if enqueued meanwhile
//   taken    park                            parked    until one of the regions is unparked; due if enqueued meanwhile
//   delayed  enqueue                         due
//   parked   enqueue                         due       it will be parked again if its region is still away
//   parked   unpark of a region it waits for due
//   parked   forget_parked of its only one   none      the caller has written down that a full scan is needed
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "base/time.h"
#include "model/key_row.h"

namespace evershore::queue {

enum class Lane : uint8_t { kSmall, kLarge };  // so that a large object never delays small ones
inline constexpr size_t kLanes = 2;

enum class Why : uint8_t { kEvent, kScan, kRegionBack, kRequested };

// What the one who enqueued had seen. A hint saves requests; it is never acted on without a condition that proves it.
struct Hint {
  RegionSlot source = kNoRegionSlot;  // a region seen to hold the key, with this size and etag
  uint64_t size_bytes = 0;
  std::string etag;
  RegionSet absent;  // regions a scan saw without the key
  // Merging adds these two up; the rest is replaced by the newer hint.
  RegionSet reported;  // regions that reported a change of any kind: they must be looked at
  RegionSet removed;   // regions that reported an explicit removal
  bool operator==(const Hint&) const = default;
};

struct NewTask {
  ObjectKey key;
  Why why = Why::kEvent;
  Lane lane = Lane::kSmall;
  Hint hint;
};

struct TaskRow {
  ObjectKey key;
  uint64_t generation = 0;
  Why why = Why::kEvent;
  Lane lane = Lane::kSmall;
  Hint hint;
  Wall first_seen{};  // of the change that is still open: now - first_seen is how far behind this key is
  Wall last_seen{};   // of the newest enqueue; the order of take_due
  uint32_t attempts = 0;
  Wall next_try{};        // due from then on
  RegionSet waiting_for;  // parked for these; empty = not parked
  std::string error;      // of the last attempt, for people
};

// A task taken at this generation.
struct Taken {
  ObjectKey key;
  uint64_t generation = 0;
};

struct QueueCounts {
  uint64_t pending = 0;  // all rows: due, delayed, taken and parked
  uint64_t due = 0;      // due now or delayed
  uint64_t taken = 0;
  uint64_t parked = 0;
  uint64_t failing = 0;  // attempts >= kFailingAttempts: keys people should look at
  std::optional<Wall> oldest;
};
inline constexpr uint32_t kFailingAttempts = 5;

enum class Durability : uint8_t {
  kDurable,  // on disk when the task resumes (group commit)
  kLazy,     // may be lost by a crash, in which case a scan finds it again; ordered before later durable writes
};

enum class Order : uint8_t { kNewestFirst, kOldestFirst };

// One thread: its scheduler's. A failed call leaves the queue as it was.
class TaskQueue {
 public:
  virtual ~TaskQueue() = default;

  // `now` becomes first_seen/last_seen. All or nothing.
  virtual Task<Result<void>> enqueue(std::string site, std::vector<NewTask> tasks, Wall now, Durability durability) = 0;
  // Up to `max` rows of one lane whose next_try has come, in order of last_seen. They are the caller's until done(),
  // retry(), park() or release().
  virtual Task<Result<std::vector<TaskRow>>> take_due(std::string site, Lane lane, size_t max, Order order, Wall now) = 0;
  // Removes each row whose generation is unchanged. Unknown keys are ignored. Lazy: a crash repeats the look, no more.
  virtual Task<Result<void>> done(std::string site, std::vector<Taken> tasks) = 0;
  virtual Task<Result<void>> retry(std::string site, Taken task, Wall when, std::string error) = 0;
  // `regions` must not be empty.
  virtual Task<Result<void>> park(std::string site, Taken task, RegionSet regions) = 0;
  // Gives a taken row back as due at once, attempts unchanged.
  virtual Task<Result<void>> release(std::string site, Taken task) = 0;
  // All rows that wait for this region become due (and wait for none).
  virtual Task<Result<void>> unpark(std::string site, RegionSlot region) = 0;
  // Removes rows that wait for this region alone; returns how many. Rows that wait for others too stop waiting for it.
  virtual Task<Result<uint64_t>> forget_parked(std::string site, RegionSlot region) = 0;

  // The rest is answered from memory.
  virtual QueueCounts counts(const std::string& site) const = 0;
  // Only what concerns this region: rows parked for it and all rows that are not parked.
  virtual QueueCounts counts_for(const std::string& site, RegionSlot region) const = 0;
  // Earliest next_try of a row that is neither taken nor parked; nullopt = none.
  virtual std::optional<Wall> next_due(const std::string& site, Lane lane) const = 0;
  // For people: failing rows first, then oldest first.
  virtual std::vector<TaskRow> list(const std::string& site, size_t max) const = 0;
  virtual std::optional<TaskRow> find(const std::string& site, const ObjectKey& key) const = 0;
};

}  // namespace evershore::queue
