// How long a region takes to its first byte, lately: a small histogram that forgets. From it: when to hedge, and when a
// silent body counts as stalled.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/time.h"

namespace evershore::edge {

// Buckets of about 19 % width (four a doubling) from 0.25 ms up; all counts are halved when 256 are in.
class RecentLatency {
 public:
  void add(Duration sample);
  // Upper border of the bucket the 95th percentile is in; nullopt below 8 samples.
  std::optional<Duration> p95() const;

 private:
  static constexpr size_t kBuckets = 64;
  static constexpr uint32_t kSamplesMax = 256, kSamplesMin = 8;
  std::array<uint16_t, kBuckets> buckets_{};
  uint32_t count_ = 0;
};

inline constexpr Duration kHedgeAfterMin = std::chrono::milliseconds(100);

// max(100 ms, 3 x p95), at most half the first-byte budget. Unknown: 100 ms.
Duration hedge_after(std::optional<Duration> p95, Duration first_byte_budget);

inline constexpr Duration kStallMin = std::chrono::milliseconds(400);

// When a body that has been waited for so long counts as stalled: 400 ms on a link whose pieces came quickly, 8 times the
// usual gap on one that was always slow, never more than `stall_budget`.
Duration stall_after(Duration usual_gap, Duration stall_budget);

// The usual gap after one more: one hiccup is soon forgotten.
Duration usual_gap(Duration before, Duration gap);

}  // namespace evershore::edge
