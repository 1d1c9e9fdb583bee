#include "edge/doubt.h"

#include <algorithm>

#include "wire/http/range.h"

namespace evershore::edge {

namespace {

bool same_range(const http::RangeSpec& asked, const http::ContentRange& got) {
  const uint64_t last = got.range.first + got.range.length - 1;
  if (asked.first) return got.range.first == *asked.first && (!asked.last || last <= *asked.last);
  // RFC 9110 14.1.2: the last N bytes, or all of them if there are fewer.
  return got.size_bytes && last + 1 == *got.size_bytes && got.range.length == std::min(*asked.last, *got.size_bytes);
}

std::string_view doubt_part(std::string_view range, const http::ResponseHead& answer) {
  if (range.empty()) return "206 although no range was asked for";
  if (answer.headers.count("content-range") != 1) return "206 without one content-range";
  const auto part = http::parse_content_range(answer.headers.get("content-range"));
  if (!part) return "206 with an unreadable content-range";
  if (answer.content_length && *answer.content_length != part->range.length) return "content-length contradicts content-range";
  const auto specs = http::parse_range(range);
  if (specs && specs->size() == 1 && !same_range(specs->front(), *part)) return "206 of another range";
  return "";
}

}  // namespace

std::string_view doubt(const Question& question, const http::ResponseHead& answer) {
  if (answer.status == 206) return doubt_part(question.range, answer);
  if (answer.status == 304 && !question.conditional) return "304 although nothing was said of a copy";
  return "";
}

}  // namespace evershore::edge
