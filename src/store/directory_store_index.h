// Which keys a directory holds, in S3's order. In memory, rebuilt from the files at start. Safe from any thread.
#pragma once

#include <map>
#include <optional>
#include <shared_mutex>
#include <string>

#include "model/object.h"
#include "store/object_store.h"

namespace evershore::store {

class DirectoryIndex {
 public:
  void set(const ListedObject& object);
  void erase(const ObjectKey& key);
  // nullopt: no such key.
  std::optional<std::string> etag_of(const ObjectKey& key) const;
  ListPage list(const ListOptions& options) const;
  size_t size() const;

 private:
  struct Entry {
    uint64_t size_bytes;
    std::string etag;
    Wall modified;
  };
  mutable std::shared_mutex mutex_;
  std::map<ObjectKey, Entry, std::less<>> entries_;  // under mutex_; std::string compares bytes as unsigned, as S3 lists
};

}  // namespace evershore::store
