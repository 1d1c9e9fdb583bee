// When may a body that broke off be continued from another region? Only onto the very same object: never splice two
// versions, never deliver a part under the length of the whole.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "wire/http/message.h"

namespace evershore::edge {

// What has been promised to the client, and so what a continuation must fit.
struct Identity {
  std::string etag;          // strong, with its quotes, as the first region sent it
  uint64_t first_byte = 0;   // of the body as announced
  uint64_t last_byte = 0;    // inclusive
  uint64_t total_bytes = 0;  // of the whole object
  std::string encoding;      // Content-Encoding, "" = none
  uint64_t length() const { return last_byte - first_byte + 1; }
};

// RFC 9110 8.8.3: strong = quoted, not W/; an empty one ("") identifies nothing.
bool strong_etag(std::string_view etag);

// The identity of a body that starts with this head; nullopt: if it breaks off, it cannot be continued (no strong ETag, no
// length, empty, not a 200 or single-range 206).
std::optional<Identity> identity_of(const http::ResponseHead& first);

// "bytes=FIRST-LAST" for what is still missing when the client has everything before `next_byte`.
std::string range_header(const Identity& object, uint64_t next_byte);

enum class Splice : uint8_t {
  kAccept,
  kWholeBody,      // 200: the server ignored Range; its bytes start at 0
  kGone,           // 412: the object has changed there; or another status that is no 206
  kNoRange,        // 206 without, with several or with an unreadable Content-Range, or a multipart body
  kWrongRange,     // starts or ends elsewhere
  kWrongTotal,     // another size: another object
  kWrongLength,    // Content-Length contradicts Content-Range
  kNoStrongEtag,   // no ETag, more than one, a weak or an empty one
  kOtherEtag,      // another object
  kOtherEncoding,  // the same object in other bytes
};
std::string_view splice_name(Splice splice);

// The answer to `Range: range_header(object, next_byte)` with `If-Match: object.etag`.
Splice judge_splice(const Identity& object, uint64_t next_byte, const http::ResponseHead& answer);

}  // namespace evershore::edge
