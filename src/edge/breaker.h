// One region's circuit breaker: whether requests go to it first, and when to try it again. Pure: state and evidence in,
// state and change out. One state per region and loop.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/time.h"

namespace evershore::edge {

enum class Phase : uint8_t {
  kClosed,    // in use
  kOpen,      // asked only when nothing better is left; a probe is due after the backoff
  kHalfOpen,  // a probe is under way or has just succeeded; users still go elsewhere
};
std::string_view phase_name(Phase phase);  // "closed" "open" "half-open"

struct BreakerRules {
  uint32_t failures_in_row = 3;
  // A region that fails in part: at least this many outcomes, and at least this share of them failures.
  uint32_t window_outcomes = 20;
  uint32_t window_failures_percent = 50;
  Duration window = std::chrono::seconds(5);
  // A black hole: so many requests had to be hedged in a row, and no byte came for so long.
  uint32_t silent_in_row = 4;
  Duration silence = std::chrono::milliseconds(250);
  Duration backoff_first = std::chrono::milliseconds(250);
  Duration backoff_max = std::chrono::seconds(8);
  Duration probe_budget = std::chrono::seconds(2);  // a probe without an outcome after this counts as failed
  uint32_t probes_to_close = 2;
};

enum class Evidence : uint8_t {
  kAnswered,   // a response head that shows the region works (2xx, 3xx, 403, 404, ...)
  kAlive,      // bytes of a body arrived
  kFailed,     // refused, budget over, reset, 5xx, 429, short body
  kSilent,     // nothing yet where an answer was due: a hedge or a rescue was started
  kProbeSent,  // a background probe starts
};

struct BreakerState {
  Phase phase = Phase::kClosed;
  Mono since = Mono::min();  // of the phase; outcomes of attempts begun before it prove nothing about it
  uint32_t failures_in_row = 0;
  uint32_t silent_in_row = 0;
  Mono silent_since = kNever;
  Mono window_start = Mono::min();
  uint32_t window_outcomes = 0;
  uint32_t window_failures = 0;
  Duration backoff{};
  Mono probe_at = kNever;  // kOpen: when the next probe is due; kHalfOpen: when the running one counts as lost
  bool probing = false;
  uint32_t probes_good = 0;
  std::string_view why = "never failed";  // a literal: of the last change
};

enum class BreakerChange : uint8_t { kNone, kPending, kOpened, kReopened, kHalfOpened, kClosed };

struct BreakerStep {
  BreakerState next;
  BreakerChange change = BreakerChange::kNone;
};

//   phase      evidence                                        becomes     change
//   any        of an attempt begun before the phase            same        kNone      (kAlive, kSilent: see below)
//   closed     answered                                        closed      kNone      counts start anew
//   closed     failed, < failures_in_row                       closed      kPending
//   closed     failed, = failures_in_row                       open        kOpened
//   closed     failed, window full of failures                 open        kOpened
//   closed     silent, < silent_in_row, or not silence long    closed      kPending
//   closed     silent, >= silent_in_row and silence long       open        kOpened
//   closed     alive                                           closed      kNone      silence starts anew
//   open       probe sent                                      half-open   kHalfOpened
//   open       answered (a request nothing better was left to) half-open   kHalfOpened  counts as one good probe
//   open       failed                                          open        kNone      backoff unchanged: it is one outage
//   half-open  answered, < probes_to_close                     half-open   kPending   the next probe is due at once
//   half-open  answered, = probes_to_close                     closed      kClosed
//   half-open  failed                                          open        kReopened  backoff doubled, up to backoff_max
// `begun`: when the attempt that gives the evidence started.
BreakerStep step(const BreakerRules& rules, BreakerState at, Evidence evidence, Mono begun, Mono now);

// A background probe should start now. Answer with Evidence::kProbeSent, so that only one does.
bool probe_due(const BreakerState& state, Mono now);

}  // namespace evershore::edge
