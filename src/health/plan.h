// From settings to what is to be probed and what is to be calculated.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "health/calculated.h"
#include "health/check_state.h"
#include "model/settings.h"

namespace evershore::health {

// This node's own edge, checked from outside like everything else: http(s)://, or tcp://host:port for a bare connection.
struct EdgeCheckSettings {
  std::string node;
  std::string url;
  ProbeTiming timing;
  bool operator==(const EdgeCheckSettings&) const = default;
};

struct HealthSettings {
  std::map<std::string, RegionSettings> regions;
  std::map<std::string, HealthCheckSettings> checks;
  std::optional<EdgeCheckSettings> edge;
};

struct ProbeTarget {
  enum class Kind : uint8_t {
    kHttp,    // 2xx or 3xx, and `search`
    kTcp,     // a connection
    kRegion,  // the bucket, the marker, and the region's own probe key
    kAlive,   // any answer that is a sign of life
  } kind = Kind::kHttp;
  std::string url;  // tcp: host:port
  std::string search;
  RegionSettings region;  // kRegion; its `check` is left at the default: timing is no part of what is probed
  bool operator==(const ProbeTarget&) const = default;
};

struct ProbedCheck {
  std::string name;
  ProbeTarget target;
  CheckRules rules;
  Duration timeout = 1s;
  Switches switches;
  bool operator==(const ProbedCheck&) const = default;
};

struct CalculatedCheck {
  std::string name;
  std::vector<std::string> children;
  uint32_t healthy_at_least = 1;
  Switches switches;
};

struct Plan {
  std::vector<ProbedCheck> probed;
  std::vector<CalculatedCheck> calculated;  // children are probed ones
};
Plan plan_of(const HealthSettings& settings);

}  // namespace evershore::health
