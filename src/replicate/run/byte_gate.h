// Bounds the bytes that bodies in memory take together: each is let in before it is read. One thread.
#pragma once

#include <algorithm>
#include <coroutine>
#include <cstdint>
#include <deque>
#include <utility>

#include "base/assert.h"
#include "base/time.h"

namespace evershore::replicate {

class ByteGate {
 public:
  // Given back when it ends. Outlived by the gate.
  class Hold {
   public:
    Hold(ByteGate& gate, uint64_t bytes) : gate_(&gate), bytes_(bytes) {}
    Hold(Hold&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)), bytes_(other.bytes_) {}
    Hold& operator=(Hold&&) = delete;
    ~Hold() {
      if (gate_ != nullptr) gate_->give_back(bytes_);
    }

   private:
    ByteGate* gate_;
    uint64_t bytes_;
  };

  ByteGate(Scheduler& scheduler, uint64_t bytes) : scheduler_(scheduler), whole_(bytes), free_(bytes) {}
  ByteGate(const ByteGate&) = delete;
  ByteGate& operator=(const ByteGate&) = delete;
  ~ByteGate() { EVERSHORE_ASSERT(waiters_.empty()); }

  struct Taking {
    ByteGate& gate;
    uint64_t bytes;
    std::coroutine_handle<> waiter = {};
    bool await_ready() noexcept { return gate.take_now(bytes); }
    void await_suspend(std::coroutine_handle<> handle) {
      waiter = handle;
      gate.waiters_.push_back(this);
    }
    Hold await_resume() const noexcept { return {gate, bytes}; }
  };
  // In order of arrival. More than the whole gate counts as the whole: it goes through alone.
  Taking take(uint64_t bytes) { return {*this, std::min(bytes, whole_)}; }
  uint64_t free() const { return free_; }

 private:
  bool take_now(uint64_t bytes) {
    if (!waiters_.empty() || bytes > free_) return false;
    free_ -= bytes;
    return true;
  }
  void give_back(uint64_t bytes) {
    free_ += bytes;
    while (!waiters_.empty() && waiters_.front()->bytes <= free_) {
      auto* next = waiters_.front();
      waiters_.pop_front();
      free_ -= next->bytes;
      scheduler_.post([next] { next->waiter.resume(); });
    }
  }

  Scheduler& scheduler_;
  const uint64_t whole_;
  uint64_t free_;
  std::deque<Taking*> waiters_;
};

}  // namespace evershore::replicate
