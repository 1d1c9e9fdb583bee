// Why a name of the DNS answers what it does, as the admin API tells it; for this folder's .cc files only.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "base/time.h"
#include "dns/why.h"

namespace evershore::app {

nlohmann::ordered_json why_json(const dns::WhyName& name, Wall now);

}  // namespace evershore::app
