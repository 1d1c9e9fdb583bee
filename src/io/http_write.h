// Writing HTTP with a limit on standing still: any progress, however small, renews the time.
#pragma once

#include "io/stream.h"

namespace evershore::io {

// All of `pieces` (at most 8), which the caller keeps until the return. kTimedOut when the peer takes no byte for `stall`.
Task<Result<void>> write_with_stall(Stream& stream, std::span<const std::span<const uint8_t>> pieces, Duration stall);

}  // namespace evershore::io
