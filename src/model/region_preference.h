// What a node has measured and decided of which regions should serve which keys. Published by app/, read by the edge once a fetch.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace evershore {

// Thousandths of the keys; all = 1,000.
using Permille = uint32_t;
inline constexpr Permille kAllKeys = 1'000;

struct RegionPreference {
  // By site that chooses the nearest: its regions, the nearest first.
  std::map<std::string, std::vector<std::string>> nearest;
  // By (site, region): the share of the keys that a region gets which came back lately. Not in here: all that are its.
  std::map<std::pair<std::string, std::string>, Permille> shares;
  bool operator==(const RegionPreference&) const = default;
};

}  // namespace evershore
