// Which methods a site takes, and from whose pages. Pure.
#pragma once

#include <string>
#include <string_view>

#include "model/settings.h"
#include "wire/http/message.h"

namespace evershore::edge {

enum class Access : uint8_t { kYes, kMethod, kReferer };
Access access_of(const AccessSettings& access, const http::RequestHead& request);

// For Allow, where methods are limited: OPTIONS is always answered.
std::string allowed_methods(const AccessSettings& access);

}  // namespace evershore::edge
