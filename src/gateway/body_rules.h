// How the body of a write travels and what it must hash to, from the request's headers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "gateway/checksum.h"
#include "gateway/operation.h"
#include "wire/s3/sigv4.h"

namespace evershore::gateway {

inline constexpr uint64_t kPutBytesMax = 5ULL << 30;  // S3: more needs a multipart upload

struct BodyRules {
  bool aws_chunked = false;
  bool signed_chunks = false;
  bool trailers = false;
  uint64_t size_bytes = 0;           // of the object, decoded
  std::string sha256;                // lower-case hex; "" = not given
  std::string md5;                   // 16 bytes; "" = not given
  std::optional<ChecksumKind> kind;  // x-amz-checksum-* in the head or announced as a trailer
  std::string checksum;              // base64; "" = it comes in the trailer
};
// `payload_hash`: what the signature said. MissingContentLength, InvalidDigest, EntityTooLarge, InvalidRequest.
Outcome<BodyRules> body_rules(const http::RequestHead& request, std::string_view payload_hash);

}  // namespace evershore::gateway
