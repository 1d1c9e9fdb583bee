// Caching directives meant for one kind of cache: CDN-Cache-Control (RFC 9213) and Surrogate-Control (the older W3C note).
#pragma once

#include <optional>
#include <string_view>

#include "wire/http/cache_control.h"

namespace evershore::http {

// A structured dictionary (RFC 8941 3.2), read as RFC 9213 2.1 says: parameters and values of a type that a directive does
// not have are ignored. nullopt when empty or malformed: the field then counts as absent.
std::optional<CacheControl> parse_targeted(std::string_view value);

// "max-age=60, no-store;device": directives with a target other than `device` are left out; nullopt when none is left.
std::optional<CacheControl> parse_surrogate_control(std::string_view value, std::string_view device);

}  // namespace evershore::http
