#include "dns/snapshot.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "base/text.h"
#include "dns/canonical.h"
#include "wire/dns/split_name.h"

namespace evershore::dns {

namespace {

uint64_t word_at(const void* bytes) {
  uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

// std::memcmp() is not for a few bytes: this is in the path of every query.
bool same(const char* a, const uint8_t* b, size_t size) {
  if (size < sizeof(uint64_t)) return std::memcmp(a, b, size) == 0;
  const size_t last = size - sizeof(uint64_t);
  for (size_t at = 0; at < last; at += sizeof(uint64_t)) {
    if (word_at(a + at) != word_at(b + at)) return false;
  }
  return word_at(a + last) == word_at(b + last);
}

}  // namespace

const CompiledName* NameTable::find(uint64_t hash, std::span<const uint8_t> name) const {
  if (slots.empty()) return nullptr;
  const size_t mask = slots.size() - 1;
  for (size_t slot = hash & mask; slots[slot] != 0; slot = (slot + 1) & mask) {
    const auto& entry = names[slots[slot] - 1];
    if (entry.hash != static_cast<uint32_t>(hash) || entry.name_bytes != name.size()) continue;
    if (same(bytes.data() + entry.name_at, name.data(), name.size())) return &entry;
  }
  return nullptr;
}

const CompiledName* NameTable::closest(const dnswire::Name& name) const {
  const dnswire::SplitName split(as_bytes(name.wire()));
  for (size_t above = 0; above <= split.labels; ++above) {
    if (const auto* known = find(split.hashes[above], split.from(above))) return known;
  }
  return nullptr;
}

uint32_t NameTable::add(uint64_t hash, std::span<const uint8_t> name, size_t labels) {
  names.push_back({.hash = static_cast<uint32_t>(hash),
                   .name_at = static_cast<uint32_t>(bytes.size()),
                   .name_bytes = static_cast<uint8_t>(name.size())});
  bytes += as_text(name);
  labels_max = std::max(labels_max, labels);
  if (names.size() * 2 > slots.size()) {
    grow();
  } else {
    const size_t mask = slots.size() - 1;
    size_t slot = hash & mask;
    while (slots[slot] != 0) slot = (slot + 1) & mask;
    slots[slot] = static_cast<uint32_t>(names.size());
  }
  return static_cast<uint32_t>(names.size() - 1);
}

// The kept halves of the hashes are enough for as many slots as there can be names.
void NameTable::grow() {
  slots.assign(std::bit_ceil(names.size() * 2), 0);
  const size_t mask = slots.size() - 1;
  for (size_t i = 0; i < names.size(); ++i) {
    size_t slot = names[i].hash & mask;
    while (slots[slot] != 0) slot = (slot + 1) & mask;
    slots[slot] = static_cast<uint32_t>(i + 1);
  }
}

uint64_t key_prefix(std::span<const uint8_t> key) {
  uint64_t prefix = 0;
  for (size_t i = 0; i < sizeof prefix; ++i) prefix = prefix << 8 | (i < key.size() ? key[i] : 0);
  return prefix;
}

void CompiledPart::link_secure(BodyRef plain, SecureBody form) {
  const size_t number = plain & ~kFixedBit;
  if (secure.size() <= number) secure.resize(number + 1);
  secure[number] = form;
}

void CompiledPart::shrink_to_fit() {
  bytes.shrink_to_fit();
  pointers.shrink_to_fit();
  cuts.shrink_to_fit();
  types.shrink_to_fit();
  bodies.shrink_to_fit();
  nodes.shrink_to_fit();
  secure.shrink_to_fit();
}

CompiledPart::Sizes::Sizes(const CompiledPart& part)
    : bytes(part.bytes.size()),
      pointers(part.pointers.size()),
      cuts(part.cuts.size()),
      types(part.types.size()),
      bodies(part.bodies.size()),
      nodes(part.nodes.size()),
      secure(part.secure.size()) {}

void CompiledPart::Sizes::restore(CompiledPart& part) const {
  part.bytes.resize(bytes);
  part.pointers.resize(pointers);
  part.cuts.resize(cuts);
  part.types.resize(types);
  part.bodies.resize(bodies);
  part.nodes.resize(nodes);
  part.secure.resize(secure);
}

uint32_t CompiledSnapshot::proof_of(const NsecChain& chain, const uint8_t* lower, std::span<const uint8_t> starts) const {
  std::array<uint8_t, kCanonicalKeyBytesMax> key;
  const size_t key_bytes = write_canonical_key(lower, starts.first(starts.size() - chain.apex_labels), key.data());
  const std::span<const uint8_t> wanted(key.data(), key_bytes);
  const uint64_t prefix = key_prefix(wanted);
  const auto after = [&](uint64_t of_wanted, const NsecLink& link) {
    if (of_wanted != link.prefix) return of_wanted < link.prefix;
    return std::ranges::lexicographical_compare(wanted, state.bytes_of(link.key_at, link.key_bytes));
  };
  const auto all = std::span(nsec_links).subspan(chain.links_at, chain.links);
  const auto next = std::upper_bound(all.begin(), all.end(), prefix, after);
  return std::prev(next)->proof;  // the apex, with an empty key, comes before every name
}

}  // namespace evershore::dns
