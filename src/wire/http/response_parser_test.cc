#include "wire/http/response_parser.h"

#include <gtest/gtest.h>

#include "wire/http/every_split.h"
#include "wire/http/serialize.h"

namespace evershore::http {
namespace {

struct Parsed {
  ParseState state = ParseState::kNeedMore;
  size_t consumed = 0;
  ResponseHead head;
};

Parsed parse_pieces(const Pieces& pieces) {
  ResponseParser parser{HeadLimits{}};
  Parsed parsed;
  for (const auto piece : pieces) {
    const auto fed = parser.feed(piece);
    parsed.consumed += fed.consumed;
    parsed.state = fed.state;
    if (fed.state != ParseState::kNeedMore) break;
  }
  parsed.head = parser.head();
  return parsed;
}

Parsed parse(std::string_view text) { return parse_pieces({as_bytes(text)}); }

TEST(ResponseParser, ReadsAHeadOverEverySplitAndLeavesTheRest) {
  const std::string head = "HTTP/1.1 206 Partial  Content\r\nContent-Length: 4\r\nETag: \"x\"\r\n\r\n";
  for_every_split(head + "body", [&](const Pieces& pieces) {
    const auto parsed = parse_pieces(pieces);
    ASSERT_EQ(parsed.state, ParseState::kDone);
    EXPECT_EQ(parsed.consumed, head.size());
    EXPECT_EQ(parsed.head.status, 206);
    EXPECT_EQ(parsed.head.reason, "Partial  Content");
    EXPECT_EQ(parsed.head.content_length, 4u);
    EXPECT_EQ(parsed.head.headers.get("etag"), "\"x\"");
    EXPECT_TRUE(parsed.head.keep_alive);
  });
}

TEST(ResponseParser, FramesTheBodyByMethodAndStatus) {
  const auto kind = [](std::string_view text, std::string_view method) { return body_kind(parse(text).head, method); };
  EXPECT_EQ(kind("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n", "GET"), BodyKind::kLength);
  EXPECT_EQ(kind("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n", "HEAD"), BodyKind::kNone);
  EXPECT_EQ(kind("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "GET"), BodyKind::kChunked);
  EXPECT_EQ(kind("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HEAD"), BodyKind::kNone);
  EXPECT_EQ(kind("HTTP/1.1 200 OK\r\n\r\n", "GET"), BodyKind::kUntilClose);
  EXPECT_EQ(kind("HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\n", "GET"), BodyKind::kNone);
  EXPECT_EQ(kind("HTTP/1.1 204 No Content\r\n\r\n", "DELETE"), BodyKind::kNone);
  EXPECT_EQ(kind("HTTP/1.1 100 Continue\r\n\r\n", "PUT"), BodyKind::kNone);
  EXPECT_EQ(kind("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "GET"), BodyKind::kLength);
}

TEST(ResponseParser, AcceptsAnEmptyReason) {
  EXPECT_EQ(parse("HTTP/1.1 200 \r\n\r\n").state, ParseState::kDone);
  EXPECT_EQ(parse("HTTP/1.1 200\r\n\r\n").state, ParseState::kDone);
}

TEST(ResponseParser, KeepsAliveByVersionAndConnection) {
  EXPECT_TRUE(parse("HTTP/1.1 200 OK\r\n\r\n").head.keep_alive);
  EXPECT_FALSE(parse("HTTP/1.0 200 OK\r\n\r\n").head.keep_alive);
  EXPECT_TRUE(parse("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\n\r\n").head.keep_alive);
  EXPECT_FALSE(parse("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n").head.keep_alive);
  EXPECT_TRUE(parse("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n").head.keep_alive);
  EXPECT_FALSE(parse("HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\n").head.keep_alive);
  EXPECT_FALSE(parse("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n").head.keep_alive);
  EXPECT_TRUE(parse("HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\n").head.keep_alive) << "of the object, RFC 9110 8.6";
}

TEST(ResponseParser, RefusesDoubtfulHeads) {
  const std::pair<const char*, std::string> rows[] = {
      {"not HTTP",
       "SSH-2.0-x\r\n"
       "\r\n"},
      {"HTTP/2 version", "HTTP/2.0 200 OK\r\n\r\n"},
      {"no status", "HTTP/1.1 OK\r\n\r\n"},
      {"four digits", "HTTP/1.1 2000 OK\r\n\r\n"},
      {"status 099", "HTTP/1.1 099 X\r\n\r\n"},
      {"status 600", "HTTP/1.1 600 X\r\n\r\n"},
      {"empty first line", "\r\nHTTP/1.1 200 OK\r\n\r\n"},
      {"bare LF", "HTTP/1.1 200 OK\nX: y\r\n\r\n"},
      {"TE and CL", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"},
      {"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n"},
      {"unknown coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n"},
      {"CL and TE", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {"signed length", "HTTP/1.1 200 OK\r\nContent-Length: +3\r\n\r\n"},
      {"list of lengths", "HTTP/1.1 200 OK\r\nContent-Length: 3, 3\r\n\r\n"},
      {"length beyond 64 bits", "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551616\r\n\r\n"},
      {"TE in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {"bare CR in a value", "HTTP/1.1 200 OK\r\nX: a\rSet-Cookie: b\r\n\r\n"},
      {"NUL in a value", std::string("HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n", 28)},
      {"bare CR in the reason", "HTTP/1.1 200 O\rK\r\n\r\n"},
      {"space before the colon", "HTTP/1.1 200 OK\r\nContent-Length : 3\r\n\r\n"},
      {"a second status line", "HTTP/1.1 200 OK\r\nHTTP/1.1 200 OK\r\n\r\n"},
      {"folded", "HTTP/1.1 200 OK\r\nX: y\r\n z\r\n\r\n"},
      {"too long", "HTTP/1.1 200 OK\r\nX: " + std::string(40'000, 'x')},
  };
  for (const auto& [name, text] : rows) {
    EXPECT_EQ(parse(text).state, ParseState::kError) << name;
    if (text.size() > 1000) continue;
    for_every_split(text, [&, label = std::string_view(name)](const Pieces& pieces) {
      EXPECT_EQ(parse_pieces(pieces).state, ParseState::kError) << label;
    });
  }
}

TEST(Serialize, WritesWhatTheParserReads) {
  std::string text;
  append_response_head(text, ResponseHead{.status = 404, .headers = {{"Content-Length", "0"}, {"X", "y"}}});
  EXPECT_EQ(text, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nX: y\r\n\r\n");
  EXPECT_EQ(parse(text).head.status, 404);
  text.clear();
  append_request_head(text, "GET", "/a b", {{"Host", "h"}});
  EXPECT_EQ(text, "GET /a%20b HTTP/1.1\r\nHost: h\r\n\r\n");
}

TEST(Serialize, LetsNoValueBreakOutOfItsLine) {
  std::string text;
  append_field(text, "Location", std::string_view("/a\r\nSet-Cookie: x\0", 18));
  EXPECT_EQ(text, "Location: /a  Set-Cookie: x \r\n");
}

}  // namespace
}  // namespace evershore::http
