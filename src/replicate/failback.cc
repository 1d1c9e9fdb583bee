#include "replicate/failback.h"

#include <fmt/format.h>

#include "base/text.h"

namespace evershore::replicate {

std::string_view failback_phase_name(FailbackPhase phase) {
  switch (phase) {
    case FailbackPhase::kReady: return "ready";
    case FailbackPhase::kAway: return "away";
    case FailbackPhase::kCatchingUp: return "catching up";
    case FailbackPhase::kHolding: return "holding";
  }
  return "ready";
}

namespace {
std::string what_is_missing(const FailbackRules& rules, const FailbackInput& input) {
  if (!input.marker_ok) return "its bucket is not proven to be the same as before (.evershore/region)";
  if (!input.scanned_since_return)
    return fmt::format("catching up: no scan since it returned has completed, {} keys pending", input.pending);
  const bool behind = input.parked > 0 || (input.pending > 0 && input.oldest_pending > rules.oldest_pending_max);
  if (behind) return fmt::format("catching up: {} keys pending, the oldest for {}", input.pending, format_duration(input.oldest_pending));
  return {};
}
}  // namespace

FailbackStep failback_step(const FailbackRules& rules, FailbackState at, const FailbackInput& input, Mono now) {
  if (!input.reachable) return {{FailbackPhase::kAway, {}}, "away"};
  if (at.phase == FailbackPhase::kReady) return {at, ""};
  auto missing = what_is_missing(rules, input);
  if (!missing.empty()) return {{FailbackPhase::kCatchingUp, {}}, std::move(missing)};
  const Mono since = at.phase == FailbackPhase::kHolding ? at.holding_since : now;
  if (now - since >= rules.hold) return {{FailbackPhase::kReady, {}}, ""};
  const auto whole_seconds = std::chrono::floor<std::chrono::seconds>(now - since);
  return {{FailbackPhase::kHolding, since}, fmt::format("in sync for {} s of {}", whole_seconds.count(), format_duration(rules.hold))};
}

}  // namespace evershore::replicate
