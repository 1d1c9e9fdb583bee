// A Scheduler with time that only moves when told: for tests and for the simulated world. Deterministic: callbacks run
// in order of time, then of arrival.
#pragma once

#include <deque>
#include <map>
#include <utility>

#include "base/time.h"

namespace evershore {

class FakeScheduler final : public Scheduler {
 public:
  static constexpr Mono kStart{std::chrono::hours(1)};
  static constexpr Wall kWallStart{std::chrono::hours(24 * 20'000)};  // 2024-10-04

  Mono now() const override { return now_; }
  Wall wall() const override { return kWallStart + std::chrono::floor<std::chrono::microseconds>(now_ - kStart); }
  void post(Callback callback) override { ready_.push_back(std::move(callback)); }
  TimerId call_at(Mono when, Callback callback) override {
    const auto id = static_cast<TimerId>(++last_id_);
    timers_.emplace(std::pair(when, last_id_), std::move(callback));
    when_of_[last_id_] = when;
    return id;
  }
  void cancel(TimerId timer) override {
    const auto at = when_of_.find(static_cast<uint64_t>(timer));
    if (at == when_of_.end()) return;
    timers_.erase(std::pair(at->second, at->first));
    when_of_.erase(at);
  }

  // Runs all that is due now. Returns how many callbacks ran.
  size_t run_ready() {
    size_t ran = 0;
    for (; step_due(); ++ran) {
    }
    return ran;
  }
  // Moves time to `until`, stopping at each timer on the way.
  void run_until(Mono until) {
    run_ready();
    while (!timers_.empty() && timers_.begin()->first.first <= until) {
      if (timers_.begin()->first.first > now_) now_ = timers_.begin()->first.first;
      run_ready();
    }
    if (until > now_) now_ = until;
  }
  void run_for(Duration span) { run_until(now_ + span); }
  // Jumps to the next timer and runs it; false when nothing is left to happen.
  bool run_next() {
    if (run_ready() > 0) return true;
    if (timers_.empty()) return false;
    run_until(timers_.begin()->first.first);
    return true;
  }
  bool idle() const { return ready_.empty() && timers_.empty(); }

 private:
  bool step_due() {
    if (!ready_.empty()) {
      auto callback = std::move(ready_.front());
      ready_.pop_front();
      callback();
      return true;
    }
    if (timers_.empty() || timers_.begin()->first.first > now_) return false;
    auto first = timers_.extract(timers_.begin());
    when_of_.erase(first.key().second);
    first.mapped()();
    return true;
  }

  Mono now_ = kStart;
  uint64_t last_id_ = 0;
  std::deque<Callback> ready_;
  std::map<std::pair<Mono, uint64_t>, Callback> timers_;
  std::map<uint64_t, Mono> when_of_;
};

}  // namespace evershore
