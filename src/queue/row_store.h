// What replication knows of each key of each site, in key order, and the facts about a site's regions. A node's rows and
// queue share one log: once a write to one is durable, so is every earlier write to the other (a task that is gone for good
// never leaves an older row behind). Drivers:
// MemoryRows (commands, tests, simulation), RocksDB (a node). A driver is done when row_store_suite passes over it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "model/key_row.h"
#include "queue/task_queue.h"

namespace evershore::queue {

struct RowPage {
  std::vector<KeyRow> rows;  // in key order
  bool more = false;         // go on with start_after = the last key
};

struct RegionFacts {
  std::string name;
  RegionSlot slot = kNoRegionSlot;
  bool retired = false;          // the slot's bucket was replaced, or the region left the site: its bits mean nothing now
  std::string marker_id;         // what `.evershore/region` said; "" = never seen
  bool needs_full_scan = false;  // its list of parked keys was dropped, or it is new
  bool catching_up = false;      // it was away and has not passed the failback gate since
  Wall last_scan_started{};      // of the last scan that completed with this region in it; zero = none
  Wall last_scan_ended{};
  bool operator==(const RegionFacts&) const = default;
};

struct SiteFacts {
  std::vector<RegionFacts> regions;
  bool operator==(const SiteFacts&) const = default;
};

// One thread: its scheduler's. A failed call leaves the store as it was.
class RowStore {
 public:
  virtual ~RowStore() = default;

  // In the order of `keys`; nullopt = no row.
  virtual Task<Result<std::vector<std::optional<KeyRow>>>> get(std::string site, std::vector<ObjectKey> keys) = 0;
  // Inserts or replaces, all or nothing. Tombstones are put with kDurable.
  virtual Task<Result<void>> put(std::string site, std::vector<KeyRow> rows, Durability durability) = 0;
  // Inserts those that have no row yet, leaves the others as they are. Lazy.
  virtual Task<Result<void>> put_new(std::string site, std::vector<KeyRow> rows) = 0;
  // Removes rows that still carry this version. Lazy.
  struct Erase {
    ObjectKey key;
    Version version;
  };
  virtual Task<Result<void>> erase(std::string site, std::vector<Erase> rows) = 0;
  virtual Task<Result<RowPage>> list(std::string site, ObjectKey start_after, size_t max) = 0;
  virtual uint64_t count(const std::string& site) const = 0;  // may be an estimate

  virtual Task<Result<SiteFacts>> facts(std::string site) = 0;                  // empty if never put
  virtual Task<Result<void>> put_facts(std::string site, SiteFacts facts) = 0;  // durable
};

}  // namespace evershore::queue
