// S3's error codes, their status and their text; the XML they travel in.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace evershore::s3 {

enum class ErrorCode : uint8_t {
  kAccessDenied,
  kAuthorizationHeaderMalformed,
  kAuthorizationQueryParametersError,
  kBadDigest,
  kBadRequest,
  kBucketAlreadyOwnedByYou,
  kConditionalRequestConflict,
  kEntityTooLarge,
  kEntityTooSmall,
  kIncompleteBody,
  kInternalError,
  kInvalidAccessKeyId,
  kInvalidArgument,
  kInvalidBucketName,
  kInvalidDigest,
  kInvalidPart,
  kInvalidPartOrder,
  kInvalidRange,
  kInvalidRequest,
  kInvalidTag,
  kKeyTooLong,
  kMalformedXml,
  kMethodNotAllowed,
  kMetadataTooLarge,
  kMissingContentLength,
  kNoSuchBucket,
  kNoSuchKey,
  kNoSuchUpload,
  kNotImplemented,
  kNotModified,
  kPreconditionFailed,
  kRequestTimeTooSkewed,
  kRequestTimeout,
  kServiceUnavailable,
  kSignatureDoesNotMatch,
  kSlowDown,
  kXAmzContentSha256Mismatch,
};

std::string_view code_name(ErrorCode code);  // "NoSuchKey"
uint16_t status_of(ErrorCode code);
std::string_view default_text(ErrorCode code);
std::optional<ErrorCode> code_from_name(std::string_view name);

struct ErrorBody {
  std::string code;
  std::string message;
  std::string resource;
  std::string request_id;
  std::string region;  // of AuthorizationHeaderMalformed: the one to sign for; clients try again with it
};
std::string render_error(const ErrorBody& body);
// nullopt: not an S3 error document (a proxy's page, an empty body). CompleteMultipartUpload and CopyObject can
// send one under status 200.
std::optional<ErrorBody> parse_error(std::string_view xml);

// What a caller can do about an answer of this status and code ("" = no error document).
Fault fault_of(uint16_t status, std::string_view code);

}  // namespace evershore::s3
