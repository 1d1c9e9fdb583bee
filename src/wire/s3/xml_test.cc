#include <gtest/gtest.h>

#include "base/text.h"
#include "wire/s3/errors.h"
#include "wire/s3/list.h"
#include "wire/s3/multi_delete.h"
#include "wire/s3/multipart.h"
#include "wire/s3/xml.h"

namespace evershore::s3 {
namespace {

const Wall kTime = *parse_iso8601("2026-11-22T10:00:00Z");

// Every byte XML finds hard, and some it cannot carry at all.
const std::string kOddKey("a b/+%&<>\"'\x01\x1f\r\n\t\xc3\xa9//../ ", 24);

TEST(ListXml, BringsEveryKeyBackWithUrlEncoding) {
  ListResult sent{.bucket = "b", .next_continuation_token = "dG9rZW4=", .truncated = true};
  for (int byte = 1; byte < 256; ++byte) {
    sent.objects.push_back({.key = std::string("k") + static_cast<char>(byte), .size_bytes = 7, .etag = "e-1", .last_modified = kTime});
  }
  sent.objects.push_back({.key = kOddKey, .size_bytes = UINT64_MAX, .etag = "", .last_modified = kTime});
  sent.common_prefixes = {"photos 2026/", "+/"};
  const auto parsed = parse_list(render_list({.delimiter = "/"}, sent));
  ASSERT_TRUE(parsed) << parsed.error().text;
  ASSERT_EQ(parsed->objects.size(), sent.objects.size());
  for (size_t i = 0; i < sent.objects.size(); ++i) EXPECT_EQ(parsed->objects[i].key, sent.objects[i].key);
  EXPECT_EQ(parsed->objects[0].etag, "e-1");
  EXPECT_EQ(parsed->objects[0].last_modified, kTime);
  EXPECT_EQ(parsed->objects.back().size_bytes, UINT64_MAX);
  EXPECT_EQ(parsed->common_prefixes, sent.common_prefixes);
  EXPECT_TRUE(parsed->truncated);
  EXPECT_EQ(parsed->next_continuation_token, "dG9rZW4=");
}

TEST(ListXml, KeepsAKeyThatIsASpaceWithoutEncoding) {
  ListResult sent{.bucket = "b"};
  sent.objects.push_back({.key = " "});
  sent.objects.push_back({.key = "a<&>\"b  c"});
  const auto parsed = parse_list(render_list({.encoding_url = false}, sent));
  ASSERT_TRUE(parsed) << parsed.error().text;
  EXPECT_EQ(parsed->objects[0].key, " ");
  EXPECT_EQ(parsed->objects[1].key, "a<&>\"b  c");
}

TEST(ListXml, ReadsWhatOtherServersWrite) {
  const auto parsed = parse_list(R"(<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
  <Name>bucket</Name><Prefix/><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>
  <Contents>
    <Key>my-image.jpg</Key>
    <LastModified>2009-10-12T17:50:30.000Z</LastModified>
    <ETag>&quot;fba9dede5f27731c9771645a39863328&quot;</ETag>
    <Size>434234</Size><StorageClass>STANDARD</StorageClass>
  </Contents>
</ListBucketResult>)");
  ASSERT_TRUE(parsed) << parsed.error().text;
  ASSERT_EQ(parsed->objects.size(), 1U);
  EXPECT_EQ(parsed->objects[0].key, "my-image.jpg");
  EXPECT_EQ(parsed->objects[0].etag, "fba9dede5f27731c9771645a39863328");
  EXPECT_EQ(parsed->objects[0].size_bytes, 434234U);
}

TEST(ListXml, RefusesWhatIsNoList) {
  for (const auto* text : {"", "<a", "<html></html>", "<ListBucketResult><Contents/></ListBucketResult>"})
    EXPECT_FALSE(parse_list(text)) << text;
  EXPECT_FALSE(parse_list(std::string(kXmlBytesMax + 1, ' ')));
}

TEST(ListQuery, NamesOnlyWhatIsAsked) {
  EXPECT_EQ(list_query({.prefix = "a b/", .start_after = "a b/+", .max_keys = 2}),
            "list-type=2&prefix=a%20b%2F&start-after=a%20b%2F%2B&max-keys=2&encoding-type=url");
  EXPECT_EQ(list_query({.version = ListVersion::kV1, .start_after = "m", .encoding_url = false}), "marker=m");
}

TEST(ErrorXml, ComesBackAsItWas) {
  const ErrorBody sent{.code = "NoSuchKey", .message = "gone <&>", .resource = "/b/k", .request_id = "1"};
  const auto parsed = parse_error(render_error(sent));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->code, sent.code);
  EXPECT_EQ(parsed->message, sent.message);
  EXPECT_EQ(parsed->resource, sent.resource);
}

TEST(ErrorXml, IsNotSeenInOtherDocuments) {
  for (const auto* text : {"", "<html>503</html>", "<Error/>", "{}"}) EXPECT_FALSE(parse_error(text)) << text;
}

TEST(ErrorCodes, HaveNamesThatLeadBack) {
  for (int i = 0; i <= static_cast<int>(ErrorCode::kXAmzContentSha256Mismatch); ++i) {
    const auto code = static_cast<ErrorCode>(i);
    EXPECT_EQ(code_from_name(code_name(code)), code);
  }
  EXPECT_FALSE(code_from_name("NoSuchThing"));
}

TEST(FaultOf, SaysWhatACallerCanDo) {
  EXPECT_EQ(fault_of(404, "NoSuchKey"), Fault::kNotFound);
  EXPECT_EQ(fault_of(403, ""), Fault::kRefused);
  EXPECT_EQ(fault_of(412, "PreconditionFailed"), Fault::kPrecondition);
  EXPECT_EQ(fault_of(409, "ConditionalRequestConflict"), Fault::kPrecondition);
  EXPECT_EQ(fault_of(409, "OperationAborted"), Fault::kInvalid);
  EXPECT_EQ(fault_of(503, "SlowDown"), Fault::kBusy);
  EXPECT_EQ(fault_of(200, "SlowDown"), Fault::kBusy);
  EXPECT_EQ(fault_of(400, "RequestTimeout"), Fault::kTimedOut);
  EXPECT_EQ(fault_of(500, "InternalError"), Fault::kBroken);
}

TEST(MultiDeleteXml, ComesBackAsItWas) {
  const auto request = parse_delete_request(render_delete_request({.entries = {{"a&b", ""}, {"c", "etag"}}, .quiet = true}));
  ASSERT_TRUE(request);
  EXPECT_TRUE(request->quiet);
  ASSERT_EQ(request->entries.size(), 2U);
  EXPECT_EQ(request->entries[0].key, "a&b");
  EXPECT_EQ(request->entries[1].etag, "etag");
  const auto result = parse_delete_result(render_delete_result({.deleted = {"a"}, .failures = {{"b", "PreconditionFailed", "no"}}}));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->deleted, std::vector<std::string>{"a"});
  EXPECT_EQ(result->failures[0].code, "PreconditionFailed");
}

TEST(MultiDeleteXml, HoldsAtMostAThousandKeys) {
  DeleteRequest request;
  request.entries.resize(kDeleteKeysMax, {.key = "k"});
  EXPECT_TRUE(parse_delete_request(render_delete_request(request)));
  request.entries.push_back({.key = "k"});
  EXPECT_FALSE(parse_delete_request(render_delete_request(request)));
  EXPECT_FALSE(parse_delete_request("<Delete></Delete>"));
}

TEST(MultipartXml, ComesBackAsItWas) {
  EXPECT_EQ(parse_initiate(render_initiate({"b", "k<", "id"}))->upload_id, "id");
  EXPECT_FALSE(parse_initiate("<InitiateMultipartUploadResult/>"));
  const auto parts = parse_complete_request(render_complete_request({{1, "a"}, {10'000, "b"}}));
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->at(1).number, 10'000U);
  EXPECT_EQ(parts->at(0).etag, "a");
  EXPECT_EQ(parse_complete(render_complete({"l", "b", "k", "e-2"}))->etag, "e-2");
  EXPECT_EQ(parse_copy("CopyPartResult", render_copy("CopyPartResult", {"e", kTime}))->last_modified, kTime);
}

TEST(MultipartXml, RefusesPartNumbersOutOfBounds) {
  for (const uint32_t number : {0U, kPartNumberMax + 1}) EXPECT_FALSE(parse_complete_request(render_complete_request({{number, "a"}})));
  EXPECT_FALSE(parse_complete_request("<CompleteMultipartUpload/>"));
}

TEST(MultipartXml, ListsPartsAndUploads) {
  const auto parts = parse_list_parts(render_list_parts(
      {.bucket = "b", .key = "k", .upload_id = "u", .next_part_number_marker = 2, .truncated = true, .parts = {{2, "e", 5, kTime}}}));
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->next_part_number_marker, 2U);
  EXPECT_EQ(parts->parts[0].size_bytes, 5U);
  const auto uploads =
      parse_list_uploads(render_list_uploads({.bucket = "b", .encoding_url = true, .uploads = {{.key = kOddKey, .upload_id = "u"}}}));
  ASSERT_TRUE(uploads);
  EXPECT_EQ(uploads->uploads[0].key, kOddKey);
}

}  // namespace
}  // namespace evershore::s3
