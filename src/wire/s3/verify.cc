#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "wire/s3/encode.h"
#include "wire/s3/sigv4.h"

namespace evershore::s3 {

namespace {
constexpr size_t kSignedNamesMax = 100;
constexpr std::string_view kOnlyVersion4 = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.";

Result<void> read_credential(std::string_view text, PresentedSignature& into) {
  // The access key itself may hold '/'; the four parts of the scope may not.
  const auto parts = split(text, '/');
  if (parts.size() < 5 || parts.back() != "aws4_request")
    return fail(Fault::kInvalid, "the Credential is not KEY/DATE/REGION/SERVICE/aws4_request");
  const size_t n = parts.size();
  into.service = parts[n - 2];
  into.region = parts[n - 3];
  into.date = parts[n - 4];
  into.access_key = text.substr(0, static_cast<size_t>(parts[n - 4].data() - text.data()) - 1);
  return {};
}

Result<void> read_signed_names(std::string_view text, PresentedSignature& into) {
  for (const auto name : split(text, ';')) {
    if (name.empty() || into.signed_names.size() == kSignedNamesMax) return fail(Fault::kInvalid, "SignedHeaders is empty or too long");
    into.signed_names.push_back(to_lower(name));
  }
  return {};
}

Result<void> read_field(std::string_view name, std::string_view value, PresentedSignature& into) {
  if (name == "Credential") return read_credential(value, into);
  if (name == "SignedHeaders") return read_signed_names(value, into);
  if (name == "Signature") into.signature = value;
  return {};
}

Result<std::optional<PresentedSignature>> from_header(std::string_view authorization, const http::Headers& headers) {
  if (!authorization.starts_with(kAlgorithm) || !authorization.substr(kAlgorithm.size()).starts_with(' ')) {
    return fail(Fault::kInvalid, std::string(kOnlyVersion4));
  }
  PresentedSignature found;
  for (const auto field : split(authorization.substr(kAlgorithm.size() + 1), ',')) {
    const auto text = trim(field);
    const auto equals = std::min(text.find('='), text.size());
    if (equals == text.size()) return fail(Fault::kInvalid, "the Authorization header is malformed");
    TRY_VOID(read_field(text.substr(0, equals), text.substr(equals + 1), found));
  }
  found.amz_date = headers.get("x-amz-date");
  found.payload_hash = headers.get("x-amz-content-sha256");
  if (found.access_key.empty() || found.signed_names.empty() || found.signature.empty()) {
    return fail(Fault::kInvalid, "the Authorization header lacks Credential, SignedHeaders or Signature");
  }
  if (found.payload_hash.empty()) return fail(Fault::kInvalid, "x-amz-content-sha256 is missing");
  return found;
}

Result<void> read_query_field(std::string_view name, const std::string& value, PresentedSignature& into) {
  if (name == "X-Amz-Algorithm" && value != kAlgorithm) return fail(Fault::kInvalid, std::string(kOnlyVersion4));
  if (name == "X-Amz-Credential") return read_credential(value, into);
  if (name == "X-Amz-SignedHeaders") return read_signed_names(value, into);
  if (name == "X-Amz-Date") into.amz_date = value;
  if (name == "X-Amz-Signature") into.signature = value;
  if (name == "X-Amz-Content-Sha256") into.payload_hash = value;
  if (name == "X-Amz-Expires") {
    const auto seconds = parse_u64(value);
    if (!seconds || *seconds > static_cast<uint64_t>(kPresignExpiresMax.count()))
      return fail(Fault::kInvalid, "X-Amz-Expires must be 0 to 604800 seconds");
    into.expires = std::chrono::seconds(*seconds);
  }
  return {};
}

Result<std::optional<PresentedSignature>> from_query(std::string_view query, const http::Headers& headers) {
  PresentedSignature found;
  found.presigned = true;
  for (const auto part : split(query, '&')) {
    const auto equals = std::min(part.find('='), part.size());
    if (equals == part.size()) continue;
    TRY_VOID(
        read_query_field(decode(part.substr(0, equals), PlusMeans::kSpace), decode(part.substr(equals + 1), PlusMeans::kSpace), found));
  }
  if (found.access_key.empty() || found.signed_names.empty() || found.signature.empty() || found.amz_date.empty()) {
    return fail(Fault::kInvalid, "the presigned query lacks X-Amz-Credential, -Date, -SignedHeaders or -Signature");
  }
  if (found.payload_hash.empty()) found.payload_hash = headers.get("x-amz-content-sha256");
  if (found.payload_hash.empty()) found.payload_hash = kUnsignedPayload;
  return found;
}
}  // namespace

Result<std::optional<PresentedSignature>> presented_signature(const http::RequestHead& request) {
  if (const auto authorization = request.headers.find("authorization")) return from_header(*authorization, request.headers);
  if (request.query().find("X-Amz-Signature=") != std::string_view::npos) return from_query(request.query(), request.headers);
  // Signature Version 2, which old clients still presign with; AWS's newer regions refuse it with these words.
  if (request.query().find("AWSAccessKeyId=") != std::string_view::npos) return fail(Fault::kInvalid, std::string(kOnlyVersion4));
  return std::nullopt;
}

namespace {
// AWS: Host and every x-amz-* header that is present must be covered, or a header could be added on the way.
bool covers_what_it_must(const PresentedSignature& presented, const http::Headers& headers) {
  const auto is_signed = [&](std::string_view name) {
    return std::ranges::find(presented.signed_names, name) != presented.signed_names.end();
  };
  if (!is_signed("host")) return false;
  return std::ranges::all_of(headers, [&](const http::Header& header) {
    const auto name = to_lower(header.name);
    return !name.starts_with("x-amz-") || is_signed(name);
  });
}

AuthOutcome check_time(const PresentedSignature& presented, Wall now) {
  const auto at = parse_amz_date(presented.amz_date);
  if (!at || !presented.amz_date.starts_with(presented.date)) return AuthOutcome::kMalformed;
  if (*at > now + kClockSkewMax) return AuthOutcome::kSkewed;
  if (presented.presigned) return now > *at + presented.expires ? AuthOutcome::kExpired : AuthOutcome::kAllowed;
  return *at < now - kClockSkewMax ? AuthOutcome::kSkewed : AuthOutcome::kAllowed;
}

Verdict refuse(AuthOutcome outcome, std::string text) { return Verdict{.outcome = outcome, .text = std::move(text)}; }

std::string text_of(AuthOutcome outcome) {
  switch (outcome) {
    case AuthOutcome::kMalformed: return "x-amz-date is missing, malformed, or not of the credential's day";
    case AuthOutcome::kSkewed: return "The difference between the request time and the current time is too large.";
    case AuthOutcome::kExpired: return "Request has expired";
    default: return "";
  }
}

std::string expected_signature(const PresentedSignature& presented, const http::RequestHead& request, const Sha256& key,
                               const std::string& scope) {
  const CanonicalInput input{.method = request.method,
                             .path = request.path(),
                             .query = request.query(),
                             .payload_hash = presented.payload_hash,
                             .query_without = presented.presigned ? "X-Amz-Signature" : ""};
  return signature_of(key, string_to_sign(presented.amz_date, scope, canonical_request(input, request.headers, presented.signed_names)));
}
}  // namespace

Verifier::Verifier(Credentials credentials, std::string region) : credentials_(std::move(credentials)), region_(std::move(region)) {}

Verdict Verifier::verify(const http::RequestHead& request, Wall now) {
  auto parsed = presented_signature(request);
  if (!parsed) return refuse(AuthOutcome::kMalformed, parsed.error().text);
  if (!*parsed) return refuse(AuthOutcome::kAnonymous, "Access Denied");
  const auto& presented = **parsed;
  if (!equal_constant_time(presented.access_key, credentials_.access_key)) {
    return refuse(AuthOutcome::kUnknownAccessKey, "The AWS Access Key Id you provided does not exist in our records.");
  }
  if (presented.service != "s3" || (!region_.empty() && presented.region != region_)) {
    return refuse(AuthOutcome::kWrongScope, fmt::format("the region '{}' is wrong; expecting '{}'", presented.region, region_));
  }
  if (const auto time = check_time(presented, now); time != AuthOutcome::kAllowed) return refuse(time, text_of(time));
  if (!covers_what_it_must(presented, request.headers)) {
    return refuse(AuthOutcome::kUnsignedHeader, "There were headers present in the request which were not signed");
  }
  auto scope = credential_scope(presented.date, presented.region, presented.service);
  if (key_scope_ != scope) {
    key_ = signing_key(credentials_.secret_key, presented.date, presented.region, presented.service);
    key_scope_ = scope;
  }
  if (!equal_constant_time(presented.signature, expected_signature(presented, request, key_, scope))) {
    return refuse(AuthOutcome::kMismatch,
                  "The request signature we calculated does not match the signature you provided. Check your key and signing method.");
  }
  return Verdict{.outcome = AuthOutcome::kAllowed,
                 .payload_hash = presented.payload_hash,
                 .seed = {.key = key_, .amz_date = presented.amz_date, .scope = std::move(scope), .signature = presented.signature}};
}

}  // namespace evershore::s3
