// How a region that came back gets its keys again: a small share first, more as long as it bears it. Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "base/time.h"
#include "model/region_preference.h"

namespace evershore::routing {

struct RampRules {
  std::vector<Permille> shares;  // rising, at least one
  Duration step = std::chrono::seconds(30);
  // So many failures, and so many hundredths of all attempts, since the last look are too many.
  uint64_t failures_min = 3;
  uint64_t failures_percent = 5;
};

struct RampState {
  size_t stage = 0;  // into the shares
  Mono since{};      // of the stage
  uint32_t setbacks = 0;
};

// Of all requests to the region since the last look.
struct RampInput {
  uint64_t attempts = 0;
  uint64_t failures = 0;
};

enum class RampChange : uint8_t {
  kNone,
  kMore,     // the next share
  kSetback,  // back to the one before, or to the first one's begin
  kDone,     // it has its place again
};

struct RampStep {
  RampState next;
  RampChange change = RampChange::kNone;
};

//   failures    stage is  for            becomes                          change
//   too many    any       any            the one before, the first stays  kSetback
//   else        any       < step * 2^n   same                             kNone      n: setbacks so far, 3 at most
//   else        not last  >= step * 2^n  the next                         kMore
//   else        last      >= step * 2^n  -                                kDone
RampStep ramp_step(const RampRules& rules, RampState at, const RampInput& input, Mono now);

}  // namespace evershore::routing
