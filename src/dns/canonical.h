// The canonical form and order of names and records (RFC 4034 6): what signatures cover and how NSEC chains are sorted.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wire/dns/name.h"

namespace evershore::dns {

// Every byte of a label may take two in a key, and its length byte becomes its end.
inline constexpr size_t kCanonicalKeyBytesMax = 2 * dnswire::kNameBytesMax;

// A key whose bytewise order is the canonical order of names (RFC 4034 6.1): labels from the root on, lower case, each with an end
// that sorts before every byte. A name's key begins with its ancestors' keys.
std::string canonical_key(const dnswire::Name& name);

// The same without allocation, for the labels that begin at `starts` (leftmost label first) of a lower-case name in wire form.
// `out` holds kCanonicalKeyBytesMax bytes. Returns the key's size.
size_t write_canonical_key(const uint8_t* lower, std::span<const uint8_t> starts, uint8_t* out);

// Names inside the data of the types that RFC 4034 6.2 lists (as corrected by RFC 6840 5.1) in lower case; all else as it is.
// Data that is not sound for its type comes back unchanged.
std::string canonical_rdata(uint16_t type, std::string_view rdata);

// All data of a set in canonical form and order, without duplicates (RFC 4034 6.3).
std::vector<std::string> canonical_set(uint16_t type, std::span<const std::string> rdata);

}  // namespace evershore::dns
