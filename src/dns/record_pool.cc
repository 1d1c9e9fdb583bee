#include "dns/record_pool.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "wire/dns/message.h"

namespace evershore::dns {

namespace {

uint64_t key_of(std::string_view owner) {
  uint64_t key = 0;
  for (size_t i = 0; i < sizeof key; ++i) key = key << 8 | (i < owner.size() ? static_cast<uint8_t>(ascii_lower(owner[i])) : 0);
  return key;
}

constexpr size_t kTtlBytes = 4;

}  // namespace

void RecordPool::add(const dnswire::Name& owner, const Record& record) {
  entries_.push_back({.key = key_of(owner.wire()),
                      .at = bytes_.size(),
                      .rdata_bytes = static_cast<uint32_t>(record.rdata.size()),
                      .source = record.source,
                      .line = record.line,
                      .type = record.type,
                      .owner_bytes = static_cast<uint8_t>(owner.wire().size())});
  std::array<uint8_t, kTtlBytes> ttl;
  dnswire::store32(ttl.data(), record.ttl);
  bytes_ += owner.wire();
  bytes_ += as_text(ttl);
  bytes_ += record.rdata;
}

bool RecordPool::before(const Entry& a, const Entry& b) const {
  if (a.key != b.key) return a.key < b.key;
  const auto left = owner_of(a);
  const auto right = owner_of(b);
  if (!equal_ignoring_case(left, right)) return dnswire::name_less(left, right);
  return a.type != b.type ? a.type < b.type : a.at < b.at;
}

void RecordPool::sort() {
  const auto order = [this](const Entry& a, const Entry& b) { return before(a, b); };
  if (!std::ranges::is_sorted(entries_, order)) std::ranges::sort(entries_, order);
}

RecordPool::Record RecordPool::operator[](size_t index) const {
  const auto& entry = entries_[index];
  const auto bytes = std::string_view(bytes_).substr(entry.at);
  return {.owner = bytes.substr(0, entry.owner_bytes),
          .type = entry.type,
          .ttl = dnswire::load32(as_bytes(bytes).data() + entry.owner_bytes),
          .rdata = bytes.substr(entry.owner_bytes + kTtlBytes, entry.rdata_bytes),
          .source = entry.source,
          .line = entry.line};
}

size_t RecordPool::end_of_owner(size_t first) const {
  size_t end = first + 1;
  while (end < entries_.size() && entries_[end].key == entries_[first].key &&
         equal_ignoring_case(owner_of(entries_[end]), owner_of(entries_[first]))) {
    ++end;
  }
  return end;
}

}  // namespace evershore::dns
