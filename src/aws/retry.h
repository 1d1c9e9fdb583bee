// How a failed call goes on: by what kind of error it was, how often it was tried, and chance.
#pragma once

#include <chrono>

#include "base/time.h"
#include "wire/aws/call.h"

namespace evershore::aws {

inline constexpr uint32_t kThrottledTriesMax = 10, kTransientTriesMax = 5;
inline constexpr Duration kBackoffMax = std::chrono::seconds(20);

enum class After : uint8_t { kGiveUp, kRetry, kCorrectClock, kRenewKeys };
struct RetryStep {
  After after = After::kGiveUp;
  Duration wait{};
};

// `tries`: how often the call has been sent, at least 1. `chance`: 0 to 1.
//
//   error      tries                 then
//   throttled  < kThrottledTriesMax  again after chance x min(20 s, 500 ms x 2^(tries-1))
//   transient  < kTransientTriesMax  again after chance x min(20 s, 100 ms x 2^(tries-1))
//   skewed     1                     correct the clock, again at once
//   expired    1                     new keys, again at once
//   all else                         give up
RetryStep after_failure(ErrorClass error, uint32_t tries, double chance);

}  // namespace evershore::aws
