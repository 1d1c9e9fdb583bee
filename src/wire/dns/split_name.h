// A name taken apart for look-ups: folded to lower case, with the hash of itself and of each name above it. Does not allocate.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "wire/dns/name.h"

namespace evershore::dnswire {

// Not initialised: as much is written as the name has.
struct SplitName {
  std::array<uint8_t, kNameBytesMax + kHashReadAhead> lower;
  std::array<uint8_t, kLabelsMax + 1> starts;   // of the labels, leftmost first, then of the root
  std::array<uint64_t, kLabelsMax + 1> hashes;  // of the name that begins there, as hash_name() gives it
  size_t labels;                                // without the root's
  size_t bytes;

  // `name` is one whole name in wire form.
  explicit SplitName(std::span<const uint8_t> name) : labels(0), bytes(name.size()) {
    lower_wire(name, lower.data());
    for (size_t at = 0; lower[at] != 0; at += 1 + size_t{lower[at]}) starts[labels++] = static_cast<uint8_t>(at);
    starts[labels] = static_cast<uint8_t>(bytes - 1);
    hashes[labels] = kHashRoot;
    for (size_t i = labels; i-- > 0;) hashes[i] = hash_label(hashes[i + 1], &lower[starts[i]], 1 + size_t{lower[starts[i]]});
  }
  // The name without its first `label` labels, lower case.
  std::span<const uint8_t> from(size_t label) const { return {&lower[starts[label]], bytes - starts[label]}; }
};

}  // namespace evershore::dnswire
