// TXT questions for _why.NAME: the answer tells why NAME answers what it does. For people who look for a fault, from networks that the
// settings allow; everybody else is answered as if there were no such thing.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "dns/snapshot.h"
#include "dns/why.h"

namespace evershore::dns {

// Cheap: may this query be one? Only then why_answer() need be asked.
inline bool asks_why(std::span<const uint8_t> packet) {
  constexpr size_t kFirstLabelAt = 12;
  if (packet.size() < kFirstLabelAt + 5 || packet[kFirstLabelAt] != 4) return false;
  const auto is = [&](size_t at, char lower) { return (packet[kFirstLabelAt + at] | 0x20) == (lower | 0x20); };
  return is(1, '_') && is(2, 'w') && is(3, 'h') && is(4, 'y');
}

// A snapshot that answers this one query, to be given to answer() in place of `snapshot`: a TXT record set with TTL 0, not signed.
// nullptr: `snapshot` answers, as always. `address`: the client's, 4 or 16 bytes.
std::shared_ptr<const CompiledSnapshot> why_answer(std::span<const uint8_t> packet, const WhyState& state, const CompiledSnapshot& snapshot,
                                                   std::span<const uint8_t> address);

}  // namespace evershore::dns
