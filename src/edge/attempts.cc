#include "edge/attempts.h"

#include <algorithm>
#include <optional>

#include "base/assert.h"

namespace evershore::edge {

HeadClass classify(uint16_t status, Addressing addressing) {
  if (status == 404 || status == 410 || status == 403) return HeadClass::kMissing;
  if (status == 304 || status == 412 || status == 416) return HeadClass::kFound;
  if (status >= 200 && status < 300) return HeadClass::kFound;
  // A website redirects users; S3's REST interface redirects only those who ask the wrong region.
  if (status >= 300 && status < 400 && addressing == Addressing::kBare) return HeadClass::kFound;
  return HeadClass::kFailed;
}

std::string_view give_up_name(GiveUp why) {
  switch (why) {
    case GiveUp::kNone: return "none";
    case GiveUp::kNotFound: return "not found";
    case GiveUp::kNotFoundPartly: return "not found where it could be asked";
    case GiveUp::kUnavailable: return "unavailable";
    case GiveUp::kReset: return "reset";
  }
  return "none";
}

Plan make_plan(Purpose purpose, std::span<const Prospect> order) {
  EVERSHORE_ASSERT(!order.empty());
  Plan plan;
  plan.purpose = purpose;
  plan.count = std::min(order.size(), kLegsMax);
  for (size_t i = 0; i < plan.count; ++i) plan.legs[i].prospect = order[i];
  return plan;
}

namespace {

enum class Wanted : uint8_t { kSound, kAny };

std::optional<size_t> waiting_leg(const Plan& plan, Wanted wanted) {
  for (size_t i = 0; i < plan.count; ++i) {
    const bool fits = wanted == Wanted::kAny || plan.legs[i].prospect.sound;
    if (plan.legs[i].state == LegState::kWaiting && fits) return i;
  }
  return std::nullopt;
}

size_t legs_in(const Plan& plan, LegState state) {
  return static_cast<size_t>(std::count_if(plan.legs.begin(), plan.legs.begin() + static_cast<ptrdiff_t>(plan.count),
                                           [state](const Leg& leg) { return leg.state == state; }));
}

PlanStep start(Plan plan, size_t leg, Spends spends, Mono now) {
  plan.legs[leg].state = LegState::kRunning;
  ++plan.asked;
  plan.hedge_at = now + plan.legs[leg].prospect.hedge_after;
  return {plan, {.what = Do::kStart, .leg = leg, .spends = spends, .wake = plan.hedge_at}};
}

PlanStep wait(Plan plan) {
  const bool hedge_possible = waiting_leg(plan, Wanted::kSound).has_value();
  return {plan, {.what = Do::kWait, .wake = hedge_possible ? plan.hedge_at : kNever}};
}

GiveUp why_given_up(const Plan& plan) {
  if (plan.purpose == Purpose::kContinue) return GiveUp::kReset;
  const size_t missing = legs_in(plan, LegState::kMissing);
  if (missing == plan.count) return GiveUp::kNotFound;
  return missing > 0 ? GiveUp::kNotFoundPartly : GiveUp::kUnavailable;
}

PlanStep after_end(Plan plan, const Happened& happened, Mono now) {
  if (happened.end == LegEnd::kFound) return {plan, {.what = Do::kDeliver, .leg = happened.leg}};
  auto& leg = plan.legs[happened.leg];
  leg.state = happened.end == LegEnd::kMissing ? LegState::kMissing : happened.end == LegEnd::kUnfit ? LegState::kUnfit : LegState::kFailed;
  const bool running = legs_in(plan, LegState::kRunning) > 0;
  if (const auto sound = waiting_leg(plan, Wanted::kSound)) return start(plan, *sound, Spends::kNothing, now);
  if (const auto any = waiting_leg(plan, Wanted::kAny)) {
    if (happened.end != LegEnd::kFailed) return start(plan, *any, Spends::kNothing, now);
    if (running) return wait(plan);
    if (happened.retry_token) return start(plan, *any, Spends::kRetry, now);
  }
  if (running) return wait(plan);
  return {plan, {.what = Do::kGiveUp, .why = why_given_up(plan)}};
}

PlanStep after_tick(Plan plan, const Happened& happened, Mono now) {
  if (now < plan.hedge_at) return wait(plan);
  const auto sound = waiting_leg(plan, Wanted::kSound);
  if (!sound) return wait(plan);
  if (happened.hedge_token) return start(plan, *sound, Spends::kHedge, now);
  plan.hedge_at = now + kHedgeRecheck;
  return wait(plan);
}

}  // namespace

PlanStep next_attempt(Plan at, const Happened& happened, Mono now) {
  switch (happened.event) {
    case PlanEvent::kBegin: return start(at, 0, Spends::kNothing, now);
    case PlanEvent::kLegEnded: return after_end(at, happened, now);
    case PlanEvent::kTick: return after_tick(at, happened, now);
    case PlanEvent::kLegSuspect:
      if (const auto sound = waiting_leg(at, Wanted::kSound)) return start(at, *sound, Spends::kNothing, now);
      return wait(at);
  }
  return wait(at);
}

}  // namespace evershore::edge
