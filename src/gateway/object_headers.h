// The headers that travel with an object: read from a request, written into an answer.
#pragma once

#include <optional>
#include <string>

#include "gateway/operation.h"
#include "model/object.h"
#include "wire/http/message.h"

namespace evershore::gateway {

inline constexpr size_t kUserMetadataBytesMax = 2048;  // names and values together, as S3 counts them

struct ObjectHeaders {
  StandardHeaders headers;
  UserMetadata metadata;
};
// Tags are brought into their one spelling (InvalidTag). "aws-chunked" is how the body travels and is taken out of content-encoding.
// MetadataTooLarge beyond the limit.
Outcome<ObjectHeaders> object_headers(const http::RequestHead& request);

// ETag, Last-Modified, Accept-Ranges, the stored headers, x-amz-meta-* and x-amz-tagging-count; x-amz-mp-parts-count for a part.
void add_object_headers(http::Headers& answer, const ObjectInfo& info);
// response-content-type=... and its like replace what is stored (signed requests only).
void apply_overrides(http::Headers& answer, std::string_view query);

// If-None-Match: * and If-Match: ETAG, quoted or not, of a write. Another If-None-Match: NotImplemented, as with S3.
struct WriteCondition {
  std::string if_match;  // "*" = whatever is there
  bool if_none_match = false;
};
Outcome<WriteCondition> write_condition(const http::Headers& headers);

// x-amz-copy-source: "/bucket/key" or "bucket/key", percent-encoded. Another bucket: NoSuchBucket.
Outcome<std::string> copy_source_key(const http::Headers& headers, std::string_view bucket);
// Do x-amz-copy-source-if-* hold for the source as it is?
bool copy_condition_holds(const http::Headers& headers, const ObjectInfo& source);

}  // namespace evershore::gateway
