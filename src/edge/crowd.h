// How many requests of one loop may wait for a region's first byte at a time: a limit that feels its way, as TCP does (additive
// increase, multiplicative decrease). Pure. A body that is under way does not count: a slow client is no load.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace evershore::edge {

struct CrowdRules {
  double start = 128;
  double least = 4;
  double most = 2'048;
  double cut_to = 0.7;
  Duration cut_at_most_every = std::chrono::milliseconds(500);  // what was under way before a cut says nothing about it
  size_t waiting_max = 512;                                     // beyond the limit; more are turned away
};

struct CrowdState {
  double limit = CrowdRules{}.start;
  size_t in_flight = 0;
  Mono cut_at = Mono::min();
};

enum class CrowdEnd : uint8_t {
  kFine,        // answered
  kOverloaded,  // 503, 429, no first byte in time
  kNeutral,     // anything else: refused, reset, given up by us
};

inline bool is_full(const CrowdState& at) { return static_cast<double>(at.in_flight) >= at.limit; }

// Of a request that may start now.
CrowdState crowd_begin(CrowdState at);

//   end         in flight, with it   since the last cut   limit becomes
//   fine        >= half the limit    any                  + 1 / limit, `most` at most
//   fine        less                 any                  same: a limit that is not reached proves nothing
//   overloaded  any                  >= the rule          x cut_to, of what was in flight if that is less; `least` at least
//   overloaded  any                  less                 same
//   neutral     any                  any                  same
CrowdState crowd_end(const CrowdRules& rules, CrowdState at, CrowdEnd end, Mono now);

}  // namespace evershore::edge
