#include "wire/s3/errors.h"

#include <algorithm>
#include <array>

#include "base/assert.h"
#include "wire/s3/xml.h"
#include "wire/s3/xml_read.h"

namespace evershore::s3 {

namespace {
struct Row {
  ErrorCode code;
  std::string_view name;
  uint16_t status;
  std::string_view text;
};
using enum ErrorCode;
// In the order of ErrorCode.
constexpr std::array kRows{
    Row{kAccessDenied, "AccessDenied", 403, "Access Denied"},
    Row{kAuthorizationHeaderMalformed, "AuthorizationHeaderMalformed", 400, "The authorization header you provided is invalid."},
    Row{kAuthorizationQueryParametersError, "AuthorizationQueryParametersError", 400, "The authorization query parameters are invalid."},
    Row{kBadDigest, "BadDigest", 400, "The Content-MD5 or checksum value that you specified did not match what we received."},
    Row{kBadRequest, "BadRequest", 400, "The request could not be understood."},
    Row{kBucketAlreadyOwnedByYou, "BucketAlreadyOwnedByYou", 409,
        "Your previous request to create the named bucket succeeded and you already own it."},
    Row{kConditionalRequestConflict, "ConditionalRequestConflict", 409,
        "A conflicting operation occurred; fetch the object's present ETag and try again."},
    Row{kEntityTooLarge, "EntityTooLarge", 400, "Your proposed upload exceeds the maximum allowed object size."},
    Row{kEntityTooSmall, "EntityTooSmall", 400, "Your proposed upload is smaller than the minimum allowed object size."},
    Row{kIncompleteBody, "IncompleteBody", 400, "You did not provide the number of bytes specified by the Content-Length HTTP header."},
    Row{kInternalError, "InternalError", 500, "We encountered an internal error. Please try again."},
    Row{kInvalidAccessKeyId, "InvalidAccessKeyId", 403, "The AWS Access Key Id you provided does not exist in our records."},
    Row{kInvalidArgument, "InvalidArgument", 400, "Invalid Argument"},
    Row{kInvalidBucketName, "InvalidBucketName", 400, "The specified bucket is not valid."},
    Row{kInvalidDigest, "InvalidDigest", 400, "The Content-MD5 or checksum value you specified is not valid."},
    Row{kInvalidPart, "InvalidPart", 400, "One or more of the specified parts could not be found, or its entity tag does not match."},
    Row{kInvalidPartOrder, "InvalidPartOrder", 400, "The list of parts was not in ascending order."},
    Row{kInvalidRange, "InvalidRange", 416, "The requested range is not satisfiable"},
    Row{kInvalidRequest, "InvalidRequest", 400, "Invalid Request"},
    Row{kInvalidTag, "InvalidTag", 400, "The tag provided was not a valid tag."},
    Row{kKeyTooLong, "KeyTooLongError", 400, "Your key is too long."},
    Row{kMalformedXml, "MalformedXML", 400, "The XML you provided was not well-formed or did not validate against our published schema."},
    Row{kMethodNotAllowed, "MethodNotAllowed", 405, "The specified method is not allowed against this resource."},
    Row{kMetadataTooLarge, "MetadataTooLarge", 400, "Your metadata headers exceed the maximum allowed metadata size."},
    Row{kMissingContentLength, "MissingContentLength", 411, "You must provide the Content-Length HTTP header."},
    Row{kNoSuchBucket, "NoSuchBucket", 404, "The specified bucket does not exist."},
    Row{kNoSuchKey, "NoSuchKey", 404, "The specified key does not exist."},
    Row{kNoSuchUpload, "NoSuchUpload", 404, "The specified multipart upload does not exist. It may have been aborted or completed."},
    Row{kNotImplemented, "NotImplemented", 501, "A header or query you provided implies functionality that is not implemented."},
    Row{kNotModified, "NotModified", 304, "Not Modified"},
    Row{kPreconditionFailed, "PreconditionFailed", 412, "At least one of the pre-conditions you specified did not hold"},
    Row{kRequestTimeTooSkewed, "RequestTimeTooSkewed", 403, "The difference between the request time and the current time is too large."},
    Row{kRequestTimeout, "RequestTimeout", 400,
        "Your socket connection to the server was not read from or written to within the timeout period."},
    Row{kServiceUnavailable, "ServiceUnavailable", 503, "Please reduce your request rate."},
    Row{kSignatureDoesNotMatch, "SignatureDoesNotMatch", 403,
        "The request signature we calculated does not match the signature you provided. Check your key and signing method."},
    Row{kSlowDown, "SlowDown", 503, "Please reduce your request rate."},
    Row{kXAmzContentSha256Mismatch, "XAmzContentSHA256Mismatch", 400,
        "The provided 'x-amz-content-sha256' header does not match what was computed."},
};

constexpr bool in_order() {
  for (size_t i = 0; i < kRows.size(); ++i) {
    if (static_cast<size_t>(kRows[i].code) != i) return false;
  }
  return true;
}
static_assert(in_order(), "kRows must follow ErrorCode");

const Row& row(ErrorCode code) { return kRows[static_cast<size_t>(code)]; }
}  // namespace

std::string_view code_name(ErrorCode code) { return row(code).name; }
uint16_t status_of(ErrorCode code) { return row(code).status; }
std::string_view default_text(ErrorCode code) { return row(code).text; }

std::optional<ErrorCode> code_from_name(std::string_view name) {
  const auto found = std::ranges::find(kRows, name, &Row::name);
  if (found == kRows.end()) return std::nullopt;
  return found->code;
}

std::string render_error(const ErrorBody& body) {
  auto xml = XmlWriter::plain("Error");
  xml.text("Code", body.code);
  xml.text("Message", body.message);
  if (!body.resource.empty()) xml.text("Resource", body.resource);
  if (!body.region.empty()) xml.text("Region", body.region);
  if (!body.request_id.empty()) xml.text("RequestId", body.request_id);
  return std::move(xml).finish();
}

std::optional<ErrorBody> parse_error(std::string_view xml) {
  pugi::xml_document document;
  const auto root = read_root(document, xml, "Error");
  if (!root || !root->child("Code")) return std::nullopt;
  return ErrorBody{.code = child_text(*root, "Code"),
                   .message = child_text(*root, "Message"),
                   .resource = child_text(*root, "Resource"),
                   .request_id = child_text(*root, "RequestId"),
                   .region = child_text(*root, "Region")};
}

//   status     code                                   becomes
//   any        RequestTimeout                         kTimedOut
//   any        SlowDown, ServiceUnavailable, ...      kBusy
//   404        -                                      kNotFound
//   401, 403   -                                      kRefused
//   409        ConditionalRequestConflict             kPrecondition
//   412        -                                      kPrecondition
//   429, 503   -                                      kBusy
//   504        -                                      kTimedOut
//   other 4xx  -                                      kInvalid
//   else       -                                      kBroken
Fault fault_of(uint16_t status, std::string_view code) {
  if (code == "RequestTimeout") return Fault::kTimedOut;
  if (code == "SlowDown" || code == "ServiceUnavailable" || code == "TooManyRequests") return Fault::kBusy;
  if (code == "ConditionalRequestConflict") return Fault::kPrecondition;
  switch (status) {
    case 404: return Fault::kNotFound;
    case 401:
    case 403: return Fault::kRefused;
    case 412: return Fault::kPrecondition;
    case 429:
    case 503: return Fault::kBusy;
    case 504: return Fault::kTimedOut;
    default: return status >= 400 && status < 500 ? Fault::kInvalid : Fault::kBroken;
  }
}

}  // namespace evershore::s3
