// What the demo's and the drill's clients saw, as numbers. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/time.h"

namespace evershore::app::demo {

enum class Outcome : uint8_t {
  kGood,
  kFailed,     // no answer, or one with a status that was not to be
  kTruncated,  // a 200 whose body ended early
  kWrong,      // a whole body that is not the object's
};

// One small request. Its time counts from the moment it was due, not from when it got its turn: a stalled generator
// would otherwise hide what real clients feel.
struct Sample {
  Mono due{};
  Duration latency{};
  Outcome outcome = Outcome::kGood;
};

// One long download, read at the pace of a slow client.
struct Download {
  Mono begun{};
  Mono ended{};
  uint64_t bytes = 0;
  Duration longest_stall{};  // the longest wait for the next piece, the first one included
  Outcome outcome = Outcome::kGood;
  std::string error;  // "" when good
};

struct Span {
  Mono begin{};
  Mono end{};
  bool holds(Mono at) const { return begin <= at && at < end; }
};

inline constexpr Duration kSlowRequest = std::chrono::milliseconds(500);

struct RequestSummary {
  uint64_t requests = 0;
  uint64_t failed = 0;
  uint64_t truncated = 0;
  uint64_t wrong = 0;
  uint64_t slow = 0;  // above kSlowRequest
  Duration p50{};
  Duration p99{};
  Duration worst{};
};
RequestSummary summarise(std::span<const Sample> samples, Span span);  // those that were due in `span`

// What clients saw, in slices of time.
struct Slice {
  Duration at{};  // its beginning, from `zero`; before that it is negative
  uint64_t requests = 0;
  uint64_t bad = 0;  // failed, truncated or wrong
  Duration p50{};
  Duration worst{};
};
inline constexpr size_t kSlicesMax = 240;
// Slices of the same length, the shortest that are no more than kSlicesMax and no shorter than 250 ms; without empty ones at the end.
std::vector<Slice> slices(std::span<const Sample> samples, Span span, Mono zero);

struct DownloadSummary {
  uint64_t started = 0;
  uint64_t completed = 0;  // whole and right
  uint64_t failed = 0;
  uint64_t truncated = 0;
  uint64_t wrong = 0;
  uint64_t bytes = 0;
  Duration longest_stall{};
};
DownloadSummary summarise(std::span<const Download> downloads, Span span);  // those that began in `span`

// The smallest value that at least `fraction` of all are not above (nearest rank). Zero without values. Reorders `values`.
Duration percentile(std::vector<Duration>& values, double fraction);

// A new answer of the name server, as a watcher saw it.
struct DnsChange {
  Mono at{};
  std::string answer;
};
// From `fault` to the first change after it to an answer other than the one at `fault`; nullopt when there was none.
std::optional<Duration> time_to_change(std::span<const DnsChange> changes, Mono fault);

}  // namespace evershore::app::demo
