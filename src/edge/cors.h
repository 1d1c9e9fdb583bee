// Cross-origin rules as S3 has them, decided at the edge (Fetch standard, 3.2). Pure.
#pragma once

#include <optional>
#include <span>

#include "model/settings.h"
#include "wire/http/message.h"

namespace evershore::edge {

bool is_preflight(const http::RequestHead& request);

// The answer to a preflight: what the first rule for its origin, method and fields allows. nullopt: none does.
std::optional<http::ResponseHead> answer_preflight(std::span<const CorsRuleSettings> rules, const http::RequestHead& request);

// What an answer to this request says: the first rule for its origin and method, and Vary: Origin in any case, as without it
// a cache would hand one origin's answer to another. A region's own Access-Control fields are replaced.
void add_cors(std::span<const CorsRuleSettings> rules, const http::RequestHead& request, http::Headers& answer);

// `name` into Vary, unless it is there.
void add_vary(http::Headers& headers, std::string_view name);

}  // namespace evershore::edge
