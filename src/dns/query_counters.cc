#include "dns/query_counters.h"

namespace evershore::dns {

std::vector<uint16_t> ZoneRegister::rows_of(std::span<const Name> apexes) {
  std::vector<uint16_t> rows;
  rows.reserve(apexes.size());
  for (const auto& apex : apexes) rows.push_back(row_of(apex));
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
