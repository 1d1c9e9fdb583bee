// What the peer's kernel has taken of what we wrote: with a large socket buffer between, whether a write would block says little about
// that.
#pragma once

#include <cstdint>
#include <optional>

namespace evershore::io {

// Bytes that the peer has acknowledged since the connection began; nullopt where the descriptor is no TCP socket.
std::optional<uint64_t> acknowledged_bytes(int fd);

// From now on the kernel takes no more than a little beyond what the network takes: for a peer that has turned out slow.
void keep_unsent_low(int fd);

}  // namespace evershore::io
