// Fields that a site adds to its answers, replaces or takes away. Pure.
#pragma once

#include <string_view>

#include "model/settings.h"
#include "wire/http/message.h"

namespace evershore::edge {

// Taken away first, then what is set in any case, then what is set where the answer has none, at last the security fields.
void apply_policy(const HeaderPolicySettings& policy, http::Headers& headers);

// Fields that belong to the connection, to the body or to the cache: a policy may not touch them.
bool policy_may_change(std::string_view name);

}  // namespace evershore::edge
