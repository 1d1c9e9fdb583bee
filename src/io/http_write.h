// Writing HTTP with a limit on standing still.
#pragma once

#include "io/client_pace.h"
#include "io/stream.h"

namespace evershore::io {

// All of `pieces` (at most 8), which the caller keeps until the return. kTimedOut when the peer takes no byte for `stall`: any progress,
// however small, renews the time.
Task<Result<void>> write_with_stall(Stream& stream, std::span<const std::span<const uint8_t>> pieces, Duration stall);

// A client that empties its socket as fast as we fill it would keep the loop to itself: so much, and others have their turn.
inline constexpr uint64_t kBytesPerTurn = 1 << 20;

// What a stream's writes remember.
struct WriteTally {
  uint64_t& written;    // what the kernel has taken since the stream began; grows also on failure
  uint64_t& turn_from;  // and of that before the present turn
};

// The same at the client's pace: kTimedOut when, over the window, it has taken less than the rules want. Gives way to others after
// kBytesPerTurn without a wait, also over several calls.
Task<Result<void>> write_at_pace(Stream& stream, std::span<const std::span<const uint8_t>> pieces, ClientPace& pace, PaceRules rules,
                                 WriteTally tally);

}  // namespace evershore::io
