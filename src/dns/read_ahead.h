// Before a batch of queries is answered: asks the processor for the memory that the answers lie in, for all of them at once. With more
// names than its caches hold, each query would otherwise wait for that memory half a dozen times, one after another; so they wait together.
#pragma once

#include <span>

#include "dns/snapshot.h"

namespace evershore::dns {

inline constexpr size_t kReadAheadMax = 32;  // queries of a batch

// A table of fewer names stays in the caches by itself, and to look ahead costs more than it brings.
inline constexpr size_t kReadAheadNames = 32'768;
inline bool worth_reading_ahead(const CompiledSnapshot& snapshot) { return snapshot.fixed->table.names.size() >= kReadAheadNames; }

// Changes nothing but what the caches hold. The queries may be anything: one whose name is not there is passed over, and those above
// kReadAheadMax are. Does not allocate.
void read_ahead(std::span<const std::span<const uint8_t>> queries, const CompiledSnapshot& snapshot);

}  // namespace evershore::dns
