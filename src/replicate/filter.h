// Whether a key is one of those that are replicated. Pure.
#pragma once

#include <string_view>

#include "model/object.h"
#include "model/replication_filter.h"

namespace evershore::replicate {

// `prefix` is the site's.
bool passes_key(const ReplicationFilter& filter, std::string_view prefix, const ObjectKey& key);
bool passes_size(const ReplicationFilter& filter, uint64_t size_bytes);

}  // namespace evershore::replicate
