#include "dns/snapshot.h"

#include <cstring>

namespace evershore::dns {

const CompiledNode* CompiledSnapshot::find(uint64_t hash, std::span<const uint8_t> name) const {
  if (slots.empty()) return nullptr;
  const size_t mask = slots.size() - 1;
  for (size_t slot = hash & mask; slots[slot] != 0; slot = (slot + 1) & mask) {
    const auto& node = nodes[slots[slot] - 1];
    if (node.hash != hash || node.name_bytes != name.size()) continue;
    if (std::memcmp(bytes.data() + node.name_at, name.data(), name.size()) == 0) return &node;
  }
  return nullptr;
}

}  // namespace evershore::dns
