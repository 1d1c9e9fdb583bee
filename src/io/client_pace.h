// Whether a client takes or gives enough while we wait for it. Only the time that we wait counts: a client is not slow because a
// region is. Pure.
#pragma once

#include <cstdint>

#include "base/time.h"

namespace evershore::io {

// At least so many bytes a second on average over `window` of waiting, and one byte in any case.
struct PaceRules {
  uint64_t bytes_per_second = 0;
  Duration window{};
};

//   state      event                                      becomes
//   resting    begin()                                    measuring
//   measuring  add_wait(), the window is not full yet     measuring
//   measuring  add_wait(), the window is full (due())     judge() must follow: resting
class ClientPace {
 public:
  bool measuring() const { return measuring_; }
  // `total`: what the client has taken or given so far, since whenever.
  void begin(uint64_t total) {
    begun_at_ = total;
    waited_ = Duration::zero();
    measuring_ = true;
  }
  void add_wait(Duration waited) { waited_ += waited; }
  Duration left(const PaceRules& rules) const { return waited_ < rules.window ? rules.window - waited_ : Duration::zero(); }
  bool due(const PaceRules& rules) const { return measuring_ && waited_ >= rules.window; }
  // False: it did too little since begin().
  bool judge(const PaceRules& rules, uint64_t total) {
    const double seconds = std::chrono::duration<double>(waited_).count();
    const auto wanted = static_cast<uint64_t>(static_cast<double>(rules.bytes_per_second) * seconds);
    measuring_ = false;
    return total - begun_at_ >= (wanted == 0 ? 1 : wanted);
  }

 private:
  uint64_t begun_at_ = 0;
  Duration waited_{};
  bool measuring_ = false;
};

}  // namespace evershore::io
