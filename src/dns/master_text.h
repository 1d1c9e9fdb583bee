// A zone as a master file (RFC 1035 5): for people, for other servers, and for our own reader.
#pragma once

#include <string>

#include "dns/plain_zone.h"
#include "dns/transfer.h"

namespace evershore::dns {

// All records, the SOA first, one a line, all names absolute. Types without a text form of their own are written in the generic one
// (RFC 3597 5). What read_master_file() makes of it is the same zone.
std::string master_text(const PlainZone& zone);

// The same of what a secondary gets (whole_zone()): of a signed zone with its keys, signatures and NSEC records.
std::string master_text(RecordSource& records);

}  // namespace evershore::dns
