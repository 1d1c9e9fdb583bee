#include "dns/snapshot.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "dns/canonical.h"

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

uint64_t key_prefix(std::span<const uint8_t> key) {
  uint64_t prefix = 0;
  for (size_t i = 0; i < sizeof prefix; ++i) prefix = prefix << 8 | (i < key.size() ? key[i] : 0);
  return prefix;
}

void CompiledSnapshot::link_secure(uint32_t plain, SecureBody form) {
  if (secure.size() <= plain) secure.resize(plain + size_t{1});
  secure[plain] = form;
}

uint32_t CompiledSnapshot::proof_of(const NsecChain& chain, const uint8_t* lower, std::span<const uint8_t> starts) const {
  std::array<uint8_t, kCanonicalKeyBytesMax> key;
  const size_t key_bytes = write_canonical_key(lower, starts.first(starts.size() - chain.apex_labels), key.data());
  const std::span<const uint8_t> wanted(key.data(), key_bytes);
  const uint64_t prefix = key_prefix(wanted);
  const auto after = [&](uint64_t of_wanted, const NsecLink& link) {
    if (of_wanted != link.prefix) return of_wanted < link.prefix;
    return std::ranges::lexicographical_compare(wanted, bytes_of(link.key_at, link.key_bytes));
  };
  const auto all = std::span(nsec_links).subspan(chain.links_at, chain.links);
  const auto next = std::upper_bound(all.begin(), all.end(), prefix, after);
  return std::prev(next)->proof;  // the apex, with an empty key, comes before every name
}

}  // namespace evershore::dns
