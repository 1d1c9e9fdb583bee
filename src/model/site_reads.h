// How a site reads: which copies it takes, and which of its regions it asks for which key.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/time.h"

namespace evershore {

// Of a key whose newest copy is known not to be everywhere yet.
enum class ReadsMode : uint8_t {
  kLatest,  // only regions that hold the newest are asked
  kAny,     // any region is
};

// Which of the usable regions goes first.
enum class ChoiceMode : uint8_t {
  kOrder,    // the first of the site's list
  kWeights,  // by the hash of the key, each region its share of the keys
  kNearest,  // the one that answers soonest
};

struct ReadSettings {
  ReadsMode mode = ReadsMode::kLatest;
  ChoiceMode choice = ChoiceMode::kOrder;
  std::map<std::string, uint32_t> weights;  // by region; what is not named has 0
  bool operator==(const ReadSettings&) const = default;
};

// What a region that came back gets of the keys, step by step.
struct RampSettings {
  std::vector<std::string> shares;  // "1%", rising; empty = all at once
  Duration step = std::chrono::seconds(30);
  bool operator==(const RampSettings&) const = default;
};

}  // namespace evershore
