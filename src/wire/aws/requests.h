// Any change -> its one request, and what its answer made.
#pragma once

#include "base/result.h"
#include "wire/aws/call.h"
#include "wire/aws/changes.h"

namespace evershore::aws {

// `change` is not monostate.
Call request_of(const Change& change);
// Of a good answer.
Result<Made> made_by(const Change& change, const Answer& answer);

}  // namespace evershore::aws
