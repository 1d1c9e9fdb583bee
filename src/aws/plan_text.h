// A plan for people, and as JSON for programs.
#pragma once

#include <string>

#include "aws/plan.h"

namespace evershore::aws {

enum class Colour : uint8_t { kOff, kOn };

std::string plan_text(const Plan& plan, Colour colour);

// {"host", "account", "fingerprint", "differs", "steps": [{"part", "title", "verb", "why", "call", "fields": [{"name", "from", "to"}]}],
//  "cannot": [...], "remarks": [...], "problems": [...]}
std::string plan_json(const Plan& plan);
// The fingerprint in what plan_json() wrote; "" if it is something else.
std::string fingerprint_in(const std::string& json);

}  // namespace evershore::aws
