// The data of SVCB and HTTPS records (RFC 9460) between presentation and wire form. Reached through rdata.h.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace evershore::dnswire {

// "1 svc.example.net. alpn=h2,h3 port=8443 ipv4hint=192.0.2.1": priority (0 = alias form), target, parameters by their names or as keyNNN.
// What is accepted is consistent by itself (RFC 9460 2.4.3): no key twice, mandatory keys are there, no-default-alpn has an alpn.
Result<std::string> svcb_from_text(std::string_view text);

// Of sound data.
std::string svcb_to_text(std::string_view rdata);

// Keys in ascending order, values of the known ones well formed, all of it consistent.
bool svcb_is_sound(std::string_view rdata);

}  // namespace evershore::dnswire
