// Conditional requests (RFC 9110 13): what the preconditions of a request say about the object as it is.
#pragma once

#include <optional>
#include <string_view>

#include "base/time.h"
#include "wire/http/message.h"

namespace evershore::http {

struct Validators {
  std::string_view etag;              // as in the ETag field, with quotes and W/; "" = none
  std::optional<Wall> last_modified;  // compared in whole seconds, as the field carries it
  bool exists = true;                 // false: there is no such object (yet)
};

enum class Precondition : uint8_t {
  kProceed,      // answer as if there were no condition
  kNotModified,  // 304
  kFailed,       // 412
};
struct ConditionalDecision {
  Precondition outcome = Precondition::kProceed;
  bool use_range = false;  // kProceed of a GET with a Range field: honour it (false: If-Range did not match, or there is no Range)
};

// In the order of RFC 9110 13.2.2.
ConditionalDecision evaluate_conditions(const Headers& request, std::string_view method, const Validators& object);

bool etags_match_strongly(std::string_view a, std::string_view b);  // both strong and equal (RFC 9110 8.8.3.2)
bool etags_match_weakly(std::string_view a, std::string_view b);    // equal but for W/
// Is `etag` in the list `value` of an If-Match or If-None-Match ("*" is for the caller)? Malformed members do not match.
enum class EtagComparison : uint8_t { kStrong, kWeak };
bool etag_in_list(std::string_view value, std::string_view etag, EtagComparison comparison);

}  // namespace evershore::http
