// The status document (docs/operating/status.md) as a page for a terminal.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace evershore::console {

struct TextStyle {
  bool colour = false;
};

// `status_json` is what GET /api/v1/status answers. kInvalid when it is not that.
Result<std::string> status_text(std::string_view status_json, TextStyle style);

}  // namespace evershore::console
