// Small bodies in memory: to hand a string to a put, and to read a short body whole.
#pragma once

#include <string>

#include "store/object_store.h"

namespace evershore::store {

// Yields `bytes` in pieces of at most `piece_bytes_max`.
class MemoryBody final : public BodyReader {
 public:
  explicit MemoryBody(std::string bytes, size_t piece_bytes_max = 256 * 1024);
  Task<Result<std::span<const uint8_t>>> next() override;

 private:
  std::string bytes_;
  size_t piece_bytes_max_;
  size_t given_ = 0;
};

// The rest of `body` in one string. More than `bytes_max` is kInvalid.
Task<Result<std::string>> read_whole(BodyReader& body, size_t bytes_max);

}  // namespace evershore::store
