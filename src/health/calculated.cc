#include "health/calculated.h"

#include <fmt/format.h>

namespace evershore::health {

namespace {

std::string names_of(std::span<const CheckStatus> children, Health health) {
  std::string names;
  for (const CheckStatus& child : children) {
    if (child.health != health) continue;
    if (!names.empty()) names += ", ";
    names += child.name;
  }
  return names;
}

}  // namespace

Calculated calculate(std::span<const CheckStatus> children, uint32_t healthy_at_least) {
  size_t up = 0;
  size_t unknown = 0;
  for (const CheckStatus& child : children) {
    if (child.health == Health::kUp) ++up;
    if (child.health == Health::kUnknown) ++unknown;
  }
  Calculated result;
  result.why = fmt::format("{} of {} children healthy, {} needed", up, children.size(), healthy_at_least);
  if (up + unknown < healthy_at_least) {
    result.health = Health::kDown;
  } else {
    result.health = up >= healthy_at_least ? Health::kUp : Health::kUnknown;
  }
  if (const std::string down = names_of(children, Health::kDown); !down.empty()) result.why += "; down: " + down;
  if (unknown > 0) result.why += "; unknown, so not held against it: " + names_of(children, Health::kUnknown);
  return result;
}

Health published_health(Health seen, Switches switches) {
  const Health before = switches.disabled ? Health::kUp : seen;
  if (!switches.inverted || before == Health::kUnknown) return before;
  return before == Health::kUp ? Health::kDown : Health::kUp;
}

}  // namespace evershore::health
