// What a sync would do, from one scan and a look at each key that differs: nothing is written, queued or noted down.
#pragma once

#include <functional>
#include <string>

#include "replicate/run/scanner.h"
#include "replicate/run/worker.h"

namespace evershore::replicate {

struct PlannedKey {
  ObjectKey key;
  std::string what;       // "copy to west, north", "delete in east", ...
  uint64_t bytes = 0;     // to be written
  uint64_t requests = 0;  // to stores
};

// Exact as long as nobody writes meanwhile, stores check conditions, and no store gives the same bytes another ETag.
struct PlannedSync {
  uint64_t keys_compared = 0;
  uint64_t keys = 0;  // with something to do
  uint64_t objects = 0;
  uint64_t bytes = 0;
  uint64_t metadata = 0;
  uint64_t deletes = 0;
  uint64_t conflicts = 0;  // losers that would be kept
  uint64_t requests = 0;   // listings of the scans included
};

using OnPlannedKey = std::function<void(const PlannedKey&)>;
Task<Result<PlannedSync>> plan_sync(SiteContext& context, Worker& worker, OnPlannedKey on_key, ScanProgress on_progress);

}  // namespace evershore::replicate
