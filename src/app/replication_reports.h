// What commands and the admin listener say of replication, as JSON and as lines for people.
#pragma once

#include <string>

#include "replicate/run/site_replicator.h"

namespace evershore::app {

// {"site": ..., "conflicts": [{"key", "name", "region", "version", "bytes", "etag", "kept", "regions"}]}
std::string conflicts_json(const std::string& site, const std::vector<replicate::Conflict>& conflicts);

// What a region of a site lacks, and what would be lost if it died now. `keys_max` of them by name.
std::string gaps_json(const std::string& site, const replicate::RegionGaps& gaps, size_t keys_max);

}  // namespace evershore::app
