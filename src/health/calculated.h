// Checks that follow from others, and the two switches every check has, as Route 53 has them.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "model/health.h"

namespace evershore::health {

struct Calculated {
  Health health = Health::kUnknown;
  std::string why;  // "1 of 2 children healthy, 2 needed: bucket is down"
  bool operator==(const Calculated&) const = default;
};

// Healthy if at least `healthy_at_least` of `children` are. 0: always healthy; more than there are children: always
// unhealthy. A child counts by its published state, so a disabled one counts as healthy. An unknown child is not down: it counts
// as healthy; if the verdict hangs on unknown children, it is itself unknown.
Calculated calculate(std::span<const CheckStatus> children, uint32_t healthy_at_least);

struct Switches {
  bool inverted = false;
  bool disabled = false;
  bool operator==(const Switches&) const = default;
};
// What a check publishes. Disabled: healthy whatever was seen. Inverted: the opposite, applied last (so disabled and
// inverted together is unhealthy: the way to stop traffic by hand). Unknown stays unknown.
Health published_health(Health seen, Switches switches);

}  // namespace evershore::health
