#include "gateway/operation.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace evershore::gateway {
namespace {

using enum Operation;
using s3::ErrorCode;

http::RequestHead request(std::string method, std::string target) {
  return {.method = std::move(method), .target = std::move(target), .host = "127.0.0.1:9001"};
}

struct Row {
  std::string method, target;
  Operation operation;
  std::string key;
};

TEST(Route, KnowsEachOperationByMethodPathAndQuery) {
  const std::vector<Row> rows{
      {"GET", "/", kListBuckets, ""},
      {"HEAD", "/b", kHeadBucket, ""},
      {"PUT", "/b/", kCreateBucket, ""},
      {"GET", "/b?location", kGetLocation, ""},
      {"GET", "/b/?versioning=", kGetVersioning, ""},
      {"GET", "/b/k?tagging", kGetTagging, "k"},
      {"PUT", "/b/k?tagging=", kPutTagging, "k"},
      {"DELETE", "/b/k?tagging", kDeleteTagging, "k"},
      {"GET", "/b", kListObjects, ""},
      {"GET", "/b/?list-type=2", kListObjects, ""},
      {"GET", "/b?uploads", kListUploads, ""},
      {"POST", "/b?delete", kDeleteObjects, ""},
      {"GET", "/b/a%20b/c%2Fd//..%2f?partNumber=3", kGetObject, "a b/c/d//../"},
      {"GET", "/b//", kGetObject, "/"},
      {"GET", "/b/a+b", kGetObject, "a+b"},
      {"HEAD", "/b/k", kHeadObject, "k"},
      {"PUT", "/b/k", kPutObject, "k"},
      {"PUT", "/b/k?x-id=PutObject", kPutObject, "k"},
      {"DELETE", "/b/k?versionId=null", kDeleteObject, "k"},
      {"POST", "/b/k?uploads", kCreateUpload, "k"},
      {"PUT", "/b/k?uploadId=u&partNumber=10000", kUploadPart, "k"},
      {"POST", "/b/k?uploadId=u", kCompleteUpload, "k"},
      {"DELETE", "/b/k?uploadId=u", kAbortUpload, "k"},
      {"GET", "/b/k?uploadId=u", kListParts, "k"},
  };
  for (const auto& row : rows) {
    const auto routed = route(request(row.method, row.target), "b");
    ASSERT_TRUE(routed) << row.method << " " << row.target << ": " << routed.error().text;
    EXPECT_EQ(routed->operation, row.operation) << row.method << " " << row.target;
    EXPECT_EQ(routed->key, row.key);
  }
}

TEST(Route, TellsACopyByItsSource) {
  auto copy = request("PUT", "/b/k");
  copy.headers.add("x-amz-copy-source", "/b/from");
  EXPECT_EQ(route(copy, "b")->operation, kCopyObject);
  copy.target = "/b/k?uploadId=u&partNumber=1";
  EXPECT_EQ(route(copy, "b")->operation, kUploadPartCopy);
}

TEST(Route, TakesTheBucketFromTheHost) {
  auto in_host = request("GET", "/b/k");
  in_host.host = "b.s3.example:9001";
  EXPECT_EQ(route(in_host, "b")->key, "b/k");
  in_host.target = "/?list-type=2";
  EXPECT_EQ(route(in_host, "b")->operation, kListObjects);
}

struct Refused {
  std::string method, target;
  ErrorCode code;
};

TEST(Route, RefusesWhatItDoesNotDo) {
  const std::vector<Refused> rows{
      {"GET", "/other/k", ErrorCode::kNoSuchBucket},
      {"DELETE", "/b", ErrorCode::kMethodNotAllowed},
      {"PATCH", "/b/k", ErrorCode::kMethodNotAllowed},
      {"POST", "/b/k", ErrorCode::kMethodNotAllowed},
      {"PUT", "/", ErrorCode::kMethodNotAllowed},
      {"GET", "/b?acl", ErrorCode::kNotImplemented},
      {"GET", "/b?tagging", ErrorCode::kNotImplemented},
      {"POST", "/b/k?tagging", ErrorCode::kMethodNotAllowed},
      {"GET", "/b/k?versionId=123", ErrorCode::kInvalidArgument},
      {"GET", "/b/k%2", ErrorCode::kInvalidArgument},
      {"GET", "/b/k?partNumber=0", ErrorCode::kInvalidArgument},
      {"PUT", "/b/k?uploadId=u", ErrorCode::kInvalidArgument},
      {"PUT", "/b/k?uploadId=u&partNumber=10001", ErrorCode::kInvalidArgument},
      {"GET", "/b?max-keys=-1", ErrorCode::kInvalidArgument},
      {"GET", "/b?encoding-type=x", ErrorCode::kInvalidArgument},
      {"GET", "/b?list-type=2&continuation-token=!", ErrorCode::kInvalidArgument},
      {"GET", "*", ErrorCode::kBadRequest},
      {"GET", "/b/" + std::string(1025, 'k'), ErrorCode::kKeyTooLong},
  };
  for (const auto& row : rows) {
    const auto routed = route(request(row.method, row.target), "b");
    ASSERT_FALSE(routed) << row.method << " " << row.target.substr(0, 60);
    EXPECT_EQ(routed.error().code, row.code) << row.target.substr(0, 60);
  }
  EXPECT_TRUE(route(request("GET", "/b/" + std::string(1024, 'k')), "b"));
}

TEST(Route, ReadsWhatAListAsksFor) {
  const auto v2 = route(request("GET", "/b?list-type=2&prefix=a%2Fb+c&delimiter=%2F&max-keys=5000&start-after=x&encoding-type=url"), "b");
  ASSERT_TRUE(v2);
  EXPECT_EQ(v2->list.prefix, "a/b c");
  EXPECT_EQ(v2->list.delimiter, "/");
  EXPECT_EQ(v2->list.max_keys, 1000U);
  EXPECT_EQ(v2->list.start_after, "x");
  EXPECT_TRUE(v2->list.encoding_url);
  const auto token = make_continuation_token("last\xff");
  EXPECT_EQ(route(request("GET", "/b?list-type=2&start-after=x&continuation-token=" + token), "b")->list.start_after, "last\xff");
  EXPECT_EQ(route(request("GET", "/b?marker=m&max-keys=0"), "b")->list.start_after, "m");
  EXPECT_EQ(route(request("GET", "/b?max-keys=0"), "b")->list.max_keys, 0U);
}

}  // namespace
}  // namespace evershore::gateway
