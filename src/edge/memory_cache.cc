#include "edge/memory_cache.h"

#include "base/assert.h"

namespace evershore::edge {

std::shared_ptr<const StoredObject> MemoryCache::find(std::string_view key) {
  const auto at = entries_.find(key);
  if (at == entries_.end()) return nullptr;
  if (at->second.used < kUsedMax) ++at->second.used;
  return at->second.object;
}

void MemoryCache::put(std::string_view key, std::shared_ptr<const StoredObject> object) {
  const uint64_t cost = object->cost_bytes() + key.size();
  auto at = entries_.find(key);
  uint8_t used = 0;
  Queue queue = Queue::kSmall;
  if (at != entries_.end()) {  // a newer version keeps its place
    used = at->second.used;
    queue = at->second.queue;
    remove(key);
  } else if (ghosts_.contains(Hash{}(key))) {
    queue = Queue::kMain;
  }
  if (cost > object_bytes_max()) return;
  at = entries_.emplace(std::string(key), Entry{.object = std::move(object), .cost = cost, .used = used}).first;
  enter(at, queue);
  make_room();
}

void MemoryCache::remove(std::string_view key) {
  const auto at = entries_.find(key);
  if (at == entries_.end()) return;
  leave(at->second);
  entries_.erase(at);
}

void MemoryCache::enter(Entries::iterator entry, Queue queue) {
  auto& list = queue == Queue::kSmall ? small_ : main_;
  list.push_front(entry->first);
  entry->second.queue = queue;
  entry->second.place = list.begin();
  (queue == Queue::kSmall ? small_bytes_ : main_bytes_) += entry->second.cost;
}

void MemoryCache::leave(Entry& entry) {
  const bool small = entry.queue == Queue::kSmall;
  (small ? small_ : main_).erase(entry.place);
  (small ? small_bytes_ : main_bytes_) -= entry.cost;
}

void MemoryCache::make_room() {
  while (bytes() > bytes_max_) {
    const bool from_small = !small_.empty() && (small_bytes_ > bytes_max_ / 10 || main_.empty());
    if (from_small) {
      evict_from_small();
    } else {
      evict_from_main();
    }
  }
}

void MemoryCache::evict_from_small() {
  const auto at = entries_.find(small_.back());
  EVERSHORE_ASSERT(at != entries_.end());
  leave(at->second);
  if (at->second.used > 0) {
    at->second.used = 0;
    enter(at, Queue::kMain);
    return;
  }
  remember_ghost(at->first);
  entries_.erase(at);
  ++evictions_;
}

void MemoryCache::evict_from_main() {
  const auto at = entries_.find(main_.back());
  EVERSHORE_ASSERT(at != entries_.end());
  leave(at->second);
  if (at->second.used > 0) {
    --at->second.used;
    enter(at, Queue::kMain);
    return;
  }
  entries_.erase(at);
  ++evictions_;
}

void MemoryCache::remember_ghost(std::string_view key) {
  const uint64_t hash = Hash{}(key);
  if (!ghosts_.insert(hash).second) return;
  ghost_order_.push_back(hash);
  if (ghost_order_.size() <= kGhostsMax) return;
  ghosts_.erase(ghost_order_.front());
  ghost_order_.pop_front();
}

}  // namespace evershore::edge
