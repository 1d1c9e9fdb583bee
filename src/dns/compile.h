// Plain zones -> every answer they can give, on the wire (see dns/snapshot.h).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "dns/plain_zone.h"
#include "dns/snapshot.h"

namespace evershore::dns {

// The zones passed load_zones() without a problem: SOA and NS stand at each apex. `nsid` is cut at 128 bytes.
std::shared_ptr<const CompiledSnapshot> compile(const std::vector<PlainZone>& zones, std::string nsid);

}  // namespace evershore::dns
