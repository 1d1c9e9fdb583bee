// Large objects lie in the cache as blocks, each under a key of its own beside the object's fields. Pure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "edge/takeover.h"

namespace evershore::edge {

struct CacheLimits {
  uint64_t shared_bytes_max = 8ULL << 20;  // objects up to this are kept whole, larger ones in blocks
  uint64_t block_bytes = 1ULL << 20;
};

inline uint64_t blocks_of(uint64_t size_bytes, uint64_t block_bytes) { return (size_bytes + block_bytes - 1) / block_bytes; }

inline uint64_t bytes_of_block(uint64_t block, uint64_t size_bytes, uint64_t block_bytes) {
  return std::min(block_bytes, size_bytes - block * block_bytes);
}

// Blocks belong to bytes, not to answers: a strong ETag names them, so they serve on after a revalidation, and never mix versions.
inline std::string block_family(std::string_view cache_key, std::string_view etag) {
  std::string key(cache_key);
  key.push_back('\0');  // behind it, like variants: a purge of the key means its blocks, too
  return key.append("block ").append(etag);
}
inline std::string block_key(std::string_view family, uint64_t block) {
  return std::string(family).append(" ").append(std::to_string(block));
}

// From the first byte of block `first` up to the end of block `end - 1`, as what a region's answer must fit.
inline Identity block_identity(std::string_view etag, std::string_view encoding, uint64_t size_bytes, uint64_t first, uint64_t end,
                               uint64_t block_bytes) {
  return {.etag = std::string(etag),
          .first_byte = first * block_bytes,
          .last_byte = std::min(end * block_bytes, size_bytes) - 1,
          .total_bytes = size_bytes,
          .encoding = std::string(encoding)};
}

}  // namespace evershore::edge
