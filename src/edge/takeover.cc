#include "edge/takeover.h"

#include "base/assert.h"
#include "wire/http/range.h"

namespace evershore::edge {

std::string_view splice_name(Splice splice) {
  switch (splice) {
    case Splice::kAccept: return "same object";
    case Splice::kWholeBody: return "the range was ignored";
    case Splice::kGone: return "not there in this version";
    case Splice::kNoRange: return "no readable content-range";
    case Splice::kWrongRange: return "another range";
    case Splice::kWrongTotal: return "another size";
    case Splice::kWrongLength: return "content-length does not fit the range";
    case Splice::kNoStrongEtag: return "no strong etag";
    case Splice::kOtherEtag: return "another etag";
    case Splice::kOtherEncoding: return "another content-encoding";
  }
  return "same object";
}

bool strong_etag(std::string_view etag) { return etag.size() > 2 && etag.front() == '"' && etag.back() == '"'; }

std::optional<Identity> identity_of(const http::ResponseHead& first) {
  Identity object;
  object.etag = first.headers.get("etag");
  object.encoding = first.headers.joined("content-encoding");
  if (!strong_etag(object.etag) || first.headers.count("etag") != 1) return std::nullopt;
  if (first.status == 200) {
    if (!first.content_length || *first.content_length == 0) return std::nullopt;
    object.total_bytes = *first.content_length;
    object.last_byte = object.total_bytes - 1;
    return object;
  }
  if (first.status != 206 || first.headers.count("content-range") != 1) return std::nullopt;
  const auto part = http::parse_content_range(first.headers.get("content-range"));
  if (!part || !part->size_bytes) return std::nullopt;  // an unknown total cannot prove anything later
  object.first_byte = part->range.first;
  object.last_byte = part->range.first + part->range.length - 1;
  object.total_bytes = *part->size_bytes;
  if (first.content_length && *first.content_length != object.length()) return std::nullopt;
  return object;
}

std::string range_header(const Identity& object, uint64_t next_byte) {
  EVERSHORE_ASSERT(next_byte <= object.last_byte);
  return http::format_range({next_byte, object.last_byte - next_byte + 1});
}

Splice judge_splice(const Identity& object, uint64_t next_byte, const http::ResponseHead& answer) {
  if (answer.status == 200) return Splice::kWholeBody;
  if (answer.status != 206) return Splice::kGone;
  if (answer.headers.count("content-range") != 1) return Splice::kNoRange;
  const auto part = http::parse_content_range(answer.headers.get("content-range"));
  if (!part) return Splice::kNoRange;
  const uint64_t missing = object.last_byte - next_byte + 1;
  if (part->range != ByteRange{next_byte, missing}) return Splice::kWrongRange;
  if (part->size_bytes != object.total_bytes) return Splice::kWrongTotal;
  // RFC 9110 15.3.7.3: parts may be combined only if they share a strong validator.
  const auto etag = answer.headers.get("etag");
  if (answer.headers.count("etag") != 1 || !strong_etag(etag)) return Splice::kNoStrongEtag;
  if (etag != object.etag) return Splice::kOtherEtag;
  if (answer.headers.joined("content-encoding") != object.encoding) return Splice::kOtherEncoding;
  if (answer.content_length && *answer.content_length != missing) return Splice::kWrongLength;
  return Splice::kAccept;
}

}  // namespace evershore::edge
