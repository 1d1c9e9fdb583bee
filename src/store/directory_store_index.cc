#include "store/directory_store_index.h"

#include <algorithm>
#include <mutex>

namespace evershore::store {

void DirectoryIndex::set(const ListedObject& object) {
  const std::unique_lock lock(mutex_);
  entries_.insert_or_assign(object.key, Entry{object.size_bytes, object.etag, object.last_modified});
}

void DirectoryIndex::erase(const ObjectKey& key) {
  const std::unique_lock lock(mutex_);
  entries_.erase(key);
}

std::optional<std::string> DirectoryIndex::etag_of(const ObjectKey& key) const {
  const std::shared_lock lock(mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end()) return std::nullopt;
  return found->second.etag;
}

ListPage DirectoryIndex::list(const ListOptions& options) const {
  const std::shared_lock lock(mutex_);
  ListPage page;
  const bool inside = options.start_after >= options.prefix;
  auto at = inside ? entries_.upper_bound(options.start_after) : entries_.lower_bound(options.prefix);
  for (; at != entries_.end() && at->first.starts_with(options.prefix); ++at) {
    if (page.objects.size() == options.max_keys) {
      page.more = true;
      break;
    }
    page.objects.push_back({at->first, at->second.size_bytes, at->second.etag, at->second.modified});
  }
  return page;
}

size_t DirectoryIndex::size() const {
  const std::shared_lock lock(mutex_);
  return entries_.size();
}

}  // namespace evershore::store
