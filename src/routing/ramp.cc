#include "routing/ramp.h"

#include <algorithm>

namespace evershore::routing {

namespace {
constexpr uint32_t kDoublingsMax = 3;

bool too_many(const RampRules& rules, const RampInput& input) {
  return input.failures >= rules.failures_min && input.failures * 100 >= input.attempts * rules.failures_percent;
}
}  // namespace

RampStep ramp_step(const RampRules& rules, RampState at, const RampInput& input, Mono now) {
  if (too_many(rules, input)) {
    return {{.stage = at.stage == 0 ? 0 : at.stage - 1, .since = now, .setbacks = at.setbacks + 1}, RampChange::kSetback};
  }
  if (now - at.since < rules.step * (int64_t{1} << std::min(at.setbacks, kDoublingsMax))) return {at, RampChange::kNone};
  if (at.stage + 1 >= rules.shares.size()) return {at, RampChange::kDone};
  return {{.stage = at.stage + 1, .since = now, .setbacks = at.setbacks}, RampChange::kMore};
}

}  // namespace evershore::routing
