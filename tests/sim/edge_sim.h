// The edge's real handler and fetch coroutine over fake regions that die, freeze, fail, cut bodies and change objects by
// seed, in one thread and fake time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace evershore::sim {

// What must never happen, each with the seed that showed it:
//   a client gets bytes of two versions, or other bytes than the ETag it was told stands for;
//   an answer ends cleanly short of its announced length;
//   a request fails although a region that has the object worked from its begin to its end;
//   a request waits longer than the budgets allow;
//   who asks after a change was accepted gets an older version that does not say it is stale.
struct EdgeSeedReport {
  std::vector<std::string> violations;
  uint64_t requests = 0;
  uint64_t takeovers = 0;
  uint64_t hedges = 0;
  uint64_t resets = 0;
  uint64_t unavailable = 0;
  uint64_t stale = 0;
  uint64_t changes = 0;  // that travelled from region to region
};

// The same seed gives the same run.
EdgeSeedReport run_edge_world(uint64_t seed);

// 0 = nothing found; else the violations are on stderr.
int run_edge_seed(uint64_t seed);

}  // namespace evershore::sim
