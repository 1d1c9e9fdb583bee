// What is known of each check, published as one immutable snapshot by health/run.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace evershore {

enum class Health : uint8_t { kUnknown, kUp, kDown };
std::string_view health_name(Health health);  // "unknown" "up" "down"

// What one probe (or one piece of passive evidence) said.
struct ProbeResult {
  bool ok = false;
  // The probing node was itself late (its loop stalled): a failure then proves nothing and is not counted.
  bool self_late = false;
  Duration took{};
  std::optional<Duration> clock_ahead = {};  // of the answer's Date before our clock, to the second; nullopt: it had none
  std::string why;                           // "200 in 3 ms", "connection refused", "timeout after 1 s", "string not found"
};

struct CheckStatus {
  std::string name;  // as in the settings, or "region/NAME", "edge/NODE"
  Health health = Health::kUnknown;
  std::string why;         // the last change's reason: "3 of 3 probes failed, last: timeout after 1 s"
  Wall since{};            // of the present state
  std::string last_probe;  // the last probe's ProbeResult::why
  uint32_t failures_in_row = 0;
  uint32_t successes_in_row = 0;
};

struct HealthSnapshot {
  uint64_t epoch = 0;
  std::vector<CheckStatus> checks;  // sorted by name

  // kUnknown where there is no such check.
  Health health_of(std::string_view check) const;
  const CheckStatus* find(std::string_view check) const;
};

// The check that every region / edge has without being asked.
std::string region_check_name(std::string_view region);
std::string edge_check_name(std::string_view node);

}  // namespace evershore
