#include "wire/http/http2_request.h"

#include <gtest/gtest.h>

namespace evershore::http {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

const Fields kGet = {{":method", "GET"}, {":scheme", "https"}, {":authority", "Example.com:8443"}, {":path", "/a%20b?x=y"}};

Fields get_with(Fields more) {
  Fields all = kGet;
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

Fields get_without(std::string_view name) {
  Fields all = kGet;
  std::erase_if(all, [&](const auto& field) { return field.first == name; });
  return all;
}

ParseError build(Http2RequestBuilder& builder, const Fields& fields) {
  builder.reset();
  for (const auto& [name, value] : fields) builder.add(name, value);
  return builder.finish();
}

uint16_t status_of(const Fields& fields) {
  Http2RequestBuilder builder{HeadLimits{}};
  return build(builder, fields).status;
}

TEST(Http2Request, MakesTheHeadThatHttp11WouldHaveGiven) {
  Http2RequestBuilder builder{HeadLimits{}};
  ASSERT_EQ(build(builder, get_with({{"accept", "*/*"}, {"content-length", "5"}})).status, 0);
  const auto& head = builder.head();
  EXPECT_EQ(head.method, "GET");
  EXPECT_EQ(head.target, "/a%20b?x=y");
  EXPECT_EQ(head.path(), "/a%20b");
  EXPECT_EQ(head.host, "example.com:8443");
  EXPECT_EQ(head.content_length, 5U);
  EXPECT_EQ(head.headers.get("accept"), "*/*");
  EXPECT_EQ(head.major_version, 2);
}

TEST(Http2Request, JoinsTheCrumbsOfACookie) {
  Http2RequestBuilder builder{HeadLimits{}};
  ASSERT_EQ(build(builder, get_with({{"cookie", "a=1"}, {"x", "y"}, {"cookie", "b=2"}})).status, 0);
  EXPECT_EQ(builder.head().headers.get("cookie"), "a=1; b=2");
  EXPECT_EQ(builder.head().headers.count("cookie"), 1U);
}

TEST(Http2Request, TakesHostForAMissingAuthority) {
  auto fields = get_without(":authority");
  fields.push_back({"host", "site.test"});
  Http2RequestBuilder builder{HeadLimits{}};
  ASSERT_EQ(build(builder, fields).status, 0);
  EXPECT_EQ(builder.head().host, "site.test");
}

TEST(Http2Request, KeepsNothingOfTheRequestBefore) {
  Http2RequestBuilder builder{HeadLimits{}};
  ASSERT_EQ(build(builder, get_with({{"cookie", "a=1"}, {"content-length", "1"}})).status, 0);
  ASSERT_EQ(build(builder, get_with({{"connection", "close"}})).status, 400);
  ASSERT_EQ(build(builder, kGet).status, 0);
  EXPECT_TRUE(builder.head().headers.empty());
  EXPECT_FALSE(builder.head().content_length);
}

struct Row {
  const char* name;
  Fields fields;
  uint16_t status;
};

TEST(Http2Request, RefusesWhatTwoImplementationsMightReadDifferently) {
  const std::string long_target = "/" + std::string(16 * 1024, 'x');
  const Row rows[] = {
      {"a plain GET is fine", kGet, 0},
      {"TE: trailers is fine", get_with({{"te", "trailers"}}), 0},
      {"Host equal to :authority is fine", get_with({{"host", "example.com:8443"}}), 0},
      {"* is fine for OPTIONS", {{":method", "OPTIONS"}, {":scheme", "https"}, {":authority", "a"}, {":path", "*"}}, 0},
      {"CONNECT names an authority only", {{":method", "CONNECT"}, {":authority", "a:1"}}, 0},
      {"CONNECT with a path", {{":method", "CONNECT"}, {":authority", "a:1"}, {":path", "/"}, {":scheme", "https"}}, 400},
      {"* for GET", {{":method", "GET"}, {":scheme", "https"}, {":authority", "a"}, {":path", "*"}}, 400},
      {"no :method", get_without(":method"), 400},
      {"no :path", get_without(":path"), 400},
      {"no :scheme", get_without(":scheme"), 400},
      {"neither :authority nor Host", get_without(":authority"), 400},
      {"an absolute :path", {{":method", "GET"}, {":scheme", "https"}, {":authority", "a"}, {":path", "https://b/"}}, 400},
      {"a space in :path", {{":method", "GET"}, {":scheme", "https"}, {":authority", "a"}, {":path", "/a b"}}, 400},
      {"a line break in :path", {{":method", "GET"}, {":scheme", "https"}, {":authority", "a"}, {":path", "/\r\nX: y"}}, 400},
      {"a method that is no token", {{":method", "GE T"}, {":scheme", "https"}, {":authority", "a"}, {":path", "/"}}, 400},
      {"userinfo in :authority", {{":method", "GET"}, {":scheme", "https"}, {":authority", "u@a"}, {":path", "/"}}, 400},
      {":path twice", get_with({{":path", "/other"}}), 400},
      {"an unknown pseudo-field", get_with({{":protocol", "websocket"}}), 400},
      {"a pseudo-field after a field", get_with({{"x", "y"}, {":authority", "b"}}), 400},
      {"a Host that contradicts", get_with({{"host", "other.test"}}), 400},
      {"two Hosts", get_with({{"host", "example.com:8443"}, {"host", "example.com:8443"}}), 400},
      {"an upper-case name", get_with({{"X-Name", "y"}}), 400},
      {"a name with a colon", get_with({{"x:y", "z"}}), 400},
      {"a line break in a value", get_with({{"x", "a\r\nb: c"}}), 400},
      {"a NUL in a value", get_with({{"x", std::string("a\0b", 3)}}), 400},
      {"a space before a value", get_with({{"x", " y"}}), 400},
      {"Transfer-Encoding", get_with({{"transfer-encoding", "chunked"}}), 400},
      {"Connection", get_with({{"connection", "x"}}), 400},
      {"Upgrade", get_with({{"upgrade", "h2c"}}), 400},
      {"Keep-Alive", get_with({{"keep-alive", "1"}}), 400},
      {"Proxy-Connection", get_with({{"proxy-connection", "close"}}), 400},
      {"TE with more than trailers", get_with({{"te", "gzip"}}), 400},
      {"differing lengths", get_with({{"content-length", "1"}, {"content-length", "2"}}), 400},
      {"a length that is no number", get_with({{"content-length", "+1"}}), 400},
      {"a target that is too long", {{":method", "GET"}, {":scheme", "https"}, {":authority", "a"}, {":path", long_target}}, 414},
      {"a field that is too long", get_with({{"x", std::string(33 * 1024, 'y')}}), 431},
      {"a method that is too long", {{":method", std::string(33, 'M')}, {":scheme", "https"}, {":authority", "a"}, {":path", "/"}}, 501},
  };
  for (const auto& row : rows) EXPECT_EQ(status_of(row.fields), row.status) << row.name;
}

TEST(Http2Request, CountsFieldsAsTheRfcDoes) {
  Http2RequestBuilder builder{{.head_bytes_max = 200}};
  EXPECT_EQ(build(builder, {{":method", "GET"}, {":scheme", "https"}, {":path", "/"}, {":authority", "a"}}).status, 0);
  EXPECT_EQ(builder.list_bytes(), 4 * 32U + 7 + 3 + 7 + 5 + 5 + 1 + 10 + 1);
  Fields many(300, {"x", ""});
  Http2RequestBuilder roomy{{.head_bytes_max = 100'000, .fields_max = 256}};
  EXPECT_EQ(build(roomy, get_with(many)).status, 431);
}

}  // namespace
}  // namespace evershore::http
