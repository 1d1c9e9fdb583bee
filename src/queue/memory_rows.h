// A RowStore in memory: for commands that reconcile once, for tests and for the simulated world.
#pragma once

#include <functional>
#include <map>
#include <set>

#include "queue/memory_queue.h"
#include "queue/row_store.h"

namespace evershore::queue {

class MemoryRows final : public RowStore {
 public:
  explicit MemoryRows(CrashTracking tracking) : tracking_(tracking) {}
  MemoryRows() : MemoryRows(CrashTracking::kOff) {}

  // With kOn: the state after a power cut. Lazy changes that no durable one followed are gone.
  void crash();
  // Called whenever something becomes durable: a node keeps queue and rows in one log, so what is durable in one takes the
  // earlier writes of the other with it.
  void on_sync(std::function<void()> callback) { on_sync_ = std::move(callback); }
  void sync_lazy_writes();

  Task<Result<std::vector<std::optional<KeyRow>>>> get(std::string site, std::vector<ObjectKey> keys) override;
  Task<Result<void>> put(std::string site, std::vector<KeyRow> rows, Durability durability) override;
  Task<Result<void>> put_new(std::string site, std::vector<KeyRow> rows) override;
  Task<Result<void>> erase(std::string site, std::vector<Erase> rows) override;
  Task<Result<RowPage>> list(std::string site, ObjectKey start_after, size_t max) override;
  uint64_t count(const std::string& site) const override;
  Task<Result<SiteFacts>> facts(std::string site) override;
  Task<Result<void>> put_facts(std::string site, SiteFacts facts) override;

 private:
  struct Site {
    std::map<ObjectKey, KeyRow> rows;
    SiteFacts facts;
    std::map<ObjectKey, KeyRow> disk;
    std::set<ObjectKey> unsynced;
  };
  void note(Site& site, const ObjectKey& key);
  void sync();

  const CrashTracking tracking_;
  std::function<void()> on_sync_;
  std::map<std::string, Site> sites_;
};

}  // namespace evershore::queue
