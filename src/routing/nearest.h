// Which region is the nearest by measured time, with hysteresis: requests do not swing between two that are about as near. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/time.h"

namespace evershore::routing {

// A moving average of the times that a region took to answer.
class Nearness {
 public:
  void add(Duration sample) {
    constexpr int kShare = 5;  // of a new sample: one fifth
    average_ = average_ ? *average_ + (sample - *average_) / kShare : sample;
  }
  std::optional<Duration> average() const { return average_; }

 private:
  std::optional<Duration> average_;
};

struct Distance {
  std::string region;
  std::optional<Duration> average;  // not measured yet
  bool up = true;
};

struct NearestRules {
  int64_t better_percent = 20;                         // shorter by so much,
  Duration better_min = std::chrono::milliseconds(1);  // and at least by this,
  Duration hold = std::chrono::seconds(10);            // for so long
};

struct NearestState {
  std::string current;    // "" = none yet
  std::string candidate;  // clearly better since `since`; "" = none
  Mono since{};
};

enum class NearestChange : uint8_t { kNone, kPending, kMoved };

struct NearestStep {
  NearestState next;
  NearestChange change = NearestChange::kNone;
};

//   current            the shortest of those that are up and measured   becomes            change
//   any                none is                                          same               kNone
//   none, or not up    any                                              that               kMoved
//   up                 not clearly better, or itself                    same               kNone      the candidate is forgotten
//   up                 clearly better, newly or for < hold              same, a candidate  kPending
//   up                 clearly better for >= hold                       that               kMoved
NearestStep nearest_step(const NearestRules& rules, NearestState at, std::span<const Distance> regions, Mono now);

// The current one, then the others by their time; what was not measured comes last, in the given order.
std::vector<std::string> by_distance(const NearestState& at, std::span<const Distance> regions);

}  // namespace evershore::routing
