#include "replicate/budget.h"

#include <algorithm>

namespace evershore::replicate {

Duration TokenBucket::take(double tokens, Mono now) {
  if (!limited()) return {};
  const double passed = filled_ == Mono{} ? 0 : std::chrono::duration<double>(now - filled_).count();
  level_ = std::min(per_second_, level_ + passed * per_second_) - tokens;
  filled_ = now;
  if (level_ >= 0) return {};
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(-level_ / per_second_));
}

}  // namespace evershore::replicate
