// One fetch for all loops: who misses a key that another loop is fetching already gets that one's object.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "edge/stored_object.h"

namespace evershore::edge {

// Any thread. Objects that pass here are complete and never change.
class FillDesk {
 public:
  using Object = std::shared_ptr<const StoredObject>;
  // Called once, on the leader's thread and without any lock: it only passes the object on to its own thread.
  using Told = std::function<void(Object)>;

  // True: nobody fetches this key; the caller does, and must call ended(). False: somebody does, and `told` will be called.
  bool lead_or_follow(const std::string& key, Told told) {
    const std::scoped_lock lock(mutex_);
    const auto [at, leads] = followers_.try_emplace(key);
    if (!leads) at->second.push_back(std::move(told));
    return leads;
  }
  // nullptr: there is nothing to share, each on its own.
  void ended(const std::string& key, const Object& object) {
    std::vector<Told> followers;
    {
      const std::scoped_lock lock(mutex_);
      const auto at = followers_.find(key);
      if (at == followers_.end()) return;
      followers = std::move(at->second);
      followers_.erase(at);
    }
    for (const auto& told : followers) told(object);
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::vector<Told>> followers_;  // under mutex_; by the key that is being fetched
};

}  // namespace evershore::edge
