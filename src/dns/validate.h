// Everything that is wrong with the [dns] settings, at once.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "dns/zone.h"

namespace evershore::dns {

// `known_checks`: every name that a `health_check` may give ("bucket", "region/east", "edge/node-1").
// `files`: the zones' master files as far as they could be read (see load_zones()).
std::vector<Problem> validate(const DnsSettings& settings, const std::set<std::string>& known_checks, const MasterFiles& files = {});

}  // namespace evershore::dns
