// The fixed records of one zone as they are read, in any order, and then name by name: lean, since there may be millions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "wire/dns/name.h"

namespace evershore::dns {

class RecordPool {
 public:
  struct Record {
    std::string_view owner;  // wire form
    uint16_t type = 0;
    uint32_t ttl = 0;
    std::string_view rdata;
    uint32_t source = 0;  // the caller's: where it was read
    uint32_t line = 0;
  };
  void add(const dnswire::Name& owner, const Record& record);  // record.owner is not looked at
  // By owner in the order of Name, then by type, then as they were added.
  void sort();
  size_t size() const { return entries_.size(); }
  Record operator[](size_t index) const;  // views the pool
  // The end of the records with the same owner as that at `first`.
  size_t end_of_owner(size_t first) const;

 private:
  struct Entry {
    uint64_t key = 0;  // the owner's first bytes in lower case: mostly enough to compare
    uint64_t at = 0;   // in bytes_: owner, TTL, then the data up to the next
    uint32_t rdata_bytes = 0;
    uint32_t source = 0;
    uint32_t line = 0;
    uint16_t type = 0;
    uint8_t owner_bytes = 0;
  };
  std::string_view owner_of(const Entry& entry) const { return std::string_view(bytes_).substr(entry.at, entry.owner_bytes); }
  bool before(const Entry& a, const Entry& b) const;

  std::string bytes_;
  std::vector<Entry> entries_;
};

}  // namespace evershore::dns
