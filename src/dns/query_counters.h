// Which row and column of the query counters a query belongs to: its zone and its type. Few and fixed, whatever is asked: the first of
// each stands for everything that has none of its own.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "base/counter.h"
#include "dns/record_set.h"
#include "routing/decide.h"

namespace evershore::dns {

struct CountedType {
  uint16_t type;
  std::string_view name;
};
inline constexpr std::array kCountedTypes{
    CountedType{0, "other"},   CountedType{1, "A"},      CountedType{2, "NS"},    CountedType{5, "CNAME"},  CountedType{6, "SOA"},
    CountedType{12, "PTR"},    CountedType{15, "MX"},    CountedType{16, "TXT"},  CountedType{28, "AAAA"},  CountedType{33, "SRV"},
    CountedType{35, "NAPTR"},  CountedType{39, "DNAME"}, CountedType{43, "DS"},   CountedType{46, "RRSIG"}, CountedType{47, "NSEC"},
    CountedType{48, "DNSKEY"}, CountedType{52, "TLSA"},  CountedType{59, "CDS"},  CountedType{64, "SVCB"},  CountedType{65, "HTTPS"},
    CountedType{251, "IXFR"},  CountedType{252, "AXFR"}, CountedType{255, "ANY"}, CountedType{257, "CAA"}};
inline constexpr size_t kTypeColumns = kCountedTypes.size();
inline constexpr size_t kZoneRows = 256;

inline constexpr auto kColumnOfType = [] {
  std::array<uint8_t, kCountedTypes.back().type + 1> columns{};
  for (size_t i = 0; i < kTypeColumns; ++i) columns[kCountedTypes[i].type] = static_cast<uint8_t>(i);
  return columns;
}();
inline size_t type_column(uint16_t type) { return type < kColumnOfType.size() ? kColumnOfType[type] : 0; }

// Why the asked name answered as it did: 0 where nothing decides, else 1 + routing::Why.
inline constexpr size_t kOutcomeColumns = 2 + static_cast<size_t>(routing::Why::kDown);
constexpr uint8_t outcome_column(routing::Why why) { return static_cast<uint8_t>(1 + static_cast<uint8_t>(why)); }
using OutcomeCounters = std::array<Counter, kOutcomeColumns>;

// One thread writes.
using QueryCounters = std::array<std::array<Counter, kTypeColumns>, kZoneRows>;

// Gives each zone a row of its own that stays the same for good, so that counters go on over reloads. Zones beyond kZoneRows share the
// first. One thread's.
class ZoneRegister {
 public:
  // In the order of `apexes`.
  std::vector<uint16_t> rows_of(std::span<const Name> apexes);
  // By row; the first is the root and means nothing.
  const std::vector<Name>& zones() const { return zones_; }

 private:
  uint16_t row_of(const Name& apex);

  std::map<Name, uint16_t> rows_;
  std::vector<Name> zones_{1};
};

}  // namespace evershore::dns
