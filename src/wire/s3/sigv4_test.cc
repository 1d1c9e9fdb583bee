#include "wire/s3/sigv4.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/text.h"
#include "wire/s3/encode.h"

namespace evershore::s3 {
namespace {
using namespace std::chrono_literals;

// AWS's published example credentials and day.
const Credentials kExample{.access_key = "AKIAIOSFODNN7EXAMPLE", .secret_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"};
const Wall kDay = *parse_iso8601("2013-05-24T00:00:00Z");
constexpr std::string_view kHost = "examplebucket.s3.amazonaws.com";

struct Published {
  std::string_view what, method, target;
  std::vector<http::Header> headers;
  std::string_view payload_hash, signature;
};

const std::vector<Published>& published() {
  static const std::vector<Published> kAll{
      {"get_with_range",
       "GET",
       "/test.txt",
       {{"Range", "bytes=0-9"}},
       kEmptySha256,
       "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
      {"put_with_a_dollar_in_the_key",
       "PUT",
       "/test$file.text",
       {{"Date", "Fri, 24 May 2013 00:00:00 GMT"}, {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
       "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
       "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"},
      {"get_lifecycle", "GET", "/?lifecycle", {}, kEmptySha256, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
      {"list", "GET", "/?max-keys=2&prefix=J", {}, kEmptySha256, "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
  };
  return kAll;
}

// The request as AWS's examples have it: every header but the signature's own is signed.
http::RequestHead signed_request(const Published& example) {
  http::RequestHead request;
  request.method = example.method;
  request.target = example.target;
  request.host = kHost;
  std::vector<std::string> names{"host", "x-amz-content-sha256", "x-amz-date"};
  for (const auto& header : example.headers) {
    request.headers.add(header.name, header.value);
    names.push_back(to_lower(header.name));
  }
  std::ranges::sort(names);
  request.headers.add("Host", kHost);
  request.headers.add("x-amz-date", "20130524T000000Z");
  request.headers.add("x-amz-content-sha256", example.payload_hash);
  request.headers.add("Authorization",
                      "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=" +
                          join_names(names) + ",Signature=" + std::string(example.signature));
  return request;
}

class PublishedVector : public testing::TestWithParam<Published> {};
INSTANTIATE_TEST_SUITE_P(Aws, PublishedVector, testing::ValuesIn(published()), [](const auto& row) { return std::string(row.param.what); });

TEST_P(PublishedVector, IsAllowed) {
  Verifier verifier(kExample, "us-east-1");
  const auto verdict = verifier.verify(signed_request(GetParam()), kDay);
  EXPECT_EQ(verdict.outcome, AuthOutcome::kAllowed) << verdict.text;
  EXPECT_EQ(verdict.payload_hash, GetParam().payload_hash);
}

TEST_P(PublishedVector, IsRefusedOnceAnythingSignedChanges) {
  Verifier verifier(kExample, "us-east-1");
  auto request = signed_request(GetParam());
  request.method = "DELETE";
  EXPECT_EQ(verifier.verify(request, kDay).outcome, AuthOutcome::kMismatch);
  request = signed_request(GetParam());
  request.target.insert(1, "x");
  EXPECT_EQ(verifier.verify(request, kDay).outcome, AuthOutcome::kMismatch);
  request = signed_request(GetParam());
  request.headers.set("host", "otherbucket.s3.amazonaws.com");
  EXPECT_EQ(verifier.verify(request, kDay).outcome, AuthOutcome::kMismatch);
}

TEST(Signer, MakesAwsPublishedSignatures) {
  Signer signer(kExample, "us-east-1");
  for (const auto& example : published()) {
    if (!example.headers.empty()) continue;  // those sign headers that we leave out
    http::Headers headers{{"Host", std::string(kHost)}};
    signer.sign(example.method, example.target, headers, example.payload_hash, kDay);
    EXPECT_TRUE(headers.get("authorization").ends_with(example.signature)) << example.what;
  }
}

TEST(Signer, SignsAnOddKeyOnceEncodedAndUnnormalised) {
  Signer signer(kExample, "eu-west-1");
  http::Headers headers{{"Host", "examplebucket.s3.eu-west-1.amazonaws.com"}};
  const auto now = *parse_iso8601("2026-01-02T03:04:05Z");
  signer.sign("GET", "/a%20b%2Bc//d/../%C3%A9~%2A%27%28%29%25.txt?versionId=null&acl", headers, kEmptySha256, now);
  EXPECT_EQ(headers.get("authorization"),
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260102/eu-west-1/s3/aws4_request,"
            "SignedHeaders=host;x-amz-content-sha256;x-amz-date,"
            "Signature=48149702f69d023640b7e07649c2b2736267d2987522dd9050f88d5fb45fd211");
}

TEST(Signer, PresignsAsAwsPublished) {
  Signer signer(kExample, "us-east-1");
  const auto target = signer.presign("GET", "/test.txt", kHost, 86400s, kDay);
  EXPECT_TRUE(target.ends_with("&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")) << target;
}

http::RequestHead own_request(std::string method, std::string target, http::Headers headers, Wall now) {
  Signer signer(kExample, "us-east-1");
  headers.add("Host", "127.0.0.1:9001");
  signer.sign(method, target, headers, kUnsignedPayload, now);
  http::RequestHead request;
  request.method = std::move(method);
  request.target = std::move(target);
  request.headers = std::move(headers);
  return request;
}

TEST(Verifier, AcceptsWhatOurSignerSigns) {
  Verifier verifier(kExample, "us-east-1");
  const auto target = "/bucket/" + encode(std::string("\x01 +%\xff//..", 9), Slash::kKept) + "?partNumber=3&uploadId=a%2Fb&x";
  const auto request = own_request("PUT", target, {{"x-amz-meta-a", "  two   spaces "}, {"Content-Type", "text/plain"}}, kDay);
  EXPECT_EQ(verifier.verify(request, kDay).outcome, AuthOutcome::kAllowed);
}

TEST(Verifier, DoesNotMindHeadersThatAProxyAdds) {
  Verifier verifier(kExample, "us-east-1");
  auto request = own_request("GET", "/bucket/key", {}, kDay);
  request.headers.add("Connection", "keep-alive");
  request.headers.add("X-Request-Id", "1");
  request.headers.add("Range", "bytes=0-1");
  EXPECT_EQ(verifier.verify(request, kDay).outcome, AuthOutcome::kAllowed);
}

TEST(Verifier, RefusesAnAmzHeaderThatWasAddedOnTheWay) {
  Verifier verifier(kExample, "us-east-1");
  auto request = own_request("PUT", "/bucket/key", {}, kDay);
  request.headers.add("x-amz-copy-source", "/bucket/secret");
  EXPECT_EQ(verifier.verify(request, kDay).outcome, AuthOutcome::kUnsignedHeader);
}

TEST(Verifier, AllowsFifteenMinutesOfSkewEitherWay) {
  Verifier verifier(kExample, "us-east-1");
  const auto request = own_request("GET", "/bucket/key", {}, kDay);
  EXPECT_EQ(verifier.verify(request, kDay + 15min).outcome, AuthOutcome::kAllowed);
  EXPECT_EQ(verifier.verify(request, kDay + 15min + 1s).outcome, AuthOutcome::kSkewed);
  EXPECT_EQ(verifier.verify(request, kDay - 15min).outcome, AuthOutcome::kAllowed);
  EXPECT_EQ(verifier.verify(request, kDay - 15min - 1s).outcome, AuthOutcome::kSkewed);
}

TEST(Verifier, HoldsAPresignedRequestToItsExpiryMethodAndPath) {
  Signer signer(kExample, "us-east-1");
  Verifier verifier(kExample, "us-east-1");
  http::RequestHead request;
  request.method = "GET";
  request.target = signer.presign("GET", "/bucket/a%20b?response-content-type=text%2Fplain", "h:1", 60s, kDay);
  request.headers.add("Host", "h:1");
  EXPECT_EQ(verifier.verify(request, kDay + 60s).outcome, AuthOutcome::kAllowed);
  EXPECT_EQ(verifier.verify(request, kDay + 61s).outcome, AuthOutcome::kExpired);
  request.method = "PUT";
  EXPECT_EQ(verifier.verify(request, kDay).outcome, AuthOutcome::kMismatch);
  request.method = "GET";
  request.target.replace(0, 8, "/other/x");
  EXPECT_EQ(verifier.verify(request, kDay).outcome, AuthOutcome::kMismatch);
}

TEST(Verifier, TellsApartWhatIsWrong) {
  const auto request = own_request("GET", "/bucket/key", {}, kDay);
  const auto outcome = [&](Credentials credentials, std::string region) {
    return Verifier(std::move(credentials), std::move(region)).verify(request, kDay).outcome;
  };
  EXPECT_EQ(outcome({"OTHER", kExample.secret_key, ""}, "us-east-1"), AuthOutcome::kUnknownAccessKey);
  EXPECT_EQ(outcome({kExample.access_key, "wrong", ""}, "us-east-1"), AuthOutcome::kMismatch);
  EXPECT_EQ(outcome(kExample, "eu-west-1"), AuthOutcome::kWrongScope);
  EXPECT_EQ(outcome(kExample, ""), AuthOutcome::kAllowed);
  EXPECT_EQ(Verifier(kExample, "").verify({.method = "GET", .target = "/"}, kDay).outcome, AuthOutcome::kAnonymous);
}

TEST(Verifier, CallsUnreadableSignaturesMalformed) {
  Verifier verifier(kExample, "");
  for (const auto* text : {"AWS AKIA:xyz", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 ", "AWS4-HMAC-SHA256 Credential=a/b", "Bearer x",
                           "AWS4-HMAC-SHA256 Credential=a/20130524/r/s3/aws4_request,SignedHeaders=,Signature=00"}) {
    http::RequestHead request{.method = "GET", .target = "/"};
    request.headers.add("Authorization", text);
    EXPECT_EQ(verifier.verify(request, kDay).outcome, AuthOutcome::kMalformed) << text;
  }
}

TEST(Verifier, SaysThatVersion2IsNotEnough) {
  const http::RequestHead request{.method = "GET", .target = "/b/k?AWSAccessKeyId=AKIA&Signature=x&Expires=1"};
  const auto verdict = Verifier(kExample, "").verify(request, kDay);
  EXPECT_EQ(verdict.outcome, AuthOutcome::kMalformed);
  EXPECT_THAT(verdict.text, testing::HasSubstr("AWS4-HMAC-SHA256"));
}

TEST(AmzDate, ComesBackAsItWas) {
  EXPECT_EQ(format_amz_date(kDay + 3723s), "20130524T010203Z");
  EXPECT_EQ(parse_amz_date("20130524T010203Z"), kDay + 3723s);
  EXPECT_FALSE(parse_amz_date("20130524T010203"));
  EXPECT_FALSE(parse_amz_date("20131324T010203Z"));
}

TEST(CanonicalQuery, SortsByEncodedNameThenValue) { EXPECT_EQ(canonical_query("b=2&a=2&a=1&acl&c=%7e+x", ""), "a=1&a=2&acl=&b=2&c=~%20x"); }

}  // namespace
}  // namespace evershore::s3
