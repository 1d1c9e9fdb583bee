#include "edge/latency.h"

#include <algorithm>
#include <cmath>

namespace evershore::edge {

namespace {

constexpr double kFirstBucketMs = 0.25;

size_t bucket_of(Duration sample, size_t buckets) {
  const double ms = std::chrono::duration<double, std::milli>(sample).count();
  if (ms <= kFirstBucketMs) return 0;
  const auto index = static_cast<size_t>(std::ceil(std::log2(ms / kFirstBucketMs) * 4));
  return std::min(index, buckets - 1);
}

Duration upper_border(size_t bucket) {
  const std::chrono::duration<double, std::milli> ms(kFirstBucketMs * std::exp2(static_cast<double>(bucket) / 4));
  return std::chrono::duration_cast<Duration>(ms);
}

}  // namespace

void RecentLatency::add(Duration sample) {
  ++buckets_[bucket_of(sample, kBuckets)];
  if (++count_ < kSamplesMax) return;
  count_ = 0;
  for (auto& bucket : buckets_) {
    bucket = static_cast<uint16_t>(bucket / 2);
    count_ += bucket;
  }
}

std::optional<Duration> RecentLatency::p95() const {
  if (count_ < kSamplesMin) return std::nullopt;
  const uint32_t above = count_ / 20;  // samples that may lie above
  uint32_t seen = 0;
  for (size_t i = kBuckets; i-- > 0;) {
    seen += buckets_[i];
    if (seen > above) return upper_border(i);
  }
  return upper_border(0);
}

Duration hedge_after(std::optional<Duration> p95, Duration first_byte_budget) {
  const Duration wanted = p95 ? std::max(kHedgeAfterMin, *p95 * 3) : kHedgeAfterMin;
  return std::min(wanted, std::max(first_byte_budget / 2, Duration(1)));
}

Duration stall_after(Duration usual_gap, Duration stall_budget) { return std::min(std::max(kStallMin, usual_gap * 8), stall_budget); }

Duration usual_gap(Duration before, Duration gap) { return before + (gap - before) / 8; }

}  // namespace evershore::edge
