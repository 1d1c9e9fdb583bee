// How many requests one region is given at a time: grows by one a round while all goes well, halves when the store says it
// is overloaded (503, throttled). Additive increase, multiplicative decrease, as TCP does it. One thread.
#pragma once

#include <coroutine>
#include <deque>

#include "base/assert.h"
#include "base/result.h"
#include "base/time.h"

namespace evershore::replicate {

struct AimdRules {
  double start = 128;
  double least = 2;
  double most = 512;
  Duration halve_at_most_every = std::chrono::milliseconds(200);  // one overload is reported by many requests
};

class AimdLimit {
 public:
  AimdLimit(Scheduler& scheduler, AimdRules rules) : scheduler_(scheduler), rules_(rules), limit_(rules.start) {}
  AimdLimit(const AimdLimit&) = delete;
  AimdLimit& operator=(const AimdLimit&) = delete;
  ~AimdLimit() { EVERSHORE_ASSERT(waiters_.empty()); }

  struct Acquire {
    AimdLimit& limit;
    bool await_ready() noexcept {
      if (static_cast<double>(limit.in_flight_) >= limit.limit_) return false;
      ++limit.in_flight_;
      return true;
    }
    void await_suspend(std::coroutine_handle<> waiter) { limit.waiters_.push_back(waiter); }
    void await_resume() const noexcept {}
  };
  Acquire acquire() { return Acquire{*this}; }

  enum class End : uint8_t { kFine, kOverloaded, kNeutral };
  void release(End end);

  double limit() const { return limit_; }
  size_t in_flight() const { return in_flight_; }

 private:
  Scheduler& scheduler_;
  const AimdRules rules_;
  double limit_;
  size_t in_flight_ = 0;
  Mono halved_{};
  std::deque<std::coroutine_handle<>> waiters_;
};

}  // namespace evershore::replicate
