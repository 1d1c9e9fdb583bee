// The pieces of AWS Signature Version 4 that signer and verifier share: canonical request, string to sign, signing key.
// docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/time.h"
#include "wire/http/message.h"

namespace evershore::s3 {

inline constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
inline constexpr std::string_view kEmptySha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
// Values of x-amz-content-sha256 that are not a hash.
inline constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";
inline constexpr std::string_view kStreamingSigned = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
inline constexpr std::string_view kStreamingSignedTrailer = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
inline constexpr std::string_view kStreamingUnsignedTrailer = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";

// "20130524T000000Z" and back.
std::string format_amz_date(Wall time);
std::optional<Wall> parse_amz_date(std::string_view text);

// Percent-encoded once, '/' kept, never normalised. Takes the path as it is on the wire, encoded or not.
std::string canonical_path(std::string_view wire_path);
// Sorted by encoded name, then value; "acl" becomes "acl="; the parameter named `without` is left out ("" = none).
std::string canonical_query(std::string_view wire_query, std::string_view without);

struct CanonicalInput {
  std::string_view method;
  std::string_view path;   // as on the wire
  std::string_view query;  // as on the wire, without '?'
  std::string_view payload_hash;
  std::string_view query_without;  // a query parameter that is not signed ("X-Amz-Signature")
};
// `signed_names`: lower case, sorted. A name that `headers` lacks signs as empty.
std::string canonical_request(const CanonicalInput& input, const http::Headers& headers, std::span<const std::string> signed_names);

// "20130524/us-east-1/s3/aws4_request"
std::string credential_scope(std::string_view date, std::string_view region, std::string_view service);
std::string string_to_sign(std::string_view amz_date, std::string_view scope, std::string_view canonical);
Sha256 signing_key(std::string_view secret_key, std::string_view date, std::string_view region, std::string_view service);
std::string signature_of(const Sha256& key, std::string_view to_sign);  // lower-case hex

// "a;b;c"
std::string join_names(std::span<const std::string> names);

}  // namespace evershore::s3
