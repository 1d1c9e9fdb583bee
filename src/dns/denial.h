// The chain of NSEC records that proves what a zone does not have (RFC 4034 4, RFC 4035 2.3). docs/decisions/0004 says why this kind.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "dns/plain_zone.h"

namespace evershore::dns {

// The minimum field of a SOA: how long absence may be remembered (RFC 2308 4).
uint32_t soa_minimum(const RecordSet& soa);

// Is there a delegation strictly above `name` in its zone? What lies there is glue or of no use, and not this zone's.
bool below_cut(const PlainZone& zone, const Name& name);
// Does this zone's key sign this set? Not at or below a delegation, but for what belongs to the parent side (RFC 4035 2.2).
bool signed_here(const PlainZone& zone, const Name& owner, uint16_t type);

// The types that exist at a name, in the windows of RFC 4034 4.1.2.
std::string type_bitmap(const Node& node, bool at_cut);

// The NSEC of a name for those to whom one of its types is not there.
RecordSet nsec_without(const RecordSet& nsec, const Node& node, uint16_t type);

// Gives each name of `zone` that is not below a delegation its NSEC record, in canonical order; the last points at the apex. A name
// without data gets one too, which is what keeps it there. TTL as RFC 9077 3 has it. All other sets must be in place.
void add_nsec_chain(PlainZone& zone);

}  // namespace evershore::dns
