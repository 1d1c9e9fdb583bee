#include "base/sync.h"

namespace evershore {

void Signal::Waiter::await_suspend(std::coroutine_handle<> h) {
  handle = h;
  signal.waiters_.push_back(this);
  if (deadline == kNever) return;
  timer = signal.scheduler_.call_at(deadline, [this] {
    signal.waiters_.remove(this);
    wake = Wake::kTimedOut;
    timer = TimerId::kNone;
    handle.resume();
  });
}

void Signal::notify_all() {
  while (!waiters_.empty()) {
    Waiter* waiter = waiters_.front();
    waiters_.pop_front();
    scheduler_.cancel(waiter->timer);
    scheduler_.post([handle = waiter->handle] { handle.resume(); });
  }
}

void Semaphore::release() {
  if (waiters_.empty()) {
    ++free_;
    return;
  }
  auto next = waiters_.front();
  waiters_.pop_front();
  scheduler_.post([next] { next.resume(); });
}

}  // namespace evershore
