// A small durable key-value store for what must outlive a restart and is not about keys of a site: drains, pins, states
// of checks. Tens to thousands of entries. Drivers: MemoryBoard, RocksDB.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/task.h"

namespace evershore::queue {

inline constexpr size_t kBoardKeyBytesMax = 512;
inline constexpr size_t kBoardValueBytesMax = 64 << 10;

// One thread: its scheduler's. Keys are paths: "drain/east", "pin/assets", "check/region/east".
class Board {
 public:
  virtual ~Board() = default;

  virtual Task<Result<std::optional<std::string>>> get(std::string key) = 0;
  // Durable when the task resumes. kInvalid above the limits.
  virtual Task<Result<void>> put(std::string key, std::string value) = 0;
  // Removing an absent key succeeds. Durable when the task resumes.
  virtual Task<Result<void>> remove(std::string key) = 0;
  // In key order.
  virtual Task<Result<std::vector<std::pair<std::string, std::string>>>> list(std::string prefix) = 0;
};

}  // namespace evershore::queue
