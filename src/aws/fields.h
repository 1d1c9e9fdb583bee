// Resources as named texts, for comparing them and for showing what differs.
#pragma once

#include <string>
#include <vector>

#include "aws/plan.h"

namespace evershore::aws {

using Fields = std::vector<std::pair<std::string, std::string>>;

Fields fields_of(const HealthCheck& check);
Fields fields_of(const Distribution& distribution);
Fields fields_of(const RecordSet& set);
Fields fields_of(const ReplicationRule& rule);
Fields fields_of(const Alarm& alarm);

// Those that differ. Both lists name the same fields; against nothing: all that are not empty.
std::vector<FieldChange> differing(const Fields& from, const Fields& to);
std::vector<FieldChange> all_new(const Fields& to);

std::string joined(const std::vector<std::string>& texts);

}  // namespace evershore::aws
