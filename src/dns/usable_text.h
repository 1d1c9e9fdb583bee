// Which answers were usable when last any was, as text that is kept over restarts: a line for each record, "NAME TYPE 10".
#pragma once

#include <string>
#include <string_view>

#include "dns/choose.h"

namespace evershore::dns {

std::string usable_text(const LastUsable& usable);
// Lines that are none are passed over.
LastUsable usable_from_text(std::string_view text);

}  // namespace evershore::dns
