// The real check states, calculated checks and routing decisions over regions that die, flap, recover and are probed through noise by
// seed, in fake time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace evershore::sim {

// What must never happen, each with the seed that showed it:
//   a down region is chosen while another one is up, or an order that lacks a region or has none to use;
//   a check that is down without enough failed probes in a row, or up again without enough good ones;
//   an unknown check that counts as down;
//   a target that is dead, or alive again, for longer than the rules need, and the check does not say so;
//   a calculated check that contradicts its children.
struct HealthSeedReport {
  std::vector<std::string> violations;
  uint64_t probes = 0;
  uint64_t falls = 0;
  uint64_t recoveries = 0;
  uint64_t damped = 0;      // recoveries that needed more successes than usual
  uint64_t fail_opens = 0;  // decisions with nothing usable
  uint64_t late = 0;        // failures not counted because the node was late
  bool operator==(const HealthSeedReport&) const = default;
};

// The same seed gives the same run.
HealthSeedReport run_health_world(uint64_t seed);

// 0 = nothing found; else the violations are on stderr.
int run_health_seed(uint64_t seed);

}  // namespace evershore::sim
