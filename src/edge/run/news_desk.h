// News of keys for all loops: what each of them reads, and messages to those that keep copies.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "io/loop.h"
#include "model/key_news.h"

namespace evershore::edge {

class NewsDesk {
 public:
  // `news` outlives the desk.
  explicit NewsDesk(KeyNews& news) : news_(news) {}

  KeyNews& news() const { return news_; }

  using Doubt = std::function<void(const std::vector<KeyHasNews>&)>;
  uint64_t join(io::LoopHandle loop, Doubt doubt);  // called on that loop
  void leave(uint64_t member);                      // on that loop, or when it has ended: `doubt` is not called any more
  void tell(std::vector<KeyHasNews> keys);          // any thread

 private:
  struct Member {
    io::LoopHandle loop;
    std::shared_ptr<Doubt> doubt;
  };
  KeyNews& news_;
  std::mutex mutex_;
  std::map<uint64_t, Member> members_;  // under mutex_
  uint64_t next_member_ = 1;            // under mutex_
};

}  // namespace evershore::edge
