// The field that names a request: in answers, in requests to regions, and in the access log.
#pragma once

#include <string_view>

namespace evershore {

inline constexpr std::string_view kRequestIdField = "X-Evershore-Request";

}  // namespace evershore
