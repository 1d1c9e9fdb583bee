// What a node tells app/region_preferences.h of, and when.
#include <algorithm>

#include "app/node.h"

namespace evershore::app {

void Node::step_preferences() {
  preferences_.tick(*health_board_.read());
  loop_.call_at(loop_.now() + RegionPreferences::kTick, [this] { step_preferences(); });
}

// Of sites whose failback waits for replication, take_readiness() says it.
void Node::prefer_again(const std::string& region, bool undrained) {
  for (const auto& [name, site] : settings_.sites) {
    const bool ungated = site.failback.mode == FailbackMode::kInSync && site.replication.mode == ReplicationMode::kOff;
    const bool at_once = site.failback.mode == FailbackMode::kImmediate || ungated;
    const bool member = std::ranges::find(site.regions, region) != site.regions.end();
    if (member && (undrained ? site.failback.mode == FailbackMode::kManual : at_once)) preferences_.came_back(name, region);
  }
}

RegionPreferences::Load Node::load_of(const std::string& region) const {
  RegionPreferences::Load load;
  for (const auto& thread : serving_) {
    thread->edge().each_region([&](std::string_view name, const edge::RegionCounters& counters) {
      if (name != region) return;
      load.attempts += counters.attempts.get();
      load.failures += counters.failures.get();
    });
  }
  return load;
}

}  // namespace evershore::app
