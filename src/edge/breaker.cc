#include "edge/breaker.h"

#include <algorithm>

namespace evershore::edge {

std::string_view phase_name(Phase phase) {
  switch (phase) {
    case Phase::kClosed: return "closed";
    case Phase::kOpen: return "open";
    case Phase::kHalfOpen: return "half-open";
  }
  return "closed";
}

namespace {

BreakerStep open(const BreakerRules& rules, BreakerState at, Mono now, std::string_view why) {
  const bool again = at.phase == Phase::kHalfOpen;
  BreakerState next;
  next.phase = Phase::kOpen;
  next.since = now;
  next.backoff = again ? std::min(at.backoff * 2, rules.backoff_max) : rules.backoff_first;
  next.probe_at = now + next.backoff;
  next.why = why;
  return {next, again ? BreakerChange::kReopened : BreakerChange::kOpened};
}

BreakerStep close(Mono now) {
  BreakerState next;
  next.since = now;
  next.why = "probes answered";
  return {next, BreakerChange::kClosed};
}

void count_in_window(const BreakerRules& rules, BreakerState& at, bool failed, Mono now) {
  if (at.window_start == Mono::min() || now - at.window_start > rules.window) {
    at.window_start = now;
    at.window_outcomes = 0;
    at.window_failures = 0;
  }
  ++at.window_outcomes;
  if (failed) ++at.window_failures;
}

void forget_silence(BreakerState& at) {
  at.silent_in_row = 0;
  at.silent_since = kNever;
}

BreakerStep step_closed(const BreakerRules& rules, BreakerState at, Evidence evidence, Mono now) {
  switch (evidence) {
    case Evidence::kAlive: forget_silence(at); return {at};
    case Evidence::kAnswered:
      forget_silence(at);
      at.failures_in_row = 0;
      count_in_window(rules, at, false, now);
      return {at};
    case Evidence::kFailed:
      ++at.failures_in_row;
      count_in_window(rules, at, true, now);
      if (at.failures_in_row >= rules.failures_in_row) return open(rules, at, now, "several failures in a row");
      if (at.window_outcomes >= rules.window_outcomes && at.window_failures * 100 >= at.window_outcomes * rules.window_failures_percent)
        return open(rules, at, now, "too many failures");
      return {at, BreakerChange::kPending};
    case Evidence::kSilent:
      if (at.silent_in_row++ == 0) at.silent_since = now;
      if (at.silent_in_row >= rules.silent_in_row && now - at.silent_since >= rules.silence)
        return open(rules, at, now, "no byte from it while requests waited");
      return {at, BreakerChange::kPending};
    case Evidence::kProbeSent: return {at};
  }
  return {at};
}

BreakerStep good_probe(const BreakerRules& rules, BreakerState at, Mono now) {
  const bool first = at.phase == Phase::kOpen;
  if (++at.probes_good >= rules.probes_to_close) return close(now);
  at.phase = Phase::kHalfOpen;
  at.probing = false;
  at.probe_at = now;
  return {at, first ? BreakerChange::kHalfOpened : BreakerChange::kPending};
}

BreakerStep step_broken(const BreakerRules& rules, BreakerState at, Evidence evidence, Mono now) {
  switch (evidence) {
    case Evidence::kProbeSent: {
      const bool first = at.phase == Phase::kOpen;
      if (first) at.since = now;
      at.phase = Phase::kHalfOpen;
      at.probing = true;
      at.probe_at = now + rules.probe_budget;
      return {at, first ? BreakerChange::kHalfOpened : BreakerChange::kNone};
    }
    case Evidence::kAnswered: return good_probe(rules, at, now);
    case Evidence::kFailed:
      if (at.phase == Phase::kHalfOpen) return open(rules, at, now, "a probe failed");
      return {at};
    case Evidence::kAlive:
    case Evidence::kSilent: return {at};
  }
  return {at};
}

}  // namespace

BreakerStep step(const BreakerRules& rules, BreakerState at, Evidence evidence, Mono begun, Mono now) {
  // A byte that arrives now ends the silence, whenever its request began; a silence needs a request of this phase.
  const bool of_this_phase = begun >= at.since || evidence == Evidence::kAlive;
  if (!of_this_phase) return {at};
  return at.phase == Phase::kClosed ? step_closed(rules, at, evidence, now) : step_broken(rules, at, evidence, now);
}

bool probe_due(const BreakerState& state, Mono now) { return state.phase != Phase::kClosed && now >= state.probe_at; }

}  // namespace evershore::edge
