#include "replicate/run/short_road.h"

namespace evershore::replicate {

std::optional<ShortRoad> plan_short_road(const queue::TaskRow& task, const std::optional<KeyRow>& row, RegionSet members) {
  const auto& hint = task.hint;
  if (task.attempts > 0 || hint.source == kNoRegionSlot || hint.etag.empty()) return std::nullopt;
  const bool only_the_source_reported = RegionSet::of(hint.source).covers(hint.reported);
  if (!members.has(hint.source) || !hint.removed.empty() || !only_the_source_reported) return std::nullopt;
  if (row && !known_etag(*row, hint.source)) return std::nullopt;
  ShortRoad road{.source = hint.source};
  for (RegionSlot slot = 0; slot < kRegionSlotsMax; ++slot) {
    if (!members.has(slot) || slot == hint.source) continue;
    std::optional<std::string> expected;
    if (row) expected = known_etag(*row, slot);
    const bool seen_absent = hint.absent.has(slot);
    if (seen_absent) expected = "";
    if (!row && task.why == queue::Why::kEvent) expected = "";  // a new key, most likely; the condition will tell
    if (!expected) return std::nullopt;
    if (*expected == hint.etag) return std::nullopt;  // only headers can differ: asks for more than a copy
    road.targets.push_back({slot, std::move(*expected)});
  }
  return road;
}

std::optional<Version> short_road_version(const Copy& source, const std::optional<KeyRow>& row) {
  const Version version = version_of_found(row, source);
  if (!row || version > row->version) return version;
  const bool is_the_row = version == row->version && !row->tombstone && row->synced.has(source.slot);
  return is_the_row ? std::optional(version) : std::nullopt;
}

}  // namespace evershore::replicate
