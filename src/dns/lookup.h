// What a resolver says to one question about a name outside our zones: our stub resolver's reading half. No sockets, no clock.
#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "wire/dns/name.h"
#include "wire/dns/types.h"

namespace evershore::dns {

inline constexpr size_t kLookupAddressesMax = 32;  // of one answer; more are cut, always the same ones
inline constexpr size_t kLookupLinksMax = 16;      // CNAMEs on the way to the addresses

struct LookupQuestion {
  dnswire::Name name;
  uint16_t type = dnswire::kTypeA;  // or AAAA
  bool operator==(const LookupQuestion&) const = default;
  bool operator<(const LookupQuestion& other) const { return name == other.name ? type < other.type : name < other.name; }
};

struct Heard {
  enum class Kind : uint8_t {
    kForeign,    // no answer to this question: a forgery, a late one; whoever waits goes on waiting
    kTruncated,  // ask again over TCP
    kAddresses,  //
    kNothing,    // the name's own servers say so: there is no such name, or it has no such address
    kFailed,     // an answer, but no word on the addresses
  };
  Kind kind = Kind::kFailed;
  std::vector<std::string> rdata{};  // kAddresses: not empty, sorted, no duplicates
  uint32_t ttl_seconds = 0;          // kAddresses: the least on the way; kNothing: of the SOA (RFC 2308 5)
  std::string why{};                 // kFailed
};

// With RD and EDNS, as a stub resolver asks.
std::vector<uint8_t> build_lookup(const LookupQuestion& question, uint16_t id);

// Follows the CNAMEs in the answer. "Nothing" counts only with a SOA from above the name: without one it may be a filter's or a lame
// server's word, and it would take addresses away.
Heard hear(std::span<const uint8_t> packet, const LookupQuestion& question, uint16_t id);

}  // namespace evershore::dns
