// Bytes in, compressed bytes out, piece by piece. Memory is bounded whatever the length: gzip 0.3 MiB, brotli and zstd some 2 MiB.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "edge/encoding.h"

namespace evershore::edge {

class Encoder {
 public:
  virtual ~Encoder() = default;
  // Each appends what is ready to `out`, perhaps nothing. After finish() it is done with.
  virtual void add(std::span<const uint8_t> piece, std::string& out) = 0;
  virtual void flush(std::string& out) = 0;  // all of what was added can be decoded by the other side
  virtual void finish(std::string& out) = 0;
};

// Not for kIdentity. nullptr: no memory for it.
std::unique_ptr<Encoder> make_encoder(Coding coding);

}  // namespace evershore::edge
