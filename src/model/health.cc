#include "model/health.h"

#include <algorithm>

namespace evershore {

std::string_view health_name(Health health) {
  switch (health) {
    case Health::kUnknown: return "unknown";
    case Health::kUp: return "up";
    case Health::kDown: return "down";
  }
  return "unknown";
}

const CheckStatus* HealthSnapshot::find(std::string_view check) const {
  const auto at = std::ranges::lower_bound(checks, check, {}, &CheckStatus::name);
  return at != checks.end() && at->name == check ? &*at : nullptr;
}

Health HealthSnapshot::health_of(std::string_view check) const {
  const auto* status = find(check);
  return status == nullptr ? Health::kUnknown : status->health;
}

std::string region_check_name(std::string_view region) { return "region/" + std::string(region); }
std::string edge_check_name(std::string_view node) { return "edge/" + std::string(node); }

}  // namespace evershore
