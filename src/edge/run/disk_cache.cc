#include "edge/run/disk_cache.h"

namespace evershore::edge {

Task<std::shared_ptr<const StoredObject>> DiskCache::find(Scheduler& home, std::string key) {
  using Found = std::shared_ptr<const StoredObject>;
  const Mono now = home.now();
  const Wall wall = home.wall();
  io::OnWorker<Found> reading{readers_, home, [this, &key, now, wall]() -> Found {
                                auto object = store_->read(key, now, wall);
                                return object ? std::make_shared<const StoredObject>(std::move(*object)) : nullptr;
                              }};
  auto found = co_await reading;
  co_return found;
}

void DiskCache::put(std::string key, std::shared_ptr<const StoredObject> object, Mono now, Wall wall) {
  store_->hide(key);  // what is replaced is not found any more, whether or not this one is written
  const uint64_t bytes = object->cost_bytes();
  if (waiting_bytes_.fetch_add(bytes) + bytes > kWaitingBytesMax) {
    waiting_bytes_.fetch_sub(bytes);
    store_->note_skipped();
    return;
  }
  writer_.submit([this, bytes, key = std::move(key), object = std::move(object), now, wall] {
    store_->write(key, *object, now, wall);
    waiting_bytes_.fetch_sub(bytes);
  });
}

void DiskCache::remove(std::string key) {
  store_->hide(key);
  writer_.submit([this, key = std::move(key)] { store_->remove(key); });
}

}  // namespace evershore::edge
