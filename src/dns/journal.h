// What changed from one serial of a zone to the next, for secondaries that have an older one (RFC 1995).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "dns/plain_zone.h"

namespace evershore::dns {

inline constexpr size_t kJournalDifferencesMax = 512;
inline constexpr size_t kJournalBytesMax = 4 << 20;  // of one zone

struct ZoneRecord {
  Name owner;
  uint16_t type = 0;
  uint32_t ttl = 0;
  std::string rdata;
  bool operator==(const ZoneRecord&) const = default;
};

struct Difference {
  uint32_t from = 0;  // serials
  uint32_t to = 0;
  ZoneRecord from_soa;
  ZoneRecord to_soa;
  std::vector<ZoneRecord> removed;  // without the SOA
  std::vector<ZoneRecord> added;
  size_t bytes = 0;  // about what it takes on the wire
};

// Two states of one zone. A set whose TTL changed is removed and added as a whole; otherwise only the records that differ.
Difference difference_between(const PlainZone& from, const PlainZone& to);

// The last differences of one zone in a row. A value: copies share the differences.
class Journal {
 public:
  // `next` begins where the last one ended; otherwise the older ones are forgotten first. The oldest go when it gets too long.
  void add(std::shared_ptr<const Difference> next);
  // All from `serial` to the newest; nullopt: it is not among them, the whole zone must be sent.
  std::optional<std::vector<std::shared_ptr<const Difference>>> since(uint32_t serial) const;
  size_t size() const { return differences_.size(); }

 private:
  std::vector<std::shared_ptr<const Difference>> differences_;  // oldest first
  size_t bytes_ = 0;
};

}  // namespace evershore::dns
