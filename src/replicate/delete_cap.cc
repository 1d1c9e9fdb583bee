#include "replicate/delete_cap.h"

#include <algorithm>

namespace evershore::replicate {

DeleteCapStep delete_cap_step(const DeleteCapRules& rules, DeleteCapState at, uint64_t keys_in_site, Mono now) {
  if (at.used == 0 || now - at.window_start >= rules.window) return {{now, 1}, DeleteVerdict::kAllow};
  const uint64_t limit = std::max(rules.keys, keys_in_site / 100 * rules.percent_of_keys);
  if (at.used >= limit) return {at, DeleteVerdict::kHold};
  return {{at.window_start, at.used + 1}, DeleteVerdict::kAllow};
}

}  // namespace evershore::replicate
