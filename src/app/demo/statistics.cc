#include "app/demo/statistics.h"

#include <algorithm>
#include <cmath>

namespace evershore::app::demo {

Duration percentile(std::vector<Duration>& values, double fraction) {
  if (values.empty()) return {};
  const auto rank = static_cast<size_t>(std::ceil(fraction * static_cast<double>(values.size())));
  const size_t index = std::clamp<size_t>(rank, 1, values.size()) - 1;
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(index), values.end());
  return values[index];
}

RequestSummary summarise(std::span<const Sample> samples, Span span) {
  RequestSummary sum;
  std::vector<Duration> latencies;
  for (const Sample& sample : samples) {
    if (!span.holds(sample.due)) continue;
    ++sum.requests;
    sum.failed += sample.outcome == Outcome::kFailed;
    sum.truncated += sample.outcome == Outcome::kTruncated;
    sum.wrong += sample.outcome == Outcome::kWrong;
    sum.slow += sample.latency > kSlowRequest;
    sum.worst = std::max(sum.worst, sample.latency);
    latencies.push_back(sample.latency);
  }
  sum.p50 = percentile(latencies, 0.50);
  sum.p99 = percentile(latencies, 0.99);
  return sum;
}

std::vector<Slice> slices(std::span<const Sample> samples, Span span, Mono zero) {
  constexpr Duration kShortest = std::chrono::milliseconds(250);
  const Duration whole = std::max<Duration>(span.end - span.begin, kShortest);
  const Duration step = kShortest * ((whole + kShortest * kSlicesMax - Duration(1)) / (kShortest * kSlicesMax));
  std::vector<std::vector<Duration>> latencies(static_cast<size_t>((whole + step - Duration(1)) / step));
  std::vector<Slice> found(latencies.size());
  for (size_t i = 0; i < found.size(); ++i) found[i].at = span.begin - zero + step * static_cast<int64_t>(i);
  for (const Sample& sample : samples) {
    if (!span.holds(sample.due)) continue;
    const auto index = static_cast<size_t>((sample.due - span.begin) / step);
    auto& slice = found[index];
    ++slice.requests;
    slice.bad += sample.outcome != Outcome::kGood;
    slice.worst = std::max(slice.worst, sample.latency);
    latencies[index].push_back(sample.latency);
  }
  for (size_t i = 0; i < found.size(); ++i) found[i].p50 = percentile(latencies[i], 0.50);
  while (!found.empty() && found.back().requests == 0) found.pop_back();
  return found;
}

DownloadSummary summarise(std::span<const Download> downloads, Span span) {
  DownloadSummary sum;
  for (const Download& download : downloads) {
    if (!span.holds(download.begun)) continue;
    ++sum.started;
    sum.completed += download.outcome == Outcome::kGood;
    sum.failed += download.outcome == Outcome::kFailed;
    sum.truncated += download.outcome == Outcome::kTruncated;
    sum.wrong += download.outcome == Outcome::kWrong;
    sum.bytes += download.bytes;
    sum.longest_stall = std::max(sum.longest_stall, download.longest_stall);
  }
  return sum;
}

std::optional<Duration> time_to_change(std::span<const DnsChange> changes, Mono fault) {
  std::string before;
  for (const DnsChange& change : changes) {
    if (change.at > fault && change.answer != before) return change.at - fault;
    before = change.answer;
  }
  return std::nullopt;
}

}  // namespace evershore::app::demo
