// The policies of records in the settings: what each needs of its answers, and which records lead to which.
#pragma once

#include <functional>

#include "dns/zone.h"

namespace evershore::dns {

using TellProblem = std::function<void(std::string field, std::string message)>;

// Fills in what `record` has by its policy, its answers' values having been read in the order of the settings. Puts a failover's
// primary first and takes the fallback out of the answers.
void read_policy(const DnsSettings& dns, const RecordSettings& settings, DecidedRecord& record, const TellProblem& tell);

// What only all records together show: targets without a policy, circles, more outcomes than there may be. `where` tells for each
// record, by its name and type, the place in the settings.
void check_targets(const std::vector<Zone>& zones, const std::function<void(const DecidedRecord&, std::string message)>& tell);

// The name that an answer of a CNAME or ALIAS record leads to.
std::optional<Name> target_of(const DecidedRecord& record, const DecidedAnswer& answer);

// Of [dns.networks]; what is no prefix is passed over (the settings' reader tells).
std::shared_ptr<const PlaceTable> network_table(const DnsSettings& dns);
void check_places(const DnsSettings& dns, const TellProblem& tell);

}  // namespace evershore::dns
