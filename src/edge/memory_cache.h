// Objects in memory by key, within a number of bytes. One loop's own; no locks.
//
// Eviction is S3-FIFO: newcomers pass through a small queue and only what was asked for again moves on to the main one, so
// that a crawl of keys asked for once does not wash out what people use. A hit moves nothing.
#pragma once

#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "edge/stored_object.h"

namespace evershore::edge {

class MemoryCache {
 public:
  explicit MemoryCache(uint64_t bytes_max) : bytes_max_(bytes_max) {}

  // nullptr when absent. Valid as long as it is held, whatever is evicted.
  std::shared_ptr<const StoredObject> find(std::string_view key);
  // Replaces what was there. What is larger than an eighth of the cache is not kept.
  void put(std::string_view key, std::shared_ptr<const StoredObject> object);
  void remove(std::string_view key);

  uint64_t bytes() const { return small_bytes_ + main_bytes_; }
  size_t objects() const { return entries_.size(); }
  uint64_t evictions() const { return evictions_; }
  uint64_t object_bytes_max() const { return bytes_max_ / 8; }

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  enum class Queue : uint8_t { kSmall, kMain };
  struct Entry {
    std::shared_ptr<const StoredObject> object;
    uint64_t cost = 0;
    uint8_t used = 0;  // since it entered its queue, at most kUsedMax
    Queue queue = Queue::kSmall;
    std::list<std::string_view>::iterator place{};
  };
  using Entries = std::unordered_map<std::string, Entry, Hash, std::equal_to<>>;

  void make_room();
  void evict_from_small();
  void evict_from_main();
  void enter(Entries::iterator entry, Queue queue);
  void leave(Entry& entry);
  void remember_ghost(std::string_view key);

  static constexpr uint8_t kUsedMax = 3;
  static constexpr size_t kGhostsMax = 65'536;

  uint64_t bytes_max_;
  uint64_t small_bytes_ = 0, main_bytes_ = 0, evictions_ = 0;
  Entries entries_;
  std::list<std::string_view> small_, main_;  // newest first; views of the map's keys
  std::deque<uint64_t> ghost_order_;          // hashes of keys that left the small queue unused
  std::unordered_set<uint64_t> ghosts_;
};

}  // namespace evershore::edge
