// Two to five regions, clients that write and delete in any of them, events that are lost, doubled and late, regions that go away,
// a network that loses requests and answers, and a node that crashes: one thread, fake time, all from one seed.
//
// Checked at every step
//   Q  a key all of whose changes were reported and accepted is either queued or the same in all regions
// Checked at the end, after everything is healed and one scan and the queue are through
//   C  all regions hold the same keys with the same bytes, and the queue is empty
//   L  the survivor of a key is no write that a later one knowingly replaced, unless that one was deleted again or a delete of
//      the key went unreported (it took a copy away without a trace); a key is absent only if somebody deleted it and no write
//      followed; among writes that crossed in keys never deleted or retagged, the survivor is not older than another by over 2 s
//   F  no region ever gets a key that the filter leaves out, and nothing is ever written or deleted in a region that is only read (in
//      a quarter of the histories: the last, which C, Q and T then leave out)
//   K  of a key that is left, and that no region ever lost by itself, a write that is not the survivor, and that nobody knowingly
//      replaced or deleted, is found as a conflict, byte for byte
//   T  a key all of whose changes of tags were reported and accepted carries the same tags in all regions
//   D  a reported delete of a settled key that nobody wrote again holds
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "node.h"

namespace evershore::sim {

inline constexpr size_t kWorldRegionsMin = 2, kWorldRegionsMax = 5;

struct WorldOptions {
  uint64_t seed = 1;
  size_t regions = 0;  // 0: by the seed
  replicate::PlantedBug bug = replicate::PlantedBug::kNone;
  int steps = 60;
  std::function<void(const std::string& line)> tell;  // the history as it happens, for people
};

struct WorldEnd {
  std::vector<std::string> broken;  // what went wrong; empty = all invariants held
  uint64_t trace = 0;               // a hash of all that happened: the same seed gives the same
  uint64_t operations = 0;
  uint64_t crashes = 0;
};

WorldEnd run_world(const WorldOptions& options);

std::optional<replicate::PlantedBug> planted_bug_named(std::string_view name);

}  // namespace evershore::sim
