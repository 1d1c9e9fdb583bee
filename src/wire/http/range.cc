#include "wire/http/range.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "base/text.h"

namespace evershore::http {

namespace {

constexpr std::string_view kUnit = "bytes";

std::optional<RangeSpec> parse_spec(std::string_view text) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto first_text = text.substr(0, dash), last_text = text.substr(dash + 1);
  RangeSpec spec{parse_u64(first_text), parse_u64(last_text)};
  if (!first_text.empty() && !spec.first) return std::nullopt;
  if (!last_text.empty() && !spec.last) return std::nullopt;
  if (!spec.first && !spec.last) return std::nullopt;
  if (spec.first && spec.last && *spec.last < *spec.first) return std::nullopt;  // RFC 9110 14.1.1: invalid
  return spec;
}

// The part of [0, size) that `spec` names; nullopt when it names nothing of it.
std::optional<ByteRange> cut(const RangeSpec& spec, uint64_t size) {
  if (!spec.first) {
    const uint64_t length = std::min(*spec.last, size);
    return length == 0 ? std::nullopt : std::optional(ByteRange{size - length, length});
  }
  if (*spec.first >= size) return std::nullopt;
  const uint64_t last = std::min(spec.last.value_or(size - 1), size - 1);
  return ByteRange{*spec.first, last - *spec.first + 1};
}

}  // namespace

std::optional<std::vector<RangeSpec>> parse_range(std::string_view value) {
  const auto equals = value.find('=');
  if (equals == std::string_view::npos || !equal_ignoring_case(value.substr(0, equals), kUnit)) return std::nullopt;
  std::vector<RangeSpec> specs;
  for (auto rest = value.substr(equals + 1);;) {
    const auto comma = rest.find(',');
    const auto member = trim(rest.substr(0, comma));
    if (!member.empty()) {  // RFC 9110 5.6.1.2: empty list members are passed over
      const auto spec = parse_spec(member);
      if (!spec || specs.size() == kRangesMax) return std::nullopt;
      specs.push_back(*spec);
    }
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  if (specs.empty()) return std::nullopt;
  return specs;
}

RangeDecision resolve_range(const std::vector<RangeSpec>& specs, uint64_t size_bytes) {
  RangeDecision decision;
  uint64_t left = size_bytes;
  for (const auto& spec : specs) {
    const auto range = cut(spec, size_bytes);
    if (!range) continue;
    if (range->length > left) return {};  // more than the object holds: they overlap
    left -= range->length;
    decision.ranges.push_back(*range);
  }
  decision.outcome = decision.ranges.empty() ? RangeOutcome::kUnsatisfiable : RangeOutcome::kPartial;
  return decision;
}

RangeDecision decide_range(std::string_view value, uint64_t size_bytes) {
  const auto specs = parse_range(value);
  return specs ? resolve_range(*specs, size_bytes) : RangeDecision{};
}

std::string format_range(ByteRange range) {
  if (range.length > UINT64_MAX - range.first) return fmt::format("bytes={}-", range.first);
  EVERSHORE_ASSERT(range.length > 0);
  return fmt::format("bytes={}-{}", range.first, range.first + range.length - 1);
}

std::string format_content_range(ByteRange range, uint64_t size_bytes) {
  EVERSHORE_ASSERT(range.length > 0);
  return fmt::format("bytes {}-{}/{}", range.first, range.first + range.length - 1, size_bytes);
}

std::string format_unsatisfied_content_range(uint64_t size_bytes) { return fmt::format("bytes */{}", size_bytes); }

std::optional<ContentRange> parse_content_range(std::string_view value) {
  if (value.size() < kUnit.size() || !equal_ignoring_case(value.substr(0, kUnit.size()), kUnit)) return std::nullopt;
  const auto rest = value.substr(kUnit.size());
  if (!rest.starts_with(' ')) return std::nullopt;
  const auto text = trim(rest);
  const auto dash = text.find('-'), slash = text.find('/');
  if (dash == std::string_view::npos || slash == std::string_view::npos || slash < dash) return std::nullopt;
  const auto first = parse_u64(text.substr(0, dash));
  const auto last = parse_u64(text.substr(dash + 1, slash - dash - 1));
  const auto size_text = text.substr(slash + 1);
  const auto size = parse_u64(size_text);
  if (!first || !last || (!size && size_text != "*")) return std::nullopt;
  if (*last < *first || *last == UINT64_MAX || (size && *last >= *size)) return std::nullopt;
  return ContentRange{{*first, *last - *first + 1}, size};
}

}  // namespace evershore::http
