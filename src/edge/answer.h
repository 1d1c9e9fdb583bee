// The heads and small bodies of the edge's answers.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "model/object.h"
#include "wire/http/message.h"

namespace evershore::edge {

struct StoredObject;

enum class CacheWord : uint8_t { kHit, kMiss, kStale, kRevalidated, kNone };
std::string_view cache_word(CacheWord word);

// What X-Evershore says: "region=west; cache=miss; attempts=2".
struct Provenance {
  std::string_view region;  // "" = none answered
  CacheWord cache = CacheWord::kNone;
  uint32_t attempts = 0;
  bool partly_asked = false;  // a 404 although some region could not be asked: "; unasked=some"
  bool expose = true;         // false: no X-Evershore
};
void add_provenance(http::Headers& headers, const Provenance& provenance);

// Accept-Ranges, and Via where it is not there yet.
void add_common_fields(http::Headers& headers);

// An answer of the edge's own, plain text, not to be stored.
struct Refusal {
  http::ResponseHead head;
  std::string body;
};
Refusal refuse(uint16_t status, std::string_view text);
Refusal refuse_method();             // 405 with Allow
http::ResponseHead allow_options();  // 204 with Allow

// Age, rounded down to seconds (RFC 9111 5.1).
void set_age(http::Headers& headers, Duration age);

// Head of a 304 (RFC 9110 15.4.5: the fields that a 200 would have had, without those that describe the body).
http::ResponseHead not_modified(const http::Headers& of_200);

// multipart/byteranges (RFC 9110 14.6) of several ranges of one object in memory.
struct Multipart {
  std::string content_type;
  std::string body;
};
Multipart make_multipart(std::span<const uint8_t> object, std::span<const ByteRange> ranges, std::string_view content_type,
                         std::string_view boundary);
// The same piece by piece, for what does not lie in memory as a whole: before each part, and at the end. CR LF follows a part.
std::string multipart_part_head(ByteRange range, uint64_t size_bytes, std::string_view content_type, std::string_view boundary);
std::string multipart_end(std::string_view boundary);
std::string multipart_type(std::string_view boundary);
// A line that separates: derived from the object's tag, so that the same answer is the same bytes.
std::string multipart_boundary(std::string_view etag, uint64_t size_bytes);

}  // namespace evershore::edge
