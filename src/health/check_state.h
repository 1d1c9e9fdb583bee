// One check's up/down state as a pure step: rules, state and one piece of evidence in; state, change and reason out.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "model/health.h"
#include "model/settings.h"

namespace evershore::health {

inline constexpr Duration kConfirmIntervalMax = 100ms;
inline constexpr size_t kFlapChanges = 5;  // the third fall within the window
inline constexpr Duration kFlapWindowMin = 60s;
inline constexpr uint32_t kFlapWindowIntervals = 30;
inline constexpr uint32_t kRecoveryFactorMax = 8;
inline constexpr uint32_t kLateInRowMax = 10;

struct CheckRules {
  Duration interval = 10s;         // from the start of one probe to the start of the next
  uint32_t failure_threshold = 3;  // in a row, both ways; 1 at least
  bool operator==(const CheckRules&) const = default;

  // While a verdict is pending, probes follow each other in this time.
  Duration confirm_interval() const { return interval < kConfirmIntervalMax ? interval : kConfirmIntervalMax; }
  Duration flap_window() const {
    const Duration by_interval = interval * kFlapWindowIntervals;
    return by_interval > kFlapWindowMin ? by_interval : kFlapWindowMin;
  }
};
CheckRules rules_of(const ProbeTiming& timing);

// Where evidence comes from. kActive: our own probe. kPassive: traffic that used the same target.
enum class Source : uint8_t { kActive, kPassive };

enum class Change : uint8_t {
  kNone,     // nothing new
  kPending,  // evidence against the present state, not enough yet
  kChanged,  // `next.health` differs from before
};

struct CheckState {
  Health health = Health::kUnknown;
  uint32_t failures_in_row = 0;   // active ones, and at most one passive between two active ones
  uint32_t successes_in_row = 0;  // active ones only
  uint32_t traffic_failures = 0;  // how many of failures_in_row were passive
  bool traffic_counted = false;   // a passive failure was counted since the last active probe
  uint32_t late_in_row = 0;       // failures not counted because we were late
  // Flap damping: the last changes between up and down, oldest first (Mono::min() = none), and by how much more
  // successes recovery needs.
  std::array<Mono, kFlapChanges> changes = none_yet();
  uint32_t recovery_factor = 1;
  bool operator==(const CheckState&) const = default;

 private:
  static constexpr std::array<Mono, kFlapChanges> none_yet() {
    std::array<Mono, kFlapChanges> none;
    none.fill(Mono::min());
    return none;
  }
};

struct CheckStep {
  CheckState next;
  Change change = Change::kNone;
  std::string why;  // kChanged: "3 of 3 probes failed, last: timeout after 1 s"; else ""
  // When the next active probe should start, counted from the start of this one (kActive) or from now (kPassive).
  // nullopt (kPassive only): leave the timer as it is.
  std::optional<Duration> next_probe_in;
};

// Consecutive thresholds both ways as Route 53 has them, with fast confirmation in between, and damping of flapping:
// - The probing node itself was late (self_late): a failure proves nothing and is not counted; but a node that has been late for
//   kLateInRowMax probes in a row takes what it sees.
// - Passive failures trigger a probe at once. All of them between two probes count as one, and only a probe decides: a
//   burst of failed requests cannot take a target down unless a probe fails too.
// - Passive successes only take back passive failures that no probe has confirmed. They never bring a target up.
// - After kFlapChanges changes within flap_window(), each fall doubles the successes that recovery needs (to kRecoveryFactorMax
//   times), and these are then gathered at the interval, without fast confirmation. A flap_window() without change ends it.
CheckStep step(const CheckRules& rules, CheckState at, Source source, const ProbeResult& result, Mono now);

// Successes in a row that bring it up from down.
uint32_t successes_needed(const CheckRules& rules, const CheckState& at);

}  // namespace evershore::health
