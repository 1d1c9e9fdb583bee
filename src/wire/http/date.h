// HTTP-date (RFC 9110 5.6.7).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace evershore::http {

// "Sun, 06 Nov 1994 08:49:37 GMT"; parts of a second are cut off. Years 0 to 9999; times outside are moved to the nearest end.
std::string format_http_date(Wall time);
// All three forms that a recipient must accept: IMF-fixdate, RFC 850 (years 70-99 are 19xx, the others 20xx), asctime.
// Names are compared with case, as the RFC has it; the day of the week is not checked against the date.
std::optional<Wall> parse_http_date(std::string_view text);

}  // namespace evershore::http
