#include "wire/s3/aws_chunked.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace evershore::s3 {
namespace {

const Sha256 kKey = signing_key("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "20130524", "us-east-1", "s3");
const ChunkSeed kSeed{.key = kKey,
                      .amz_date = "20130524T000000Z",
                      .scope = "20130524/us-east-1/s3/aws4_request",
                      .signature = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"};

struct Decoded {
  std::string data;
  bool done = false;
  http::Headers trailers;
};

// Feeds `text` in pieces of `piece` bytes.
Result<Decoded> decode_in_pieces(AwsChunkedDecoder decoder, std::string_view text, size_t piece) {
  Decoded out;
  for (size_t at = 0; at < text.size() && !decoder.done(); at += piece) {
    auto input = as_bytes(text.substr(at, piece));
    while (!input.empty() && !decoder.done()) {
      TRY(const auto step, decoder.step(input));
      EXPECT_GT(step.consumed, 0U);
      out.data += as_text(step.data);
      input = input.subspan(step.consumed);
    }
  }
  out.done = decoder.done();
  out.trailers = decoder.trailers();
  return out;
}

std::string chunk(std::string_view data, std::string_view signature) {
  std::string head = data.size() == 65536 ? "10000" : data.size() == 1024 ? "400" : "0";
  return head + ";chunk-signature=" + std::string(signature) + "\r\n" + std::string(data) + (data.empty() ? "" : "\r\n");
}

std::string published_body() {
  return chunk(std::string(65536, 'a'), "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648") +
         chunk(std::string(1024, 'a'), "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497") +
         chunk("", "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9") + "\r\n";
}

TEST(ChunkSigner, StartsAtTheSeedThatAwsPublished) {
  const http::Headers headers{{"content-encoding", "aws-chunked"},
                              {"content-length", "66824"},
                              {"host", "s3.amazonaws.com"},
                              {"x-amz-content-sha256", std::string(kStreamingSigned)},
                              {"x-amz-date", "20130524T000000Z"},
                              {"x-amz-decoded-content-length", "66560"},
                              {"x-amz-storage-class", "REDUCED_REDUNDANCY"}};
  std::vector<std::string> names;
  for (const auto& header : headers) names.push_back(header.name);
  const auto canonical =
      canonical_request({.method = "PUT", .path = "/examplebucket/chunkObject.txt", .payload_hash = kStreamingSigned}, headers, names);
  EXPECT_EQ(signature_of(kKey, string_to_sign(kSeed.amz_date, kSeed.scope, canonical)), kSeed.signature);
}

TEST(AwsChunked, VerifiesAwsPublishedBodyInPiecesOfAnySize) {
  const auto body = published_body();
  EXPECT_EQ(body.size(), 66824U);
  for (const size_t piece : {1UL, 2UL, 7UL, 1000UL, 65536UL, body.size()}) {
    const auto decoded = decode_in_pieces(AwsChunkedDecoder(kSeed, TrailerRule::kNone), body, piece);
    ASSERT_TRUE(decoded) << decoded.error().text;
    EXPECT_TRUE(decoded->done);
    EXPECT_EQ(decoded->data, std::string(66560, 'a'));
  }
}

TEST(AwsChunked, RefusesOneChangedByte) {
  for (const size_t at : {100UL, 65536UL + 500UL}) {
    auto body = published_body();
    body[at] = 'b';
    const auto decoded = decode_in_pieces(AwsChunkedDecoder(kSeed, TrailerRule::kNone), body, 4096);
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().fault, Fault::kRefused);
  }
}

TEST(AwsChunked, IsNotDoneBeforeTheLastByte) {
  const auto body = published_body();
  const auto decoded =
      decode_in_pieces(AwsChunkedDecoder(kSeed, TrailerRule::kNone), std::string_view(body).substr(0, body.size() - 1), 999);
  ASSERT_TRUE(decoded);
  EXPECT_FALSE(decoded->done);
}

TEST(AwsChunked, ReadsUnsignedTrailersAtEverySplit) {
  const std::string body = "5\r\nhello\r\n6\r\n world\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n";
  for (size_t piece = 1; piece <= body.size(); ++piece) {
    const auto decoded = decode_in_pieces(AwsChunkedDecoder(std::nullopt, TrailerRule::kAllowed), body, piece);
    ASSERT_TRUE(decoded) << decoded.error().text;
    EXPECT_TRUE(decoded->done);
    EXPECT_EQ(decoded->data, "hello world");
    EXPECT_EQ(decoded->trailers.get("x-amz-checksum-crc32"), "DUoRhQ==");
  }
}

std::string signed_with_trailer(std::string_view trailer_value) {
  ChunkSigner signer(kSeed);
  const auto first = signer.next(sha256("hello"));
  const auto last = signer.next(sha256(""));
  const auto trailer = signer.trailer("x-amz-checksum-crc32c:wdBDMA==\n");
  return "5;chunk-signature=" + first + "\r\nhello\r\n0;chunk-signature=" + last +
         "\r\nx-amz-checksum-crc32c:" + std::string(trailer_value) + "\r\nx-amz-trailer-signature:" + trailer + "\r\n\r\n";
}

TEST(AwsChunked, VerifiesTheSignatureOfTrailers) {
  const auto good = decode_in_pieces(AwsChunkedDecoder(kSeed, TrailerRule::kAllowed), signed_with_trailer("wdBDMA=="), 3);
  ASSERT_TRUE(good) << good.error().text;
  EXPECT_EQ(good->data, "hello");
  const auto bad = decode_in_pieces(AwsChunkedDecoder(kSeed, TrailerRule::kAllowed), signed_with_trailer("wdBDMB=="), 3);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().fault, Fault::kRefused);
}

TEST(AwsChunked, RefusesMalformedBodies) {
  for (const std::string_view body :
       {"x\r\n", "\r\n", "5 \r\nhello", "5\r\nhelloX\r\n", "fffffffffffffffff\r\n", "5;evil=1\r\n", "0\r\ntrailer:1\r\n"}) {
    const auto decoded = decode_in_pieces(AwsChunkedDecoder(std::nullopt, TrailerRule::kNone), body, 1);
    ASSERT_FALSE(decoded) << body;
    EXPECT_EQ(decoded.error().fault, Fault::kInvalid);
  }
  EXPECT_FALSE(decode_in_pieces(AwsChunkedDecoder(std::nullopt, TrailerRule::kNone), std::string(5000, '0'), 100));
}

}  // namespace
}  // namespace evershore::s3
