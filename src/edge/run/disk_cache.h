// The disk tier in production: a DiskStore behind threads of its own.
#pragma once

#include <atomic>

#include "edge/run/disk_store.h"
#include "edge/run/disk_tier.h"
#include "io/workers.h"

namespace evershore::edge {

class DiskCache final : public DiskTier {
 public:
  explicit DiskCache(std::unique_ptr<DiskStore> store) : store_(std::move(store)) {}
  ~DiskCache() override = default;  // writes what waits; after all loops have ended

  bool may_have(std::string_view key) const override { return store_->may_have(key); }
  Task<std::shared_ptr<const StoredObject>> find(Scheduler& home, std::string key) override;
  void put(std::string key, std::shared_ptr<const StoredObject> object, Mono now, Wall wall) override;
  void remove(std::string key) override;

  const DiskCounters& counters() const { return store_->counters(); }

 private:
  static constexpr uint64_t kWaitingBytesMax = 64 << 20;  // for the writer; more is not written
  static constexpr size_t kReaders = 4;

  std::unique_ptr<DiskStore> store_;
  std::atomic<uint64_t> waiting_bytes_{0};
  io::Workers readers_{kReaders};
  io::Workers writer_{1};  // one: records stand in the order of the calls
};

}  // namespace evershore::edge
