// Record data between its presentation form and its (uncompressed) wire form.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "wire/dns/name.h"
#include "wire/dns/types.h"

namespace evershore::dnswire {

inline constexpr size_t kRdataBytesMax = 65'535;

// A, AAAA, CNAME, NS, PTR, MX, TXT, SOA, SRV, CAA, DNAME, SVCB, HTTPS, and every type in the generic form `\# LENGTH HEX` (RFC 3597 5).
// Names are absolute with or without their final dot. A TXT value that does not begin with a quote is one string as it
// stands (blanks and all), cut at 255 bytes; otherwise it is a list of quoted or bare strings as in a master file.
Result<std::string> rdata_from_text(uint16_t type, std::string_view text);

// The same back, for people and tests. Malformed data and types without a form of their own: the generic form.
std::string rdata_to_text(uint16_t type, std::string_view rdata);

// Is `rdata` well formed for its type? Types without a form of their own always are.
bool rdata_is_sound(uint16_t type, std::string_view rdata);

// The first name inside the rdata, for the types that have one to look up (CNAME, NS, PTR, MX, SRV, SOA's mname).
Result<Name> rdata_target(uint16_t type, std::string_view rdata);

// How a type's rdata is laid out: plain bytes and names. Only the types of RFC 1035 are compressed (RFC 3597 4).
struct RdataLayout {
  size_t skip = 0;   // bytes before the first name
  size_t names = 0;  // how many names follow in a row
  bool compress = false;
};
RdataLayout rdata_layout(uint16_t type);

}  // namespace evershore::dnswire
