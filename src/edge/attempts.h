// The plan of one request: which region is asked when, and what its outcome means. Pure: the fetch coroutine in run/
// reports what happened and does what it is told.
//
// A leg is one region's turn. The same plan finds an object (kFind) and continues a body that broke off (kContinue).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/time.h"
#include "model/settings.h"

namespace evershore::edge {

inline constexpr size_t kLegsMax = 8;  // more regions than this are not asked for one request

// What a response head means for the plan.
enum class HeadClass : uint8_t {
  kFound,    // deliver: 200, 206, 304, 412, 416; a website's redirect
  kMissing,  // 404, 410, and 403: S3's word for a missing key where listing is not allowed
  kFailed,   // 5xx, 429, and what shows a wrong set-up: 400, 401, an S3 redirect to another region
};
HeadClass classify(uint16_t status, Addressing addressing);

enum class LegEnd : uint8_t {
  kFound,
  kMissing,
  kUnfit,   // answered, but not with a continuation of this very object (takeover.h)
  kFailed,  // refused, budget over, reset, 5xx, 429
};

enum class Purpose : uint8_t { kFind, kContinue };

// What is known of a region when the plan is made.
struct Prospect {
  bool sound = true;       // its breaker is closed
  Duration hedge_after{};  // latency.h
};

enum class LegState : uint8_t { kWaiting, kRunning, kMissing, kUnfit, kFailed };

struct Leg {
  Prospect prospect;
  LegState state = LegState::kWaiting;
};

struct Plan {
  Purpose purpose = Purpose::kFind;
  std::array<Leg, kLegsMax> legs{};
  size_t count = 0;
  size_t asked = 0;        // legs started so far
  Mono hedge_at = kNever;  // when the newest running leg has been silent for too long
};

// `order` must not be empty; what exceeds kLegsMax is left out.
Plan make_plan(Purpose purpose, std::span<const Prospect> order);

enum class PlanEvent : uint8_t {
  kBegin,
  kLegEnded,    // with leg and end
  kTick,        // time passed; the coroutine wakes at Action::wake
  kLegSuspect,  // a running leg's region has just lost its breaker: do not wait for the hedge
};

struct Happened {
  PlanEvent event = PlanEvent::kBegin;
  size_t leg = 0;
  LegEnd end = LegEnd::kFailed;
  // Budgets (budget.h) as they are now; whoever acts on `spends` takes the token.
  bool hedge_token = true;
  bool retry_token = true;
};

enum class Do : uint8_t { kWait, kStart, kDeliver, kGiveUp };
enum class Spends : uint8_t { kNothing, kHedge, kRetry };
enum class GiveUp : uint8_t {
  kNone,
  kNotFound,        // every region said missing
  kNotFoundPartly,  // those that could be asked said missing, at least one could not
  kUnavailable,     // nobody answered
  kReset,           // kContinue: nobody can continue this body
};
std::string_view give_up_name(GiveUp why);

struct Action {
  Do what = Do::kWait;
  size_t leg = 0;  // kStart, kDeliver
  Spends spends = Spends::kNothing;
  GiveUp why = GiveUp::kNone;
  Mono wake = kNever;  // when to report kTick
};

struct PlanStep {
  Plan next;
  Action action;
};

//   event         waiting leg              running  action
//   begin         any                      -        start the first
//   found         any                      any      deliver (the others are abandoned)
//   missing       some                     any      start the next (free: another region may have it)
//   unfit         some                     any      start the next
//   failed        a sound one              any      start the next sound one (free: it works)
//   failed        only unsound, token      none     start it, spends a retry
//   failed        only unsound, no token   none     give up: a total outage must not multiply load
//   failed        only unsound             some     wait
//   any ending    none                     some     wait
//   any ending    none                     none     give up: not found if all said missing, partly if some did,
//                                                   unavailable if none did; kContinue: reset
//   tick          hedge not due            any      wait until it is
//   tick          sound, hedge token       any      start it, spends a hedge
//   tick          sound, no token          any      wait, ask again in 50 ms
//   tick          none sound               any      wait (an unsound region is no help)
//   suspect       sound                    any      start it at once, free: the region it waits for is known to be silent
// A plan that has started nothing yet always starts its first leg, sound or not: never an error merely because the
// regions look down.
PlanStep next_attempt(Plan at, const Happened& happened, Mono now);

inline constexpr Duration kHedgeRecheck = std::chrono::milliseconds(50);

}  // namespace evershore::edge
