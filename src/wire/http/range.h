// Byte ranges (RFC 9110 14).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/object.h"

namespace evershore::http {

inline constexpr size_t kRangesMax = 16;

// One range as asked for: first-last, first- (no last), or -last (suffix: no first, `last` = how many bytes).
struct RangeSpec {
  std::optional<uint64_t> first;
  std::optional<uint64_t> last;
  bool operator==(const RangeSpec&) const = default;
};

// nullopt: absent, malformed, another unit, or more than kRangesMax ranges: the field is to be ignored (RFC 9110 14.2).
std::optional<std::vector<RangeSpec>> parse_range(std::string_view value);

enum class RangeOutcome : uint8_t {
  kWhole,          // answer 200 with everything
  kPartial,        // answer 206 with `ranges`
  kUnsatisfiable,  // answer 416 with "bytes */size"
};
struct RangeDecision {
  RangeOutcome outcome = RangeOutcome::kWhole;
  std::vector<ByteRange> ranges;  // cut to the size, in the order asked for; unsatisfiable ones are left out
};
// Ranges that together hold more than the whole object are answered with the whole object (RFC 9110 14.2 warns of them).
RangeDecision resolve_range(const std::vector<RangeSpec>& specs, uint64_t size_bytes);
// Both steps. `value` = the Range field's, "" if there is none.
RangeDecision decide_range(std::string_view value, uint64_t size_bytes);

std::string format_range(ByteRange range);                               // "bytes=5-9", "bytes=5-" for an open length
std::string format_content_range(ByteRange range, uint64_t size_bytes);  // "bytes 5-9/100"; the range lies within the size
std::string format_unsatisfied_content_range(uint64_t size_bytes);       // "bytes */100"

struct ContentRange {
  ByteRange range;
  std::optional<uint64_t> size_bytes;  // nullopt: "*"
  bool operator==(const ContentRange&) const = default;
};
// nullopt: malformed, another unit, last before first or past the size. "bytes */100" is not a range: nullopt.
std::optional<ContentRange> parse_content_range(std::string_view value);

}  // namespace evershore::http
