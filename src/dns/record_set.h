// Records as plain values: what a name has, and for records with a policy what it has for whom.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "wire/dns/name.h"

namespace evershore::dns {

using dnswire::Name;

struct Choice;

struct RecordSet {
  uint32_t ttl = 0;
  // Uncompressed wire form, in the order given, no duplicates. With a `choice`: what a server without our policies would say.
  std::vector<std::string> rdata;
  std::shared_ptr<const Choice> choice = nullptr;  // nullptr: everybody gets `rdata`
  bool operator==(const RecordSet& other) const;   // by value, choices too
};

// One set of several, by who asks.
struct Choice {
  enum class Kind : uint8_t {
    kDrawn,    // by weight, anew for each query
    kAsker,    // by weight, the same one for the same client address
    kNetwork,  // by the client's place in Places::networks
    kCountry,  // by the client's place in Places::countries
  };
  // A set that is empty and has no choice of its own: no data.
  struct Option {
    RecordSet set;
    uint32_t weight = 1;
    bool operator==(const Option&) const = default;
  };
  Kind kind = Kind::kDrawn;
  std::vector<Option> options;       // never empty
  std::vector<uint16_t> by_place{};  // kNetwork, kCountry: the option for each place of the table
  bool operator==(const Choice&) const = default;
};

using Node = std::map<uint16_t, RecordSet>;  // by type
using Contents = std::map<Name, Node>;

}  // namespace evershore::dns
