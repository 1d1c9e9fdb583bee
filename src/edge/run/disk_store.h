// Cached objects in the segment files of one folder (formats: disk_format.h; places: disk_index.h). Blocking; for worker threads.
//
// No write is synced and no order of writes is relied upon: a crash at any line, a full disk or a bad sector costs objects, which
// are then not found. A start reads the list of each segment, not the segments; where a crash left no list, their heads.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/counter.h"
#include "edge/disk_index.h"
#include "io/data_file.h"

namespace evershore::edge {

// Written under the store's lock.
struct DiskCounters {
  Counter hits;
  Counter misses;  // asked for and not there, or not readable
  Counter writes;
  Counter write_failures;  // disk full, disk broken
  Counter read_failures;   // damaged or unreadable records
  Counter skipped;         // not written because the disk had fallen behind or failed a moment ago
  Counter bytes;           // gauge
  Counter objects;         // gauge
};

class DiskStore {
 public:
  // Takes over what earlier runs left there. Errors: the folder cannot be made or read, or another process uses it.
  static Result<std::unique_ptr<DiskStore>> open(const std::string& folder, uint64_t size_bytes);
  ~DiskStore();  // writes the list of the open segment

  // Any thread.
  bool may_have(std::string_view key) const;
  std::optional<StoredObject> read(std::string_view key, Mono now, Wall wall);
  void hide(std::string_view key);  // at once; remove() makes it last
  const DiskCounters& counters() const { return counters_; }
  void note_skipped();

  // One thread.
  void write(std::string_view key, const StoredObject& object, Mono now, Wall wall);
  void remove(std::string_view key);

 private:
  using File = std::shared_ptr<io::DataFile>;
  DiskStore(std::string folder, uint64_t size_bytes) : folder_(std::move(folder)), index_(size_bytes) {}

  struct Place {
    File file;
    DiskPlace at;
  };
  Result<void> restore();
  void restore_segment(uint64_t segment);
  std::string path_of(uint64_t segment, std::string_view ending) const;
  std::optional<Place> find(uint64_t hash) const;
  Result<StoredObject> read_record(const Place& place, std::string_view key, Mono now, Wall wall) const;
  std::optional<Place> reserve(uint64_t record_bytes);
  void write_failed(const Error& error);
  void close_segment(uint64_t segment);
  void drop(const std::vector<uint64_t>& segments);
  void refresh_gauges();

  static constexpr uint32_t kSkipAfterFailure = 1'000;  // writes, before the disk is tried again

  const std::string folder_;
  std::unique_ptr<io::FolderLock> lock_;
  mutable std::mutex mutex_;
  // Under mutex_:
  DiskIndex index_;
  std::map<uint64_t, File> files_;
  uint32_t skip_ = 0;
  DiskCounters counters_;
};

}  // namespace evershore::edge
