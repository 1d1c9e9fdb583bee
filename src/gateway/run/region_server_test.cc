#include "gateway/run/region_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/sync.h"
#include "base/text.h"
#include "io/http_client.h"
#include "io/http_server.h"
#include "io/test_support.h"
#include "store/object_store_suite.h"
#include "store/s3_store.h"
#include "wire/http/uri.h"
#include "wire/s3/aws_chunked.h"
#include "wire/s3/errors.h"
#include "wire/s3/event.h"
#include "wire/s3/list.h"
#include "wire/s3/multi_delete.h"
#include "wire/s3/multipart.h"
#include "wire/s3/tagging.h"

namespace evershore::gateway {
namespace {

using namespace std::chrono_literals;
using Whole = io::HttpClient::Whole;

const s3::Credentials kKeys{.access_key = "AKEY", .secret_key = "SKEY"};

RegionServerOptions options_for(const std::string& directory) {
  RegionServerOptions options{.dir = directory, .bucket = "site-east", .access_key = "AKEY", .secret_key = Secret("SKEY")};
  options.listen.port = 0;
  options.directory = {.durable = false, .workers = 2, .part_bytes_min = 5};
  return options;
}

std::unique_ptr<RegionServer> start_or_die(const RegionServerOptions& options, io::Loop& loop) {
  auto server = RegionServer::start(options, {&loop}, Log());
  EVERSHORE_ASSERT(server.has_value());
  return std::move(*server);
}

RegionSettings region_at(const io::Endpoint& endpoint) {
  return {.name = "east",
          .endpoint = "http://" + io::format_endpoint(endpoint),
          .bucket = "site-east",
          .access_key = Secret("AKEY"),
          .secret_key = Secret("SKEY")};
}

// ---- our S3 client over our S3 server

class OverTheWire final : public store::StoreUnderTest {
 public:
  OverTheWire()
      : server_(start_or_die(options_for(directory_.path()), loop_)),
        client_(loop_, {}),
        store_(region_at(server_->local()), client_, loop_) {}
  ~OverTheWire() override { loop_.run_until_done(server_->drain(loop_.now() + 1s)); }
  ObjectStore& store() override { return store_; }
  void run_until_done(Task<void> task) override { loop_.run_until_done(std::move(task)); }
  uint64_t part_bytes_min() const override { return 5; }

 private:
  io::ScratchDirectory directory_;
  io::Loop loop_;
  std::unique_ptr<RegionServer> server_;
  io::HttpClient client_;
  store::S3Store store_;
};
std::unique_ptr<store::StoreUnderTest> make_over_the_wire() { return std::make_unique<OverTheWire>(); }

}  // namespace
}  // namespace evershore::gateway

namespace evershore::store {
INSTANTIATE_TEST_SUITE_P(Region, ObjectStoreSuite, testing::Values(StoreUnderTestMaker{"over_the_wire", gateway::make_over_the_wire}),
                         store_under_test_name);
}

namespace evershore::gateway {
namespace {

// ---- requests as clients send them

Task<void> keep(Task<Result<Whole>> task, std::optional<Result<Whole>>& slot) { slot.emplace(co_await std::move(task)); }

class RegionTest : public testing::Test {
 protected:
  void start(RegionServerOptions options) {
    server_ = start_or_die(options, loop_);
    client_ = std::make_unique<io::HttpClient>(loop_, io::HttpClient::Options{});
  }
  void start() { start(options_for(directory_.path())); }
  void TearDown() override {
    if (server_) loop_.run_until_done(server_->drain(loop_.now() + 1s));
  }
  io::HttpOrigin origin() const { return {false, "127.0.0.1", server_->local().port}; }

  Whole send(io::HttpRequest request) {
    std::optional<Result<Whole>> slot;
    loop_.run_until_done(
        keep(client_->fetch(origin(), std::move(request), {.connect = 5s, .first_byte = 5s, .stall = 5s}, 64 << 20), slot));
    EXPECT_TRUE(*slot) << slot->error().text;
    return *slot ? **std::move(slot) : Whole{};
  }
  io::HttpRequest unsigned_request(std::string method, std::string target, std::string body, http::Headers headers) {
    headers.set("Host", origin().host_header());
    return {.method = std::move(method), .target = std::move(target), .headers = std::move(headers), .body = std::move(body)};
  }
  // Signs with the body's hash.
  Whole ask(std::string method, std::string target, std::string body = "", http::Headers headers = {}) {
    auto request = unsigned_request(std::move(method), std::move(target), std::move(body), std::move(headers));
    signer_.sign(request.method, request.target, request.headers, to_hex(sha256(request.body)), loop_.wall());
    return send(std::move(request));
  }
  std::string put(const std::string& key, std::string text, http::Headers headers = {}) {
    const auto answer = ask("PUT", "/site-east/" + http::percent_encode(key, http::Slash::kKeep), std::move(text), std::move(headers));
    EXPECT_EQ(answer.head.status, 200) << answer.body;
    return std::string(answer.head.headers.get("etag"));
  }
  static std::string code_of(const Whole& answer) {
    const auto error = s3::parse_error(answer.body);
    return error ? error->code : "";
  }

  io::ScratchDirectory directory_;
  io::Loop loop_;
  std::unique_ptr<RegionServer> server_;
  std::unique_ptr<io::HttpClient> client_;
  s3::Signer signer_{kKeys, "us-east-1"};
};

TEST_F(RegionTest, GivesBackBytesAndHeaders) {
  start();
  const auto etag =
      put("a b/c.css", "body", {{"Content-Type", "text/css"}, {"Cache-Control", "max-age=9"}, {"x-amz-meta-colour", "green"}});
  EXPECT_EQ(etag, "\"" + to_hex(md5("body")) + "\"");
  const auto got = ask("GET", "/site-east/a%20b/c.css");
  EXPECT_EQ(got.head.status, 200);
  EXPECT_EQ(got.body, "body");
  EXPECT_EQ(got.head.headers.get("content-type"), "text/css");
  EXPECT_EQ(got.head.headers.get("cache-control"), "max-age=9");
  EXPECT_EQ(got.head.headers.get("x-amz-meta-colour"), "green");
  EXPECT_EQ(got.head.headers.get("etag"), etag);
  const auto head = ask("HEAD", "/site-east/a%20b/c.css");
  EXPECT_EQ(head.head.headers.get("content-length"), "4");
  EXPECT_EQ(head.body, "");
  EXPECT_EQ(ask("GET", "/site-east/a%20b/c.css?response-content-type=text%2Fplain").head.headers.get("content-type"), "text/plain");
}

struct ConditionRow {
  std::string name, value;
  int status;
};

TEST_F(RegionTest, ObeysConditionsOfReads) {
  start();
  const auto etag = put("k", "0123456789");
  const std::vector<ConditionRow> rows{{"If-Match", etag, 200},
                                       {"If-Match", "\"other\"", 412},
                                       {"If-None-Match", etag, 304},
                                       {"If-None-Match", "\"other\"", 200},
                                       {"If-Modified-Since", "Sat, 01 Jan 2000 00:00:00 GMT", 200},
                                       {"If-Modified-Since", "Fri, 01 Jan 2100 00:00:00 GMT", 304},
                                       {"If-Unmodified-Since", "Sat, 01 Jan 2000 00:00:00 GMT", 412},
                                       {"Range", "bytes=2-4", 206},
                                       {"Range", "bytes=-3", 206},
                                       {"Range", "bytes=10-", 416},
                                       {"Range", "bytes=0-1,4-5", 200},
                                       {"Range", "lines=1-2", 200}};
  for (const auto& row : rows) {
    const auto got = ask("GET", "/site-east/k", "", {{row.name, row.value}});
    EXPECT_EQ(got.head.status, row.status) << row.name << ": " << row.value;
    if (row.status == 304) EXPECT_EQ(got.head.headers.get("etag"), etag);
  }
  const auto part = ask("GET", "/site-east/k", "", {{"Range", "bytes=2-4"}});
  EXPECT_EQ(part.body, "234");
  EXPECT_EQ(part.head.headers.get("content-range"), "bytes 2-4/10");
  EXPECT_EQ(code_of(ask("GET", "/site-east/nothing")), "NoSuchKey");
  EXPECT_EQ(code_of(ask("GET", "/other/k")), "NoSuchBucket");
}

TEST_F(RegionTest, ObeysConditionsOfWrites) {
  start();
  const auto etag = put("k", "one");
  EXPECT_EQ(ask("PUT", "/site-east/k", "two", {{"If-None-Match", "*"}}).head.status, 412);
  EXPECT_EQ(ask("PUT", "/site-east/k", "two", {{"If-Match", "\"other\""}}).head.status, 412);
  EXPECT_EQ(ask("DELETE", "/site-east/k", "", {{"If-Match", "\"other\""}}).head.status, 412);
  EXPECT_EQ(ask("GET", "/site-east/k").body, "one");
  EXPECT_EQ(ask("PUT", "/site-east/k", "two", {{"If-Match", etag}}).head.status, 200);
  EXPECT_EQ(ask("DELETE", "/site-east/k").head.status, 204);
  EXPECT_EQ(ask("DELETE", "/site-east/k").head.status, 204);
}

TEST_F(RegionTest, RefusesWhoHasNotTheKeys) {
  start();
  put("k", "secret");
  EXPECT_EQ(code_of(send(unsigned_request("GET", "/site-east/k", "", {}))), "AccessDenied");
  s3::Signer wrong({.access_key = "AKEY", .secret_key = "guess"}, "us-east-1");
  auto request = unsigned_request("GET", "/site-east/k", "", {});
  wrong.sign("GET", request.target, request.headers, s3::kEmptySha256, loop_.wall());
  const auto refused = send(std::move(request));
  EXPECT_EQ(refused.head.status, 403);
  EXPECT_EQ(code_of(refused), "SignatureDoesNotMatch");
  EXPECT_THAT(refused.body, testing::Not(testing::HasSubstr("SKEY")));
  auto late = unsigned_request("GET", "/site-east/k", "", {});
  signer_.sign("GET", late.target, late.headers, s3::kEmptySha256, loop_.wall() - 16min);
  EXPECT_EQ(code_of(send(std::move(late))), "RequestTimeTooSkewed");
}

TEST_F(RegionTest, LetsAnyoneReadObjectsIfToldSo) {
  auto options = options_for(directory_.path());
  options.public_read = true;
  start(options);
  put("k", "public");
  EXPECT_EQ(send(unsigned_request("GET", "/site-east/k", "", {})).body, "public");
  EXPECT_EQ(code_of(send(unsigned_request("GET", "/site-east", "", {}))), "AccessDenied");
  EXPECT_EQ(code_of(send(unsigned_request("PUT", "/site-east/k", "x", {}))), "AccessDenied");
  EXPECT_NE(send(unsigned_request("GET", "/site-east/k?response-content-type=text%2Fhtml", "", {})).head.headers.get("content-type"),
            "text/html");
}

TEST_F(RegionTest, HonoursPresignedRequests) {
  start();
  put("k", "shared");
  const auto target = signer_.presign("GET", "/site-east/k", origin().host_header(), 60s, loop_.wall());
  EXPECT_EQ(send(unsigned_request("GET", target, "", {})).body, "shared");
  EXPECT_EQ(send(unsigned_request("GET", target + "0", "", {})).head.status, 403);
  const auto upload = signer_.presign("PUT", "/site-east/up", origin().host_header(), 60s, loop_.wall());
  EXPECT_EQ(send(unsigned_request("PUT", upload, "given", {})).head.status, 200);
  EXPECT_EQ(ask("GET", "/site-east/up").body, "given");
}

struct BodyRow {
  std::string name, value, code;
};

TEST_F(RegionTest, WritesNothingWhenTheBodyIsNotWhatWasPromised) {
  start();
  const std::vector<BodyRow> rows{{"Content-MD5", "AAAAAAAAAAAAAAAAAAAAAA==", "BadDigest"},
                                  {"x-amz-checksum-crc32", "AAAAAA==", "BadDigest"},
                                  {"x-amz-checksum-sha256", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "BadDigest"}};
  for (const auto& row : rows) EXPECT_EQ(code_of(ask("PUT", "/site-east/k", "body", {{row.name, row.value}})), row.code) << row.name;
  auto request = unsigned_request("PUT", "/site-east/k", "changed on the way", {});
  signer_.sign("PUT", request.target, request.headers, to_hex(sha256("as it was signed")), loop_.wall());
  EXPECT_EQ(code_of(send(std::move(request))), "XAmzContentSHA256Mismatch");
  EXPECT_EQ(code_of(ask("GET", "/site-east/k")), "NoSuchKey");
  EXPECT_EQ(
      ask("PUT", "/site-east/k", "123456789", {{"x-amz-checksum-crc64nvme", "rosUhgp5mIg="}}).head.headers.get("x-amz-checksum-crc64nvme"),
      "rosUhgp5mIg=");
}

class ChunkedUpload : public RegionTest {
 protected:
  // A signed, chunked upload of "hello world" in two chunks; `tamper` changes the second one's first byte.
  Whole upload(bool tamper) {
    auto request =
        unsigned_request("PUT", "/site-east/k", "", {{"Content-Encoding", "aws-chunked"}, {"x-amz-decoded-content-length", "11"}});
    signer_.sign("PUT", request.target, request.headers, s3::kStreamingSigned, loop_.wall());
    const std::string authorization(request.headers.get("authorization"));
    const std::string amz_date(request.headers.get("x-amz-date"));
    const auto date = amz_date.substr(0, 8);
    s3::ChunkSigner chunks({.key = s3::signing_key("SKEY", date, "us-east-1", "s3"),
                            .amz_date = amz_date,
                            .scope = s3::credential_scope(date, "us-east-1", "s3"),
                            .signature = authorization.substr(authorization.size() - 64)});
    std::string body =
        "5;chunk-signature=" + chunks.next(sha256("hello")) + "\r\nhello\r\n6;chunk-signature=" + chunks.next(sha256(" world"));
    body += tamper ? "\r\nXworld\r\n" : "\r\n world\r\n";
    body += "0;chunk-signature=" + chunks.next(sha256("")) + "\r\n\r\n";
    request.body = std::move(body);
    return send(std::move(request));
  }
};

TEST_F(ChunkedUpload, IsDecodedAndVerified) {
  start();
  EXPECT_EQ(code_of(upload(true)), "SignatureDoesNotMatch");
  EXPECT_EQ(code_of(ask("GET", "/site-east/k")), "NoSuchKey");
  EXPECT_EQ(upload(false).head.status, 200);
  const auto got = ask("GET", "/site-east/k");
  EXPECT_EQ(got.body, "hello world");
  EXPECT_FALSE(got.head.headers.has("content-encoding"));
}

TEST_F(ChunkedUpload, MayCarryItsChecksumInATrailer) {
  start();
  const auto send_with = [&](std::string_view checksum) {
    auto request =
        unsigned_request("PUT", "/site-east/k", "9\r\n123456789\r\n0\r\nx-amz-checksum-crc32:" + std::string(checksum) + "\r\n\r\n",
                         {{"x-amz-decoded-content-length", "9"}, {"x-amz-trailer", "x-amz-checksum-crc32"}});
    signer_.sign("PUT", request.target, request.headers, s3::kStreamingUnsignedTrailer, loop_.wall());
    return send(std::move(request));
  };
  EXPECT_EQ(code_of(send_with("AAAAAA==")), "BadDigest");
  EXPECT_EQ(send_with("y/Q5Jg==").head.headers.get("x-amz-checksum-crc32"), "y/Q5Jg==");
}

TEST_F(RegionTest, ListsWithDelimiterAndPages) {
  start();
  for (const auto* key : {"a", "b/1", "b/2", "c d+e", "z/"}) put(key, "x");
  std::set<std::string> seen;
  std::string token;
  for (int page = 0; page < 10; ++page) {
    const auto query = s3::list_query({.delimiter = "/", .continuation_token = token, .max_keys = 1});
    const auto list = s3::parse_list(ask("GET", "/site-east?" + query).body);
    ASSERT_TRUE(list) << list.error().text;
    for (const auto& object : list->objects) seen.insert(object.key);
    for (const auto& prefix : list->common_prefixes) seen.insert(prefix);
    if (!list->truncated) break;
    token = list->next_continuation_token;
  }
  EXPECT_EQ(seen, (std::set<std::string>{"a", "b/", "c d+e", "z/"}));
  const auto v1 = s3::parse_list(ask("GET", "/site-east?prefix=b%2F").body);
  EXPECT_EQ(v1->objects.size(), 2U);
}

TEST_F(RegionTest, DeletesManyAtOnce) {
  start();
  put("a&b", "x");
  put("k", "x");
  const auto body = s3::render_delete_request({.entries = {{"a&b", ""}, {"k", "wrong"}, {"absent", ""}}});
  const auto result = s3::parse_delete_result(ask("POST", "/site-east?delete", body).body);
  ASSERT_TRUE(result) << result.error().text;
  EXPECT_EQ(result->deleted, (std::vector<std::string>{"a&b", "absent"}));
  ASSERT_EQ(result->failures.size(), 1U);
  EXPECT_EQ(result->failures[0].code, "PreconditionFailed");
  EXPECT_EQ(code_of(ask("POST", "/site-east?delete", "<Delete>")), "MalformedXML");
}

TEST_F(RegionTest, CopiesObjects) {
  start();
  put("from +", "text", {{"x-amz-meta-a", "1"}, {"Content-Type", "text/css"}});
  const http::Headers source{{"x-amz-copy-source", "/site-east/from%20%2B"}};
  EXPECT_EQ(ask("PUT", "/site-east/to", "", source).head.status, 200);
  EXPECT_EQ(ask("GET", "/site-east/to").head.headers.get("x-amz-meta-a"), "1");
  auto replace = source;
  replace.add("x-amz-metadata-directive", "REPLACE");
  replace.add("x-amz-meta-b", "2");
  EXPECT_EQ(ask("PUT", "/site-east/to", "", replace).head.status, 200);
  const auto replaced = ask("GET", "/site-east/to");
  EXPECT_EQ(replaced.head.headers.get("x-amz-meta-b"), "2");
  EXPECT_FALSE(replaced.head.headers.has("x-amz-meta-a"));
  EXPECT_EQ(replaced.body, "text");
  auto guarded = source;
  guarded.add("x-amz-copy-source-if-match", "\"other\"");
  EXPECT_EQ(ask("PUT", "/site-east/to", "", guarded).head.status, 412);
  EXPECT_EQ(code_of(ask("PUT", "/site-east/from%20%2B", "", source)), "InvalidRequest");
}

class Uploads : public RegionTest {
 protected:
  std::string create(const std::string& key) { return s3::parse_initiate(ask("POST", "/site-east/" + key + "?uploads").body)->upload_id; }
  Whole part(const std::string& upload, int number, std::string text, http::Headers headers = {}) {
    return ask("PUT", "/site-east/k?partNumber=" + std::to_string(number) + "&uploadId=" + upload, std::move(text), std::move(headers));
  }
};

TEST_F(Uploads, CopyPartsOfOtherObjectsAndAreListed) {
  start();
  put("source", "0123456789");
  const auto id = create("k");
  part(id, 1, "hello");
  const auto copied = part(id, 2, "", {{"x-amz-copy-source", "site-east/source"}, {"x-amz-copy-source-range", "bytes=2-4"}});
  const auto copy = s3::parse_copy("CopyPartResult", copied.body);
  ASSERT_TRUE(copy) << copied.body;
  const auto outside = part(id, 3, "", {{"x-amz-copy-source", "site-east/source"}, {"x-amz-copy-source-range", "bytes=2-10"}});
  EXPECT_EQ(code_of(outside), "InvalidArgument");
  const auto parts = s3::parse_list_parts(ask("GET", "/site-east/k?max-parts=1&uploadId=" + id).body);
  ASSERT_TRUE(parts);
  EXPECT_TRUE(parts->truncated);
  EXPECT_EQ(parts->next_part_number_marker, 1U);
  EXPECT_EQ(s3::parse_list_uploads(ask("GET", "/site-east?uploads").body)->uploads.size(), 1U);
  const auto request = s3::render_complete_request({{1, to_hex(md5("hello"))}, {2, copy->etag}});
  const auto done = s3::parse_complete(ask("POST", "/site-east/k?uploadId=" + id, request).body);
  ASSERT_TRUE(done);
  EXPECT_TRUE(done->etag.ends_with("-2"));
  EXPECT_EQ(ask("GET", "/site-east/k").body, "hello234");
  const auto second = ask("GET", "/site-east/k?partNumber=2");
  EXPECT_EQ(second.head.status, 206);
  EXPECT_EQ(second.body, "234");
  EXPECT_EQ(second.head.headers.get("x-amz-mp-parts-count"), "2");
  EXPECT_TRUE(s3::parse_list_uploads(ask("GET", "/site-east?uploads").body)->uploads.empty());
}

TEST_F(Uploads, ThatAreGoneSaySo) {
  start();
  const auto id = create("k");
  EXPECT_EQ(ask("DELETE", "/site-east/k?uploadId=" + id).head.status, 204);
  EXPECT_EQ(code_of(part(id, 1, "x")), "NoSuchUpload");
  EXPECT_EQ(code_of(ask("GET", "/site-east/k?uploadId=" + id)), "NoSuchUpload");
  EXPECT_EQ(code_of(ask("POST", "/site-east/k?uploadId=" + id, s3::render_complete_request({{1, "x"}}))), "NoSuchUpload");
}

// ---- the webhook

struct Receiver {
  std::vector<std::string> bodies;
  int failures_left = 0;
};

Task<void> receive(io::HttpExchange& exchange, Receiver& receiver) {
  auto body = co_await exchange.read_whole_body(1 << 20);
  http::ResponseHead head;
  if (receiver.failures_left > 0) {
    --receiver.failures_left;
    head.status = 503;
  } else if (body) {
    receiver.bodies.push_back(*std::move(body));
  }
  (void)co_await exchange.respond(std::move(head), {});
}

Task<void> wait_for(io::Loop& loop, const Receiver& receiver, size_t count) {
  const auto deadline = loop.now() + 5s;
  while (receiver.bodies.size() < count && loop.now() < deadline) co_await sleep_for(loop, 2ms);
}

TEST_F(RegionTest, KeepsTagsOfObjects) {
  start();
  put("k", "text", {{"x-amz-tagging", "b=x+y&a=1"}});
  EXPECT_EQ(ask("HEAD", "/site-east/k").head.headers.get("x-amz-tagging-count"), "2");
  EXPECT_EQ(*s3::parse_tagging(ask("GET", "/site-east/k?tagging=").body), (s3::Tags{{"a", "1"}, {"b", "x y"}}));
  EXPECT_EQ(ask("PUT", "/site-east/copy", "", {{"x-amz-copy-source", "/site-east/k"}}).head.status, 200);
  EXPECT_EQ(s3::parse_tagging(ask("GET", "/site-east/copy?tagging=").body)->size(), 2U) << "a copy takes them along";
  const http::Headers replacing{{"x-amz-copy-source", "/site-east/k"}, {"x-amz-tagging-directive", "REPLACE"}, {"x-amz-tagging", "c=3"}};
  EXPECT_EQ(ask("PUT", "/site-east/k", "", replacing).head.status, 200);
  EXPECT_EQ(*s3::parse_tagging(ask("GET", "/site-east/k?tagging=").body), (s3::Tags{{"c", "3"}}));
  EXPECT_EQ(ask("PUT", "/site-east/k?tagging=", s3::render_tagging({{"d", "4"}})).head.status, 200);
  EXPECT_EQ(*s3::parse_tagging(ask("GET", "/site-east/k?tagging=").body), (s3::Tags{{"d", "4"}}));
  EXPECT_EQ(code_of(ask("PUT", "/site-east/k?tagging=", "<Tagging><TagSet><Tag><Key></Key></Tag></TagSet></Tagging>")), "InvalidTag");
  EXPECT_EQ(ask("DELETE", "/site-east/k?tagging=").head.status, 204);
  EXPECT_FALSE(ask("HEAD", "/site-east/k").head.headers.has("x-amz-tagging-count"));
  EXPECT_EQ(code_of(ask("GET", "/site-east/none?tagging=")), "NoSuchKey");
  EXPECT_EQ(ask("GET", "/site-east/k").body, "text");
}

TEST_F(RegionTest, TellsTheWebhookOfEachChangeAndTriesAgain) {
  Receiver receiver{.failures_left = 1};
  auto hook = io::HttpServer::start(loop_, {"127.0.0.1", 0}, {}, [&](io::HttpExchange& exchange) { return receive(exchange, receiver); });
  ASSERT_TRUE(hook);
  auto options = options_for(directory_.path());
  options.webhook = "http://" + io::format_endpoint((*hook)->local()) + "/events";
  start(options);
  put("a b", "text");
  loop_.run_until_done(wait_for(loop_, receiver, 1));
  ask("DELETE", "/site-east/a%20b");
  loop_.run_until_done(wait_for(loop_, receiver, 2));
  ASSERT_EQ(receiver.bodies.size(), 2U);
  const auto created = s3::parse_events(receiver.bodies[0])->front();
  EXPECT_EQ(created.name, "ObjectCreated:Put");
  EXPECT_EQ(created.key, "a b");
  EXPECT_EQ(created.size_bytes, 4U);
  EXPECT_EQ(created.etag, to_hex(md5("text")));
  const auto removed = s3::parse_events(receiver.bodies[1])->front();
  EXPECT_TRUE(removed.removed());
  EXPECT_GT(removed.sequencer, created.sequencer);
  loop_.run_until_done(server_->drain(loop_.now() + 1s));
  EXPECT_EQ(server_->events_dropped(), 0U);
  server_.reset();
  client_.reset();
  loop_.run_until_done((*hook)->drain(loop_.now()));
}

TEST(RegionServer, RefusesOptionsThatCannotWork) {
  io::ScratchDirectory directory;
  io::Loop loop;
  auto nameless = options_for(directory.path());
  nameless.bucket = "a/b";
  EXPECT_FALSE(RegionServer::start(nameless, {&loop}, Log()));
  auto keyless = options_for(directory.path());
  keyless.secret_key = Secret("");
  EXPECT_FALSE(RegionServer::start(keyless, {&loop}, Log()));
  auto hookless = options_for(directory.path());
  hookless.webhook = "ftp://x";
  EXPECT_FALSE(RegionServer::start(hookless, {&loop}, Log()));
}

}  // namespace
}  // namespace evershore::gateway
