// Kept connections, by origin. The newest is taken first, so that the others may grow old and go.
#pragma once

#include <deque>
#include <map>
#include <memory>

#include "io/http_client.h"

namespace evershore::io {

class HttpPool {
 public:
  HttpPool(Loop& loop, size_t idle_per_origin_max, Duration idle_max, Duration age_max)
      : loop_(loop), idle_per_origin_max_(idle_per_origin_max), idle_max_(idle_max), age_max_(age_max) {}
  ~HttpPool() { loop_.cancel(sweep_timer_); }
  HttpPool(const HttpPool&) = delete;
  HttpPool& operator=(const HttpPool&) = delete;

  // A connection that is still silent, as far as can be told; null if there is none.
  std::unique_ptr<Stream> take(const HttpOrigin& origin);
  void give(const HttpOrigin& origin, std::unique_ptr<Stream> stream);
  void drop(const HttpOrigin& origin) { idle_.erase(origin); }
  size_t size(const HttpOrigin& origin) const;

 private:
  struct Idle {
    std::unique_ptr<Stream> stream;
    Mono since;
  };
  void sweep();

  Loop& loop_;
  size_t idle_per_origin_max_;
  Duration idle_max_;
  Duration age_max_;                             // of connections to names
  std::map<HttpOrigin, std::deque<Idle>> idle_;  // each oldest first
  TimerId sweep_timer_ = TimerId::kNone;         // runs while anything is kept
};

}  // namespace evershore::io
