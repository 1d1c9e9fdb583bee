// The explain document as text for a terminal: what is asked, the state, and the evidence under it, indented.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace evershore::console {

// `explain_json` is what GET /api/v1/explain answers. kInvalid when it is not that.
Result<std::string> explain_text(std::string_view explain_json);

}  // namespace evershore::console
