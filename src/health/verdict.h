// What one answer says about the health of who gave it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace evershore::health {

inline constexpr size_t kSearchBytes = 5'120;  // as Route 53: the string must lie entirely in the first 5,120 bytes of the body

struct Verdict {
  bool ok = false;
  std::string why;  // "200", "503 Service Unavailable", "200, but the text is not in the first 5120 bytes"
};

// A plain HTTP check: 2xx or 3xx (a redirect is an answer by itself and is not followed).
Verdict judge_status(uint16_t status);
// The same, and `search` (case-sensitive, not empty) in the first kSearchBytes of `body`.
Verdict judge_search(uint16_t status, std::string_view body, std::string_view search);

// A region's answer to HEAD of its bucket. The question is "does the store work for us", so any answer below 500 is a
// sign of life, except 429 (throttled), 404 (no such bucket) and, to a signed request, 403 (credentials refused).
enum class Signed : uint8_t { kNo, kYes };
Verdict judge_bucket(uint16_t status, Signed request);
// A region's answer to GET of the marker, or of anything in a bare region: it may well not be there or not be for us.
Verdict judge_marker(uint16_t status);

}  // namespace evershore::health
