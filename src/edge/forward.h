// Sites that forward the client's request to their regions instead of asking for a key: what goes there, and what comes back.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/settings.h"
#include "wire/http/message.h"

namespace evershore::edge {

enum class Conditions : uint8_t { kKeep, kLeaveOut };

// The client's end-to-end fields with our Via, without Host (the region's own is sent) and framing. Of requests that the cache
// may answer, conditions and ranges are left out: the cache evaluates them itself.
http::Headers forwarded_fields(const http::RequestHead& client, Conditions conditions);

// The end-to-end fields of an answer (RFC 9110 7.6.1: nothing that is for one connection, nor what Connection names), with our
// Via, without Age and without what is meant for surrogates alone.
http::Headers end_to_end(const http::Headers& upstream);

// Path and query as the region gets them: byte by byte the client's, with the site's prefix in front.
std::string forwarded_target(const SiteSettings& site, const http::RequestHead& client);

// RFC 9111 4.4: a safe method leaves what is stored as it is.
bool safe_method(std::string_view method);

// The targets on this site that an answer to an unsafe request makes invalid besides its own: those of Location and
// Content-Location, where they name the request's own host.
std::vector<std::string> invalidated_targets(const http::RequestHead& client, const http::Headers& answer);

}  // namespace evershore::edge
