// The tier behind the loops' memories: larger, slower, shared by all loops, there again after a restart. DiskCache is behind it
// in production, a fake in tests. It may lose anything at any time and never fails: what it cannot do is a miss.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/task.h"
#include "base/time.h"
#include "edge/stored_object.h"

namespace evershore::edge {

// Any thread.
class DiskTier {
 public:
  virtual ~DiskTier() = default;
  // Quick, and often wrong on the yes side: false saves a wait.
  virtual bool may_have(std::string_view key) const = 0;
  // Resumes on `home`, which must run until then. nullptr: not there.
  virtual Task<std::shared_ptr<const StoredObject>> find(Scheduler& home, std::string key) = 0;
  // Soon, or never when the disk falls behind. In the order of the calls.
  virtual void put(std::string key, std::shared_ptr<const StoredObject> object, Mono now, Wall wall) = 0;
  virtual void remove(std::string key) = 0;
};

}  // namespace evershore::edge
