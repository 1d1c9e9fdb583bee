// When a region that was away may serve a site again. Pure.
//
//   now          reachable  input                                       becomes
//   ready        yes        -                                           ready
//   any          no         -                                           away
//   away         yes        -                                           as catching up
//   catching up  yes        its bucket is not proven to be the same     catching up
//   catching up  yes        no scan since it returned has completed     catching up
//   catching up  yes        keys parked, or one pending for too long    catching up
//   catching up  yes        in sync                                     holding, from now
//   holding      yes        no longer in sync                           catching up
//   holding      yes        in sync for less than the hold time         holding
//   holding      yes        in sync for the hold time                   ready
#pragma once

#include <string>

#include "base/time.h"

namespace evershore::replicate {

struct FailbackRules {
  Duration hold = std::chrono::seconds(30);
  Duration oldest_pending_max = std::chrono::seconds(2);
};

enum class FailbackPhase : uint8_t { kReady, kAway, kCatchingUp, kHolding };
std::string_view failback_phase_name(FailbackPhase phase);

struct FailbackState {
  FailbackPhase phase = FailbackPhase::kReady;
  Mono holding_since{};
};

struct FailbackInput {
  bool reachable = true;
  bool marker_ok = true;
  bool scanned_since_return = false;
  uint64_t parked = 0;
  uint64_t pending = 0;  // all that this region may lack, parked keys included
  Duration oldest_pending{};
};

struct FailbackStep {
  FailbackState next;
  std::string why;  // "catching up: 120 keys pending", "in sync for 12 s of 30 s"; "" when ready
};

FailbackStep failback_step(const FailbackRules& rules, FailbackState at, const FailbackInput& input, Mono now);

}  // namespace evershore::replicate
