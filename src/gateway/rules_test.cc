// The small rules of a request: headers, body, access.
#include <gtest/gtest.h>

#include "base/text.h"
#include "gateway/access.h"
#include "gateway/body_rules.h"
#include "gateway/checksum.h"
#include "gateway/object_headers.h"

namespace evershore::gateway {
namespace {

using s3::AuthOutcome;
using s3::ErrorCode;

template <class T>
std::string code_of(const Outcome<T>& outcome) {
  return outcome ? "accepted" : std::string(s3::code_name(outcome.error().code));
}

std::string checksum_of(ChecksumKind kind, std::string_view text) {
  Checksum checksum(kind);
  for (const char c : text) checksum.update(as_bytes({&c, 1}));
  return checksum.base64();
}

TEST(Checksum, AgreesWithThePublishedCheckValues) {
  EXPECT_EQ(crc64nvme(as_bytes("123456789"), 0), 0xAE8B14860A799888ULL);
  const std::string text = "The quick brown fox jumps over the lazy dog, twice";
  EXPECT_EQ(crc64nvme(as_bytes(text), 0), crc64nvme(as_bytes(text).subspan(13), crc64nvme(as_bytes(text).first(13), 0)));
  EXPECT_EQ(checksum_of(ChecksumKind::kCrc32, "123456789"), "y/Q5Jg==");
  EXPECT_EQ(checksum_of(ChecksumKind::kCrc32c, "123456789"), "4waSgw==");
  EXPECT_EQ(checksum_of(ChecksumKind::kSha1, ""), "2jmj7l5rSw0yVb/vlWAYkK/YBwk=");
  EXPECT_EQ(checksum_of(ChecksumKind::kSha256, ""), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
}

TEST(ObjectHeaders, KeepsWhatBelongsToTheObject) {
  http::RequestHead request;
  request.headers = {{"Content-Type", "text/css"},  {"Content-Encoding", "aws-chunked, gzip"},
                     {"Authorization", "secret"},   {"X-Amz-Meta-Colour", "green"},
                     {"x-amz-meta-colour", "blue"}, {"x-amz-meta-", "nameless"}};
  const auto found = object_headers(request);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->headers, (StandardHeaders{{"content-type", "text/css"}, {"content-encoding", "gzip"}}));
  EXPECT_EQ(found->metadata, (UserMetadata{{"colour", "green,blue"}}));
}

TEST(ObjectHeaders, BringsTagsIntoTheirOneSpelling) {
  http::RequestHead request;
  request.headers = {{"x-amz-tagging", "b=x+y&a=1"}};
  EXPECT_EQ(object_headers(request)->headers, (StandardHeaders{{"x-amz-tagging", "a=1&b=x%20y"}}));
  request.headers = {{"x-amz-tagging", "a=1&a=2"}};
  EXPECT_EQ(code_of(object_headers(request)), "InvalidTag");
  request.headers = {{"x-amz-tagging", ""}};
  EXPECT_TRUE(object_headers(request)->headers.empty());
}

TEST(ObjectHeaders, DropsAnEncodingThatWasOnlyTheTransport) {
  http::RequestHead request;
  request.headers = {{"Content-Encoding", "aws-chunked"}};
  EXPECT_TRUE(object_headers(request)->headers.empty());
}

TEST(ObjectHeaders, HoldsTwoKilobytesOfMetadata) {
  http::RequestHead request;
  request.headers.add("x-amz-meta-k", std::string(kUserMetadataBytesMax - 1, 'v'));
  EXPECT_TRUE(object_headers(request));
  request.headers.add("x-amz-meta-l", "");
  EXPECT_EQ(code_of(object_headers(request)), "MetadataTooLarge");
}

TEST(WriteCondition, TakesEtagsWithAndWithoutQuotes) {
  EXPECT_EQ(write_condition({{"If-Match", "\"e-2\""}})->if_match, "e-2");
  EXPECT_EQ(write_condition({{"If-Match", "e-2"}})->if_match, "e-2");
  EXPECT_TRUE(write_condition({{"If-None-Match", "*"}})->if_none_match);
  EXPECT_EQ(code_of(write_condition({{"If-None-Match", "\"e\""}})), "NotImplemented");
  EXPECT_EQ(code_of(write_condition({{"If-Match", ""}})), "InvalidArgument");
}

TEST(CopySource, IsDecodedOnce) {
  const auto key = [](std::string text) { return copy_source_key({{"x-amz-copy-source", std::move(text)}}, "b"); };
  EXPECT_EQ(key("/b/a%20b%2525+c"), "a b%25+c");
  EXPECT_EQ(key("b/k?versionId=null"), "k");
  EXPECT_EQ(code_of(key("other/k")), "NoSuchBucket");
  EXPECT_EQ(code_of(key("b")), "InvalidArgument");
  EXPECT_EQ(code_of(key("b/")), "InvalidArgument");
  EXPECT_EQ(code_of(key("b/k?versionId=7")), "InvalidArgument");
}

TEST(CopySource, ObeysItsConditions) {
  const ObjectInfo source{.etag = "e", .last_modified = *parse_iso8601("2026-01-01T00:00:00Z")};
  EXPECT_TRUE(copy_condition_holds({}, source));
  EXPECT_TRUE(copy_condition_holds({{"x-amz-copy-source-if-match", "\"e\""}}, source));
  EXPECT_TRUE(copy_condition_holds({{"x-amz-copy-source-if-match", "e"}}, source));
  EXPECT_FALSE(copy_condition_holds({{"x-amz-copy-source-if-match", "\"f\""}}, source));
  EXPECT_FALSE(copy_condition_holds({{"x-amz-copy-source-if-none-match", "\"e\""}}, source));
  EXPECT_FALSE(copy_condition_holds({{"x-amz-copy-source-if-modified-since", "Thu, 01 Jan 2026 00:00:00 GMT"}}, source));
}

http::RequestHead sized(uint64_t length, http::Headers headers) {
  http::RequestHead request;
  request.content_length = length;
  request.headers = std::move(headers);
  return request;
}

TEST(BodyRules, KnowHowABodyTravels) {
  const std::string hash(s3::kEmptySha256);
  EXPECT_EQ(body_rules(sized(5, {}), hash)->sha256, hash);
  EXPECT_TRUE(body_rules(sized(5, {}), s3::kUnsignedPayload)->sha256.empty());
  const auto chunked = body_rules(sized(99, {{"x-amz-decoded-content-length", "5"}, {"x-amz-trailer", "x-amz-checksum-crc64nvme"}}),
                                  s3::kStreamingUnsignedTrailer);
  ASSERT_TRUE(chunked);
  EXPECT_EQ(chunked->size_bytes, 5U);
  EXPECT_TRUE(chunked->aws_chunked);
  EXPECT_FALSE(chunked->signed_chunks);
  EXPECT_EQ(chunked->kind, ChecksumKind::kCrc64Nvme);
  EXPECT_TRUE(body_rules(sized(99, {{"x-amz-decoded-content-length", "5"}}), s3::kStreamingSigned)->signed_chunks);
  EXPECT_EQ(body_rules(http::RequestHead{}, s3::kUnsignedPayload)->size_bytes, 0U);
}

TEST(BodyRules, RefuseWhatCannotBeChecked) {
  http::RequestHead endless;
  endless.chunked = true;
  EXPECT_EQ(code_of(body_rules(endless, s3::kUnsignedPayload)), "MissingContentLength");
  EXPECT_EQ(code_of(body_rules(sized(9, {}), s3::kStreamingSigned)), "MissingContentLength");
  EXPECT_EQ(code_of(body_rules(sized(9, {}), "nonsense")), "InvalidArgument");
  EXPECT_EQ(code_of(body_rules(sized(kPutBytesMax, {}), s3::kUnsignedPayload)), "accepted");
  EXPECT_EQ(code_of(body_rules(sized(kPutBytesMax + 1, {}), s3::kUnsignedPayload)), "EntityTooLarge");
  EXPECT_EQ(code_of(body_rules(sized(9, {{"Content-MD5", "short"}}), s3::kUnsignedPayload)), "InvalidDigest");
  EXPECT_EQ(
      code_of(body_rules(sized(9, {{"x-amz-checksum-crc32", "y/Q5Jg=="}, {"x-amz-checksum-crc32c", "4waSgw=="}}), s3::kUnsignedPayload)),
      "InvalidRequest");
}

TEST(Access, IsForTheOwnerOfTheKeysAndForReadersIfTheyMay) {
  const auto refusal = [](AuthOutcome outcome, Operation operation, Readers readers) {
    const auto found = access_refusal({.outcome = outcome}, operation, readers);
    return found ? std::string(s3::code_name(found->code)) : "allowed";
  };
  EXPECT_EQ(refusal(AuthOutcome::kAllowed, Operation::kPutObject, Readers::kSigned), "allowed");
  EXPECT_EQ(refusal(AuthOutcome::kAnonymous, Operation::kGetObject, Readers::kSigned), "AccessDenied");
  EXPECT_EQ(refusal(AuthOutcome::kAnonymous, Operation::kGetObject, Readers::kAnyone), "allowed");
  EXPECT_EQ(refusal(AuthOutcome::kAnonymous, Operation::kHeadObject, Readers::kAnyone), "allowed");
  EXPECT_EQ(refusal(AuthOutcome::kAnonymous, Operation::kListObjects, Readers::kAnyone), "AccessDenied");
  EXPECT_EQ(refusal(AuthOutcome::kAnonymous, Operation::kPutObject, Readers::kAnyone), "AccessDenied");
  EXPECT_EQ(refusal(AuthOutcome::kMismatch, Operation::kGetObject, Readers::kAnyone), "SignatureDoesNotMatch");
  EXPECT_EQ(refusal(AuthOutcome::kExpired, Operation::kGetObject, Readers::kSigned), "AccessDenied");
  EXPECT_EQ(refusal(AuthOutcome::kSkewed, Operation::kGetObject, Readers::kSigned), "RequestTimeTooSkewed");
}

TEST(RefusalOf, KeepsTheCodeThatTheStoreNamed) {
  EXPECT_EQ(refusal_of({Fault::kNotFound, "NoSuchUpload: x"}).code, ErrorCode::kNoSuchUpload);
  EXPECT_EQ(refusal_of({Fault::kInvalid, "InvalidPart: x"}).code, ErrorCode::kInvalidPart);
  EXPECT_EQ(refusal_of({Fault::kPrecondition, "the key is there already"}).code, ErrorCode::kPreconditionFailed);
  EXPECT_EQ(refusal_of({Fault::kBusy, "cannot write x: No space left on device"}).code, ErrorCode::kServiceUnavailable);
  EXPECT_EQ(refusal_of({Fault::kBroken, "x"}).code, ErrorCode::kInternalError);
}

}  // namespace
}  // namespace evershore::gateway
