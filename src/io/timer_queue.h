// Callbacks ordered by time, then by arrival. Pure: the loop brings the time and runs what is due.
#pragma once

#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/time.h"

namespace evershore::io {

class TimerQueue {
 public:
  struct Due {
    Mono due;  // when it should have run: never before it was asked for
    Callback callback;
  };

  TimerId add(Mono when, Mono now, Callback callback) {
    const uint64_t id = ++last_id_;
    timers_.emplace(std::pair(when, id), Due{std::max(when, now), std::move(callback)});
    when_of_.emplace(id, when);
    return static_cast<TimerId>(id);
  }

  // Ignores a timer that has run or never was.
  void cancel(TimerId timer) {
    const auto at = when_of_.find(static_cast<uint64_t>(timer));
    if (at == when_of_.end()) return;
    timers_.erase(std::pair(at->second, at->first));
    when_of_.erase(at);
  }

  // The first timer that is due at `now` and was added no later than `newest`.
  std::optional<Due> take_due(Mono now, TimerId newest) {
    for (auto at = timers_.begin(); at != timers_.end() && at->first.first <= now; ++at) {
      if (at->first.second > static_cast<uint64_t>(newest)) continue;
      auto node = timers_.extract(at);
      when_of_.erase(node.key().second);
      return std::move(node.mapped());
    }
    return std::nullopt;
  }

  TimerId newest() const { return static_cast<TimerId>(last_id_); }
  Mono next() const { return timers_.empty() ? kNever : timers_.begin()->first.first; }
  size_t size() const { return timers_.size(); }

 private:
  std::map<std::pair<Mono, uint64_t>, Due> timers_;
  std::unordered_map<uint64_t, Mono> when_of_;
  uint64_t last_id_ = 0;
};

}  // namespace evershore::io
