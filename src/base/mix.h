// Numbers scattered over 64 bits, for hashing and drawing; not for secrets.
#pragma once

#include <cstdint>

namespace evershore {

// SplitMix64's last step: one to one, each bit of the value moves about half of the result's.
constexpr uint64_t mixed(uint64_t value) {
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9ULL;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBULL;
  return value ^ (value >> 31);
}

}  // namespace evershore
