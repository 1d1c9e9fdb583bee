// What replication knows of one key of one site. Regions appear as slots: numbers that the site's facts give to region
// names once and never give to another (queue/row_store.h).
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "model/object.h"

namespace evershore {

using RegionSlot = uint8_t;  // 0 .. kRegionSlotsMax - 1
inline constexpr size_t kRegionSlotsMax = 16;
inline constexpr RegionSlot kNoRegionSlot = 255;

// A set of regions of one site.
struct RegionSet {
  uint16_t bits = 0;

  // kNoRegionSlot is in no set, and the set of it is empty.
  static RegionSet of(RegionSlot slot) { return RegionSet{static_cast<uint16_t>(slot < kRegionSlotsMax ? 1U << slot : 0U)}; }
  bool has(RegionSlot slot) const { return !of(slot).both(*this).empty(); }
  void add(RegionSlot slot) { *this = with(of(slot)); }
  void drop(RegionSlot slot) { *this = without(of(slot)); }
  bool empty() const { return bits == 0; }
  size_t size() const { return static_cast<size_t>(std::popcount(bits)); }
  bool covers(RegionSet other) const { return (other.bits & ~bits) == 0; }
  RegionSet with(RegionSet other) const { return RegionSet{static_cast<uint16_t>(bits | other.bits)}; }
  RegionSet without(RegionSet other) const { return RegionSet{static_cast<uint16_t>(bits & ~other.bits)}; }
  RegionSet both(RegionSet other) const { return RegionSet{static_cast<uint16_t>(bits & other.bits)}; }
  bool operator==(const RegionSet&) const = default;
};

using ContentId = std::array<uint8_t, 16>;  // all zero = unknown

// The winning version of a key and who is known to have it. A row of an object can be rebuilt from the buckets; a
// tombstone cannot, so it is stored durably before anything is deleted.
struct KeyRow {
  ObjectKey key;
  Version version;
  bool tombstone = false;  // the key was deleted at `version`
  uint64_t size_bytes = 0;
  std::string etag;        // of the object in its origin region, without quotes; "" for a tombstone
  ContentId content_id{};  // equal ids = equal bytes
  uint64_t meta_hash = 0;  // of headers and metadata; 0 = unknown
  RegionSlot origin = kNoRegionSlot;
  RegionSet synced;  // confirmed to hold this version (a tombstone: to lack the key)
  // What was last seen in a region where that is not simply `etag`, by slot: a synced region's own ETag of the same
  // bytes, or the older copy ("" = no copy) of a region that is not synced. Neither synced nor here: never looked at.
  std::vector<std::pair<RegionSlot, std::string>> seen;

  bool operator==(const KeyRow&) const = default;
};

}  // namespace evershore
