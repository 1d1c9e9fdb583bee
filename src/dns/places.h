// Where a client is: address prefixes with names, the longest match wins. Immutable once built; shared by any number of threads.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace evershore::dns {

struct Prefix {
  std::array<uint8_t, 16> address{};  // v4: the first four bytes
  uint8_t bits = 0;
  bool v6 = false;
  bool operator==(const Prefix&) const = default;
};
// "192.0.2.0/24", "2001:db8::/32"; an address alone is the prefix of its full length. Bits behind the length must be 0.
Result<Prefix> parse_prefix(std::string_view text);

class PlaceTable {
 public:
  struct Area {
    Prefix prefix;
    std::vector<std::string> names;  // the smallest area first
  };
  // Prefixes inside others get the names of those too, behind their own. Of two equal prefixes the first counts.
  static std::shared_ptr<const PlaceTable> build(std::span<const Area> areas);

  struct Found {
    uint16_t place = 0;      // into places(); 0 = in none of them
    uint8_t scope_bits = 0;  // all addresses that share so many bits with the one asked for are at that place
  };
  // `address` is 4 or 16 bytes (v4 in v6 counts as v4) of which the first `bits` are known. A place whose prefix is longer than that
  // does not match. Does not allocate.
  Found find(std::span<const uint8_t> address, size_t bits) const;

  // The names of each place, smallest area first; [0] has none.
  const std::vector<std::vector<std::string>>& places() const { return places_; }

 private:
  struct Entry {
    uint64_t high = 0;  // the address from its first bit on
    uint64_t low = 0;
    uint32_t parent = 0;  // entry + 1 of the next larger prefix; 0 = none
    uint16_t place = 0;
    uint8_t bits = 0;
  };
  class Builder;
  static bool contains(const Entry& entry, uint64_t high, uint64_t low);
  static Found find_in(const std::vector<Entry>& entries, uint64_t high, uint64_t low, size_t bits);

  std::vector<Entry> v4_;  // by address, then by length
  std::vector<Entry> v6_;
  std::vector<std::vector<std::string>> places_{1};
};

// What a snapshot knows of places; nullptr: nothing, everybody is at place 0.
struct Places {
  std::shared_ptr<const PlaceTable> networks = nullptr;   // [dns.networks]
  std::shared_ptr<const PlaceTable> countries = nullptr;  // of the geo database: "country/DE" and "continent/EU"
};

}  // namespace evershore::dns
