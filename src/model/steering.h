// What people and replication say about the use of regions, on top of what the checks say. Published by app/ whenever
// a drain, a pin or a region's readiness changes; read by DNS and edge together with the HealthSnapshot.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/time.h"

namespace evershore {

struct Drain {
  std::string reason;
  std::optional<Wall> until;
};

// A region that came back but may not serve a site yet (failback gate): why, for people. Absent = may serve.
struct NotReady {
  std::string why;  // "catching up: 120 keys pending", "in sync for 12 s of 30 s"
};

struct Steering {
  uint64_t epoch = 0;
  std::map<std::string, Drain> drains;                                // by region
  std::map<std::string, std::string> pins;                            // site -> region that goes first
  std::map<std::pair<std::string, std::string>, NotReady> not_ready;  // (site, region)
};

}  // namespace evershore
