#include "health/check_state.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"

namespace evershore::health {

namespace {

// A window without a change forgives: recovery is as quick as at first.
void forgive(const CheckRules& rules, CheckState& at, Mono now) {
  const Mono last = at.changes.back();
  if (last != Mono::min() && now - last > rules.flap_window()) at.recovery_factor = 1;
}

void note_change(const CheckRules& rules, CheckState& at, Mono now) {
  std::rotate(at.changes.begin(), at.changes.begin() + 1, at.changes.end());
  at.changes.back() = now;
  const Mono oldest = at.changes.front();
  const bool flapping = oldest != Mono::min() && now - oldest <= rules.flap_window();
  if (at.health == Health::kDown && flapping) at.recovery_factor = std::min(at.recovery_factor * 2, kRecoveryFactorMax);
}

CheckStep changed(const CheckRules& rules, CheckState at, Health becomes, Mono now, std::string why) {
  const bool first_verdict = at.health == Health::kUnknown;
  at.health = becomes;
  if (!first_verdict) note_change(rules, at, now);
  return {.next = at, .change = Change::kChanged, .why = std::move(why), .next_probe_in = rules.interval};
}

std::string fell_why(const CheckRules& rules, const CheckState& at, const ProbeResult& result) {
  const std::string traffic = at.traffic_failures == 0 ? "" : fmt::format(" ({} seen in traffic)", at.traffic_failures);
  return fmt::format("{} of {} probes failed{}, last: {}", at.failures_in_row, rules.failure_threshold, traffic, result.why);
}

std::string rose_why(const CheckState& at, uint32_t needed, const ProbeResult& result) {
  const std::string damped =
      at.recovery_factor == 1 ? "" : fmt::format(" ({} times as many as usual: it was flapping)", at.recovery_factor);
  return fmt::format("{} of {} probes succeeded{}, last: {}", at.successes_in_row, needed, damped, result.why);
}

CheckStep probe_failed(const CheckRules& rules, CheckState at, const ProbeResult& result, Mono now) {
  at.successes_in_row = 0;
  at.traffic_counted = false;
  ++at.failures_in_row;
  if (at.health == Health::kDown) return {.next = at, .next_probe_in = rules.interval};
  if (at.failures_in_row >= rules.failure_threshold) return changed(rules, at, Health::kDown, now, fell_why(rules, at, result));
  return {.next = at, .change = Change::kPending, .next_probe_in = rules.confirm_interval()};
}

CheckStep probe_succeeded(const CheckRules& rules, CheckState at, const ProbeResult& result, Mono now) {
  at.failures_in_row = 0;
  at.traffic_failures = 0;
  at.traffic_counted = false;
  ++at.successes_in_row;
  if (at.health == Health::kUnknown) return changed(rules, at, Health::kUp, now, "first probe succeeded: " + result.why);
  if (at.health == Health::kUp) return {.next = at, .next_probe_in = rules.interval};
  const uint32_t needed = successes_needed(rules, at);
  if (at.successes_in_row >= needed) return changed(rules, at, Health::kUp, now, rose_why(at, needed, result));
  // A flapping target has to prove itself over time, not in a quick row.
  const Duration next = at.recovery_factor == 1 ? rules.confirm_interval() : rules.interval;
  return {.next = at, .change = Change::kPending, .next_probe_in = next};
}

CheckStep traffic_failed(CheckState at) {
  if (at.health == Health::kDown || at.traffic_counted) return {.next = at};
  at.successes_in_row = 0;
  at.traffic_counted = true;
  ++at.failures_in_row;
  ++at.traffic_failures;
  CheckStep step{.next = at, .change = Change::kPending};
  // Only the first sign asks for a probe at once; after it, probes already follow each other fast.
  if (at.failures_in_row == 1) step.next_probe_in = Duration::zero();
  return step;
}

CheckStep traffic_succeeded(CheckState at) {
  if (at.failures_in_row == at.traffic_failures && at.health != Health::kDown) {
    at.failures_in_row = 0;
    at.traffic_failures = 0;
    at.traffic_counted = false;
  }
  return {.next = at};
}

}  // namespace

CheckRules rules_of(const ProbeTiming& timing) { return {.interval = timing.interval, .failure_threshold = timing.failure_threshold}; }

uint32_t successes_needed(const CheckRules& rules, const CheckState& at) { return rules.failure_threshold * at.recovery_factor; }

// In a row, this one included; "enough" is failure_threshold for failures and successes_needed() for successes.
//
//   now      evidence                in a row   becomes  change    next probe
//   any      probe bad, we were late -          as is    kNone     fast
//   unknown  probe good              1          up       kChanged  interval
//   unknown  probe bad               < enough   unknown  kPending  fast
//   unknown  probe bad               = enough   down     kChanged  interval
//   up       probe good              -          up       kNone     interval
//   up       probe bad               < enough   up       kPending  fast
//   up       probe bad               = enough   down     kChanged  interval
//   down     probe bad               -          down     kNone     interval
//   down     probe good              < enough   down     kPending  fast; flapping: interval
//   down     probe good              = enough   up       kChanged  interval
//   not down traffic bad             1          as is    kPending  at once
//   not down traffic bad             > 1        as is    kPending  as planned
//   down     traffic bad             -          down     kNone     as planned
//   any      traffic good            -          as is    kNone     as planned
CheckStep step(const CheckRules& rules, CheckState at, Source source, const ProbeResult& result, Mono now) {
  EVERSHORE_ASSERT(rules.failure_threshold >= 1);
  forgive(rules, at, now);
  if (source == Source::kPassive) return result.ok ? traffic_succeeded(at) : traffic_failed(at);
  if (!result.ok && result.self_late && at.late_in_row < kLateInRowMax) {
    ++at.late_in_row;
    return {.next = at, .next_probe_in = rules.confirm_interval()};
  }
  if (!result.self_late) at.late_in_row = 0;
  return result.ok ? probe_succeeded(rules, at, result, now) : probe_failed(rules, at, result, now);
}

}  // namespace evershore::health
