// Purges for all loops: the list that each of them reads, and keys that a loop found outdated told to the others.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "base/log.h"
#include "base/published.h"
#include "edge/purge.h"
#include "io/loop.h"

namespace evershore::edge {

class PurgeDesk {
 public:
  // `path`: where the list outlives the process, needed where cached objects do; "" = nowhere.
  // A list that is not there, or cannot be read, counts as a purge of everything that was cached before.
  PurgeDesk(std::string path, Wall now);

  const Published<PurgeList>& list() const { return list_; }
  // Any thread. Takes effect before it returns; the error says that it will not survive a restart.
  Result<void> purge(const PurgeOrder& order);

  // ---- an unsafe request has changed this key (any thread)
  using Forget = std::function<void(const std::string& cache_key)>;
  uint64_t join(io::LoopHandle loop, Forget forget);  // called on that loop
  void leave(uint64_t member);                        // on that loop, or when it has ended: `forget` is not called any more
  void tell_others(uint64_t from, const std::string& cache_key);

 private:
  struct Member {
    io::LoopHandle loop;
    std::shared_ptr<Forget> forget;
  };
  const std::string path_;
  std::mutex purging_;  // one purge at a time
  std::mutex mutex_;
  std::map<uint64_t, Member> members_;  // under mutex_
  uint64_t next_member_ = 1;            // under mutex_
  Published<PurgeList> list_;
};

}  // namespace evershore::edge
