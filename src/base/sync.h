// Waiting inside one thread: a signal, a semaphore, a sleep. Nothing here is shared between threads.
#pragma once

#include <coroutine>
#include <deque>
#include <list>

#include "base/task.h"
#include "base/time.h"

namespace evershore {

// co_await sleep_until(scheduler, when);
struct SleepUntil {
  Scheduler& scheduler;
  Mono when;
  bool await_ready() const { return when <= scheduler.now(); }
  void await_suspend(std::coroutine_handle<> waiter) {
    scheduler.call_at(when, [waiter] { waiter.resume(); });
  }
  void await_resume() const noexcept {}
};
inline SleepUntil sleep_until(Scheduler& scheduler, Mono when) { return SleepUntil{scheduler, when}; }
inline SleepUntil sleep_for(Scheduler& scheduler, Duration span) { return SleepUntil{scheduler, scheduler.now() + span}; }

enum class Wake : uint8_t { kNotified, kTimedOut };

// A condition variable for coroutines of one thread. Waiters re-check what they wait for after waking.
// Waiters are resumed by a post to the scheduler, never from inside notify_all().
class Signal {
 public:
  explicit Signal(Scheduler& scheduler) : scheduler_(scheduler) {}
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;
  ~Signal() { EVERSHORE_ASSERT(waiters_.empty()); }

  void notify_all();

  struct Waiter {
    Signal& signal;
    Mono deadline;
    Wake wake = Wake::kNotified;
    std::coroutine_handle<> handle = {};
    TimerId timer = TimerId::kNone;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> h);
    Wake await_resume() const noexcept { return wake; }
  };
  Waiter wait() { return Waiter{*this, kNever}; }
  Waiter wait_until(Mono deadline) { return Waiter{*this, deadline}; }

 private:
  Scheduler& scheduler_;
  std::list<Waiter*> waiters_;
};

// At most `permits` holders at a time; waiters are served in order.
class Semaphore {
 public:
  Semaphore(Scheduler& scheduler, size_t permits) : scheduler_(scheduler), free_(permits) {}
  Semaphore(const Semaphore&) = delete;
  Semaphore& operator=(const Semaphore&) = delete;
  ~Semaphore() { EVERSHORE_ASSERT(waiters_.empty()); }

  struct Acquire {
    Semaphore& semaphore;
    bool await_ready() noexcept {
      if (semaphore.free_ == 0) return false;
      --semaphore.free_;
      return true;
    }
    void await_suspend(std::coroutine_handle<> waiter) { semaphore.waiters_.push_back(waiter); }
    void await_resume() const noexcept {}
  };
  Acquire acquire() { return Acquire{*this}; }
  // Gives a permit back, or hands it to the first waiter (resumed by a post).
  void release();
  size_t waiting() const { return waiters_.size(); }

 private:
  Scheduler& scheduler_;
  size_t free_;
  std::deque<std::coroutine_handle<>> waiters_;
};

}  // namespace evershore
