// What of the checks' states outlives a restart, as text: so that a restarted node does not begin by knowing nothing.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "model/health.h"

namespace evershore::health {

struct Remembered {
  Health health = Health::kUnknown;
  Wall since{};
  std::string why;
  bool operator==(const Remembered&) const = default;
};
using Memory = std::map<std::string, Remembered>;  // by check

inline constexpr size_t kMemoryBytesMax = 4 << 20;

std::string write_memory(const Memory& memory);
// Lines that cannot be read are left out: forgetting is always safe. Unknown states are not remembered.
Memory read_memory(std::string_view text);

}  // namespace evershore::health
