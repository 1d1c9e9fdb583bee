// Whether a key can be settled without asking every region first. Pure.
#pragma once

#include <optional>
#include <vector>

#include "model/key_row.h"
#include "queue/task_queue.h"
#include "replicate/reconcile.h"

namespace evershore::replicate {

struct ShortRoad {
  RegionSlot source = kNoRegionSlot;
  struct Target {
    RegionSlot slot = kNoRegionSlot;
    std::string expected_etag;  // "" = expects no such key
  };
  std::vector<Target> targets;  // every member but the source
};

// What the hint and the row promise about each member; nullopt if they leave anything open, or the key asks for more than
// copying. A first attempt only.
std::optional<ShortRoad> plan_short_road(const queue::TaskRow& task, const std::optional<KeyRow>& row, RegionSet members);

// The version of the source's object as it was read, if it is newer than (or the same as) what the row knows; nullopt: the long
// road must decide.
std::optional<Version> short_road_version(const Copy& source, const std::optional<KeyRow>& row);

}  // namespace evershore::replicate
