#include "edge/crowd.h"

#include <algorithm>

#include "base/assert.h"

namespace evershore::edge {

CrowdState crowd_begin(CrowdState at) {
  ++at.in_flight;
  return at;
}

CrowdState crowd_end(const CrowdRules& rules, CrowdState at, CrowdEnd end, Mono now) {
  EVERSHORE_ASSERT(at.in_flight > 0);
  const auto in_flight = static_cast<double>(at.in_flight--);
  if (end == CrowdEnd::kFine && in_flight >= at.limit / 2) at.limit = std::min(rules.most, at.limit + 1 / at.limit);
  const bool may_cut = at.cut_at == Mono::min() || now - at.cut_at >= rules.cut_at_most_every;
  if (end != CrowdEnd::kOverloaded || !may_cut) return at;
  at.limit = std::max(rules.least, std::min(at.limit, in_flight) * rules.cut_to);
  at.cut_at = now;
  return at;
}

}  // namespace evershore::edge
