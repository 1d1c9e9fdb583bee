// Reads every copy of a key whole and compares what it read: finds what sizes and ETags hide.
#pragma once

#include <string>
#include <vector>

#include "replicate/reconcile.h"
#include "replicate/run/site_context.h"

namespace evershore::replicate {

struct FullRead {
  RegionSet bad;       // hold other bytes than the rest, or than their ETag says
  std::string why;     // "west: the bytes are not what its ETag says"; "" = all the same
  uint64_t bytes = 0;  // read
};

// `copies` as a look has found them, with nothing left to do. kPrecondition: one changed meanwhile.
Task<Result<FullRead>> read_fully(SiteContext& context, ObjectKey key, const std::vector<Copy>& copies);

}  // namespace evershore::replicate
