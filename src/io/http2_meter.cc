#include "io/http2_meter.h"

#include <algorithm>
#include <utility>

namespace evershore::io {

namespace {

struct Rule {
  double at_once;
  double per_second;
};
constexpr std::array<Rule, Http2Meter::kEvents> kRules = {{{200, 50}, {100, 20}, {100, 20}, {2'000, 500}}};
constexpr uint64_t kBytesPerBookkeeping = 1024;
constexpr double kBookkeepingSavedMax = 100'000;

}  // namespace

Http2Meter::Http2Meter(Mono now) {
  for (size_t i = 0; i < kEvents; ++i) buckets_[i] = {.left = kRules[i].at_once, .filled = now};
}

Http2Verdict Http2Meter::note(Http2Event event, Mono now) {
  const auto index = static_cast<size_t>(event);
  Bucket& bucket = buckets_[index];
  const Rule& rule = kRules[index];
  if (event == Http2Event::kBookkeeping) {
    bucket.left = std::min(kBookkeepingSavedMax, bucket.left + static_cast<double>(std::exchange(sent_bytes_, 0) / kBytesPerBookkeeping));
  }
  const double seconds = std::chrono::duration<double>(now - bucket.filled).count();
  bucket.filled = now;
  bucket.left = std::max(bucket.left, std::min(rule.at_once, bucket.left + seconds * rule.per_second));
  if (bucket.left < 1) return Http2Verdict::kTooMuch;
  bucket.left -= 1;
  return Http2Verdict::kGoOn;
}

void Http2Meter::sent(uint64_t body_bytes) { sent_bytes_ += body_bytes; }

}  // namespace evershore::io
