// Field values: ranges, dates, caching and conditional fields, queries. What is read must hold what its header promises.
#include "base/assert.h"
#include "base/text.h"
#include "wire/http/cache_control.h"
#include "wire/http/conditional.h"
#include "wire/http/date.h"
#include "wire/http/range.h"
#include "wire/http/targeted.h"
#include "wire/http/uri.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace evershore;
  using namespace evershore::http;
  const auto text = as_text(std::span(data, size));
  const uint64_t object_bytes = size % 7 == 0 ? UINT64_MAX : size;
  uint64_t sum = 0;
  for (const auto& range : decide_range(text, object_bytes).ranges) {
    EVERSHORE_ASSERT(range.length > 0);
    EVERSHORE_ASSERT(range.length <= object_bytes - range.first);
    EVERSHORE_ASSERT(range.length <= object_bytes - sum);
    sum += range.length;
    EVERSHORE_ASSERT(parse_content_range(format_content_range(range, object_bytes)).has_value());
  }
  if (const auto range = parse_content_range(text)) EVERSHORE_ASSERT(range->range.length > 0);
  if (const auto time = parse_http_date(text)) EVERSHORE_ASSERT(parse_http_date(format_http_date(*time)) == time);
  const Headers headers{{"Cache-Control", std::string(text)}, {"Vary", std::string(text)},          {"Age", std::string(text)},
                        {"Expires", std::string(text)},       {"If-None-Match", std::string(text)}, {"If-Range", std::string(text)}};
  const auto control = parse_cache_control(headers);
  if (control.max_age) EVERSHORE_ASSERT(*control.max_age <= kDeltaSecondsMax);
  parse_vary(headers);
  parse_targeted(text);
  parse_surrogate_control(text, "evershore");
  parse_age(headers);
  parse_expires(headers);
  evaluate_conditions(headers, "GET", {"\"x\"", Wall{}, true});
  parse_query(text);
  EVERSHORE_ASSERT(percent_decode(percent_encode(text, Slash::kEncode)) == text);
  return 0;
}
