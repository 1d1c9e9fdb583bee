// What each region lacks now, and what would be lost if one died now: from the queue and the rows, without a request.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "replicate/run/site_context.h"

namespace evershore::replicate {

inline constexpr size_t kGapRowsMax = 10'000;  // pending keys looked through, oldest first
inline constexpr size_t kGapsListedMax = 1'000;

struct GapKey {
  ObjectKey key;
  uint64_t size_bytes = 0;
  Duration pending_for{};
  std::vector<std::string> holders;  // of what is newest, as far as it is known
  bool lacks = false;                // the region lacks it
  bool at_risk = false;              // only the region has it
};

struct RegionGaps {
  std::string region;
  uint64_t lacks_keys = 0;
  uint64_t lacks_bytes = 0;
  Duration oldest_pending{};
  std::optional<Duration> time_to_sync;  // at the rate of the last half minute; nullopt = nothing is being copied there
  uint64_t at_risk_keys = 0;             // would be lost if the region died now
  uint64_t at_risk_bytes = 0;
  bool partial = false;  // more than kGapRowsMax keys are pending: at least so many
  std::vector<GapKey> keys;
};

Task<Result<RegionGaps>> gaps_of(SiteContext& context, Region& region);

}  // namespace evershore::replicate
