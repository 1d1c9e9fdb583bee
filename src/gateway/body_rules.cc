#include "gateway/body_rules.h"

#include <algorithm>

#include "base/digest.h"
#include "base/text.h"

namespace evershore::gateway {

using s3::ErrorCode;

namespace {
bool is_sha256(std::string_view text) {
  return text.size() == 64 && std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

Outcome<uint64_t> size_of(const http::RequestHead& request, bool aws_chunked) {
  std::optional<uint64_t> size = request.content_length;
  if (aws_chunked) {
    size = parse_u64(request.headers.get("x-amz-decoded-content-length"));
  } else if (!size && !request.chunked) {
    size = 0;  // RFC 9112 6.3: neither framing field means no body
  }
  if (!size) return refuse(ErrorCode::kMissingContentLength, "");
  if (*size > kPutBytesMax) return refuse(ErrorCode::kEntityTooLarge, "");
  return *size;
}

Outcome<void> read_md5(const http::Headers& headers, BodyRules& rules) {
  const auto given = headers.find("content-md5");
  if (!given) return {};
  const auto bytes = from_base64(*given);
  if (!bytes || bytes->size() != std::tuple_size_v<Md5>)
    return refuse(ErrorCode::kInvalidDigest, "The Content-MD5 you specified is not valid.");
  rules.md5 = as_text(*bytes);
  return {};
}

Outcome<void> read_checksum(const http::Headers& headers, BodyRules& rules) {
  for (const auto kind : kChecksumKinds) {
    if (const auto value = headers.find(checksum_header(kind))) {
      if (rules.kind) return refuse(ErrorCode::kInvalidRequest, "Expecting a single x-amz-checksum- header");
      if (!from_base64(*value)) return refuse(ErrorCode::kInvalidRequest, "Value for x-amz-checksum header is invalid.");
      rules.kind = kind;
      rules.checksum = *value;
    }
    if (rules.trailers && equal_ignoring_case(headers.get("x-amz-trailer"), checksum_header(kind))) rules.kind = kind;
  }
  return {};
}
}  // namespace

Outcome<BodyRules> body_rules(const http::RequestHead& request, std::string_view payload_hash) {
  BodyRules rules;
  rules.signed_chunks = payload_hash == s3::kStreamingSigned || payload_hash == s3::kStreamingSignedTrailer;
  rules.trailers = payload_hash == s3::kStreamingSignedTrailer || payload_hash == s3::kStreamingUnsignedTrailer;
  rules.aws_chunked = rules.signed_chunks || rules.trailers;
  if (is_sha256(payload_hash)) {
    rules.sha256 = payload_hash;
  } else if (!rules.aws_chunked && payload_hash != s3::kUnsignedPayload) {
    return refuse(ErrorCode::kInvalidArgument, "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-..., or a valid sha256 value.");
  }
  TRY(rules.size_bytes, size_of(request, rules.aws_chunked));
  TRY_VOID(read_md5(request.headers, rules));
  TRY_VOID(read_checksum(request.headers, rules));
  return rules;
}

}  // namespace evershore::gateway
