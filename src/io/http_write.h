// Writing HTTP with a limit on standing still.
#pragma once

#include "io/client_pace.h"
#include "io/stream.h"

namespace evershore::io {

// All of `pieces` (at most 8), which the caller keeps until the return. kTimedOut when the peer takes no byte for `stall`: any progress,
// however small, renews the time.
Task<Result<void>> write_with_stall(Stream& stream, std::span<const std::span<const uint8_t>> pieces, Duration stall);

// The same at the client's pace: kTimedOut when, over the window, it has taken less than the rules want. `written` grows by what the
// kernel has taken of the pieces, also on failure; it begins with the stream.
Task<Result<void>> write_at_pace(Stream& stream, std::span<const std::span<const uint8_t>> pieces, ClientPace& pace, PaceRules rules,
                                 uint64_t& written);

}  // namespace evershore::io
