#include "dns/query_counters.h"

#include <utility>

namespace evershore::dns {

void ZoneRows::insert(Slot added) {
  const size_t mask = slots_.size() - 1;
  size_t slot = added.hash & mask;
  while (slots_[slot].used) slot = (slot + 1) & mask;
  slots_[slot] = added;
}

void ZoneRows::add(uint64_t hash, uint16_t row) {
  ++count_;
  if (slots_.size() < 2 * count_) {
    const auto old = std::exchange(slots_, std::vector<Slot>(std::bit_ceil(4 * count_)));
    for (const auto& slot : old) {
      if (slot.used) insert(slot);
    }
  }
  insert({.hash = hash, .row = row, .used = true});
}

ZoneRows ZoneRegister::rows_of(std::span<const Name> apexes) {
  ZoneRows rows;
  for (const auto& apex : apexes) rows.add(dnswire::hash_name(apex), row_of(apex));
  return rows;
}

uint16_t ZoneRegister::row_of(const Name& apex) {
  const auto known = rows_.find(apex);
  if (known != rows_.end()) return known->second;
  if (zones_.size() == kZoneRows) return 0;
  const auto row = static_cast<uint16_t>(zones_.size());
  zones_.push_back(apex);
  rows_.emplace(apex, row);
  return row;
}

}  // namespace evershore::dns
