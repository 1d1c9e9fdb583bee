#include "aws/retry.h"

#include <algorithm>

namespace evershore::aws {

namespace {
// "Full jitter": anything from nothing to the bound, so that clients that failed together do not come back together.
Duration backoff(Duration first, uint32_t tries, double chance) {
  const auto bound = std::min<Duration>(kBackoffMax, first * (1LL << std::min(tries - 1, 16U)));
  return Duration(static_cast<int64_t>(static_cast<double>(bound.count()) * std::clamp(chance, 0.0, 1.0)));
}
}  // namespace

RetryStep after_failure(ErrorClass error, uint32_t tries, double chance) {
  using namespace std::chrono_literals;
  switch (error) {
    case ErrorClass::kThrottled:
      if (tries < kThrottledTriesMax) return {After::kRetry, backoff(500ms, tries, chance)};
      break;
    case ErrorClass::kTransient:
      if (tries < kTransientTriesMax) return {After::kRetry, backoff(100ms, tries, chance)};
      break;
    case ErrorClass::kSkewed:
      if (tries == 1) return {After::kCorrectClock, {}};
      break;
    case ErrorClass::kExpired:
      if (tries == 1) return {After::kRenewKeys, {}};
      break;
    case ErrorClass::kAbsent:
    case ErrorClass::kAlreadyThere:
    case ErrorClass::kConflict:
    case ErrorClass::kRefused: break;
  }
  return {};
}

}  // namespace evershore::aws
