#include "wire/http/request_parser.h"

#include <gtest/gtest.h>

#include "wire/http/every_split.h"

namespace evershore::http {
namespace {

struct Parsed {
  ParseState state = ParseState::kNeedMore;
  size_t consumed = 0;
  RequestHead head;
  ParseError error;
};

Parsed parse_pieces(const Pieces& pieces) {
  RequestParser parser{HeadLimits{}};
  Parsed parsed;
  for (const auto piece : pieces) {
    const auto fed = parser.feed(piece);
    parsed.consumed += fed.consumed;
    parsed.state = fed.state;
    if (fed.state != ParseState::kNeedMore) break;
  }
  parsed.head = parser.head();
  parsed.error = parser.error();
  return parsed;
}

Parsed parse(std::string_view text) { return parse_pieces({as_bytes(text)}); }

TEST(RequestParser, ReadsAHeadOverEverySplitAndLeavesTheRest) {
  const std::string head = "POST /a%20b?x=y HTTP/1.1\r\nHost: Example.com:8080\r\nContent-Length: 4\r\nX-A:\t v w \r\n\r\n";
  for_every_split(head + "body", [&](const Pieces& pieces) {
    const auto parsed = parse_pieces(pieces);
    ASSERT_EQ(parsed.state, ParseState::kDone);
    EXPECT_EQ(parsed.consumed, head.size());
    EXPECT_EQ(parsed.head.method, "POST");
    EXPECT_EQ(parsed.head.target, "/a%20b?x=y");
    EXPECT_EQ(parsed.head.path(), "/a%20b");
    EXPECT_EQ(parsed.head.query(), "x=y");
    EXPECT_EQ(parsed.head.host, "example.com:8080");
    EXPECT_EQ(parsed.head.content_length, 4u);
    EXPECT_FALSE(parsed.head.chunked);
    EXPECT_TRUE(parsed.head.keep_alive);
    EXPECT_EQ(parsed.head.headers.get("x-a"), "v w");
    EXPECT_EQ(parsed.head.headers.size(), 3u);
  });
}

TEST(RequestParser, ReadsPipelinedHeadsOneAfterTheOther) {
  const std::string one = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string both = one + "\r\nGET /2 HTTP/1.1\r\nHost: b\r\n\r\n";
  RequestParser parser{HeadLimits{}};
  const auto first = parser.feed(as_bytes(both));
  ASSERT_EQ(first.state, ParseState::kDone);
  EXPECT_EQ(first.consumed, one.size());
  parser.reset();
  const auto second = parser.feed(as_bytes(both).subspan(first.consumed));
  ASSERT_EQ(second.state, ParseState::kDone);
  EXPECT_EQ(parser.head().target, "/2");
  EXPECT_EQ(parser.head().host, "b");
  EXPECT_EQ(parser.head().headers.size(), 1u);
}

struct TargetRow {
  const char* name;
  const char* request;
  const char* target;
  const char* host;
};

TEST(RequestParser, AcceptsTheTargetFormsOfRfc9112) {
  static constexpr TargetRow kRows[] = {
      {"origin form", "GET /x/../y//z?a=b?c HTTP/1.1\r\nHost: h\r\n\r\n", "/x/../y//z?a=b?c", "h"},
      {"absolute form", "GET http://A.example:81/p?q HTTP/1.1\r\nHost: a.EXAMPLE:81\r\n\r\n", "/p?q", "a.example:81"},
      {"absolute form with the scheme's port", "GET http://a/p HTTP/1.1\r\nHost: a:80\r\n\r\n", "/p", "a"},
      {"absolute form in HTTP/1.0 without Host", "GET http://a/p HTTP/1.0\r\n\r\n", "/p", "a"},
      {"absolute form without a path", "GET http://a HTTP/1.1\r\nHost: a\r\n\r\n", "/", "a"},
      {"absolute form with a query only", "GET https://a?x HTTP/1.1\r\nHost: a\r\n\r\n", "/?x", "a"},
      {"absolute form of OPTIONS without a path", "OPTIONS http://a HTTP/1.1\r\nHost: a\r\n\r\n", "*", "a"},
      {"asterisk form", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "*", "a"},
      {"authority form", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", "a:443", "a:443"},
      {"IPv6 host", "GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", "/", "[::1]:8080"},
      {"empty host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", "/", ""},
      {"no host in HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", "/", ""},
      {"raw UTF-8 in the path", "GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n", "/\xc3\xa4", "a"},
      {"an empty line first", "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "/", "a"},
  };
  for (const auto& row : kRows) {
    for_every_split(row.request, [&](const Pieces& pieces) {
      const auto parsed = parse_pieces(pieces);
      ASSERT_EQ(parsed.state, ParseState::kDone) << row.name << ": " << parsed.error.text;
      EXPECT_EQ(parsed.head.target, row.target) << row.name;
      EXPECT_EQ(parsed.head.host, row.host) << row.name;
    });
  }
}

struct RefusedRow {
  const char* name;
  std::string request;
  uint16_t status;
};

void expect_refused(const RefusedRow& row) {
  for_every_split(row.request, [&](const Pieces& pieces) {
    const auto parsed = parse_pieces(pieces);
    ASSERT_EQ(parsed.state, ParseState::kError) << row.name;
    EXPECT_EQ(parsed.error.status, row.status) << row.name << ": " << parsed.error.text;
  });
}

std::string with(std::string_view fields) { return "POST / HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n"; }

TEST(RequestParser, RefusesWhatCouldBeSmuggled) {
  const RefusedRow rows[] = {
      {"TE with CL", with("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"), 400},
      {"CL with TE", with("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"), 400},
      {"TE with CL 0", with("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n"), 400},
      {"two CL that differ", with("Content-Length: 3\r\nContent-Length: 4\r\n"), 400},
      {"list of CL", with("Content-Length: 3, 3\r\n"), 400},
      {"signed CL", with("Content-Length: +3\r\n"), 400},
      {"negative CL", with("Content-Length: -1\r\n"), 400},
      {"hex CL", with("Content-Length: 0x3\r\n"), 400},
      {"empty CL", with("Content-Length:\r\n"), 400},
      {"CL beyond 64 bits", with("Content-Length: 18446744073709551616\r\n"), 400},
      {"CL with inner space", with("Content-Length: 1 2\r\n"), 400},
      {"space before the colon", with("Content-Length : 3\r\n"), 400},
      {"TE space before the colon", with("Transfer-Encoding : chunked\r\n"), 400},
      {"tab before the colon", with("Transfer-Encoding\t: chunked\r\n"), 400},
      {"folded line", with("X-A: b\r\n chunked\r\n"), 400},
      {"folded TE", with("Transfer-Encoding:\r\n chunked\r\n"), 400},
      {"field line begins with a space", with(" Transfer-Encoding: chunked\r\n"), 400},
      {"bare LF after a field", "POST / HTTP/1.1\r\nHost: a\nContent-Length: 3\r\n\r\n", 400},
      {"bare LF after the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", 400},
      {"bare LF as the empty line", "GET / HTTP/1.1\r\nHost: a\r\n\n", 400},
      {"bare CR in a value", with("X-A: b\rTransfer-Encoding: chunked\r\n"), 400},
      {"bare CR in a name", with("X\r-A: b\r\n"), 400},
      {"NUL in a value", with(std::string_view("X-A: b\0c\r\n", 10)), 400},
      {"DEL in a value", with("X-A: b\x7f\r\n"), 400},
      {"vertical tab before chunked",
       with("Transfer-Encoding: \x0b"
            "chunked\r\n"),
       400},
      {"non-ASCII name", with("X-\xc3\xa4: b\r\n"), 400},
      {"empty name", with(": b\r\n"), 400},
      {"no colon", with("chunked\r\n"), 400},
  };
  for (const auto& row : rows) expect_refused(row);
}

TEST(RequestParser, RefusesDoubtfulTransferCodings) {
  const RefusedRow rows[] = {
      {"TE identity", with("Transfer-Encoding: identity\r\n"), 501},
      {"TE gzip, chunked", with("Transfer-Encoding: gzip, chunked\r\n"), 501},
      {"TE chunked, identity", with("Transfer-Encoding: chunked, identity\r\n"), 501},
      {"TE xchunked", with("Transfer-Encoding: xchunked\r\n"), 501},
      {"TE quoted", with("Transfer-Encoding: \"chunked\"\r\n"), 501},
      {"TE with a parameter", with("Transfer-Encoding: chunked;a=b\r\n"), 501},
      {"TE chunked twice", with("Transfer-Encoding: chunked, chunked\r\n"), 400},
      {"two TE lines", with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400},
      {"two TE lines, other coding second", with("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"), 400},
      {"TE with a tab inside", with("Transfer-Encoding: chun\tked\r\n"), 501},
      {"TE with an empty member first", with("Transfer-Encoding: , chunked\r\n"), 400},
      {"TE with an empty member last", with("Transfer-Encoding: chunked,\r\n"), 400},
      {"TE cow", with("Transfer-Encoding: cow\r\n"), 501},
      {"TE in another case with CL", with("tRANSFER-eNCODING: cHUNKED\r\ncONTENT-lENGTH: 3\r\n"), 400},
      {"TE after a bare CR", with("X: y\r\n\rTransfer-Encoding: chunked\r\n"), 400},
      {"NUL in a name", with(std::string_view("Transfer-Encoding\0: chunked\r\n", 29)), 400},
      {"NUL after chunked", with(std::string_view("Transfer-Encoding: chunked\0\r\n", 29)), 400},
      {"Unicode dotless chunked", with("Transfer-Encoding: \xc4\x8dhunked\r\n"), 501},
      {"CL with a decimal point", with("Content-Length: 3.0\r\n"), 400},
      {"CL with an exponent", with("Content-Length: 3e1\r\n"), 400},
      {"CL with a comma", with("Content-Length: 3,\r\n"), 400},
      {"CL with underscores", with("Content-Length: 1_0\r\n"), 400},
      {"CL of other digits", with("Content-Length: \xd9\xa3\r\n"), 400},
      {"second CL empty", with("Content-Length: 3\r\nContent-Length:\r\n"), 400},
      {"second CL signed", with("Content-Length: 3\r\nContent-Length: +3\r\n"), 400},
      {"empty TE", with("Transfer-Encoding:\r\n"), 400},
      {"TE in HTTP/1.0", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
  };
  for (const auto& row : rows) expect_refused(row);
}

TEST(RequestParser, RefusesDoubtfulHosts) {
  const RefusedRow rows[] = {
      {"two Host", with("Host: b\r\n"), 400},
      {"two equal Host", with("Host: a\r\n"), 400},
      {"no Host", "GET / HTTP/1.1\r\n\r\n", 400},
      {"no Host with the absolute form", "GET http://a/ HTTP/1.1\r\n\r\n", 400},
      {"Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
      {"Host with user information", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400},
      {"Host with two ports", "GET / HTTP/1.1\r\nHost: a:1:2\r\n\r\n", 400},
      {"Host with a bad port", "GET / HTTP/1.1\r\nHost: a:8x\r\n\r\n", 400},
      {"Host as a list", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400},
      {"Host with junk after the bracket", "GET / HTTP/1.1\r\nHost: [::1]x80\r\n\r\n", 400},
      {"Host other than the absolute form's", "GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n", 400},
      {"empty Host with the absolute form", "GET http://a/ HTTP/1.1\r\nHost:\r\n\r\n", 400},
      {"another port than the absolute form's", "GET http://a:81/ HTTP/1.1\r\nHost: a:82\r\n\r\n", 400},
      {"user information in the absolute form", "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
  };
  for (const auto& row : rows) expect_refused(row);
}

TEST(RequestParser, RefusesMalformedRequestLines) {
  const RefusedRow rows[] = {
      {"two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"tab", "GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"space in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"trailing space", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400},
      {"leading space", " GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"no version", "GET /\r\nHost: a\r\n\r\n", 400},
      {"lower-case version", "GET / http/1.1\r\nHost: a\r\n\r\n", 400},
      {"two-digit version", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400},
      {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"HTTP/0.9 version", "GET / HTTP/0.9\r\n\r\n", 505},
      {"fragment", "GET /#x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"NUL in the target", std::string("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", 28), 400},
      {"relative target", "GET x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"asterisk of GET", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"bad method", "G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"endless method", std::string(33, 'M') + " / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
      {"HTTP/0.9", "GET /\r\n\r\n", 400},
      {"version without a minor", "GET / HTTP/1\r\nHost: a\r\n\r\n", 400},
      {"version with a sign", "GET / HTTP/+1.1\r\nHost: a\r\n\r\n", 400},
      {"version with a comma", "GET / HTTP/1,1\r\nHost: a\r\n\r\n", 400},
      {"version with more behind", "GET / HTTP/1.1x\r\nHost: a\r\n\r\n", 400},
      {"HTTP/3", "GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505},
      {"another protocol", "GET / RTSP/1.0\r\nHost: a\r\n\r\n", 400},
      {"bare CR in the request line", "GET /\rHTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"form feed for a space", "GET\x0c/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"second request line in the target", "GET / HTTP/1.1 GET /x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"absolute form of another scheme", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"authority form of GET", "GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"TLS hello", std::string("\x16\x03\x01\x00\xa5\x01\x00\n", 8), 400},
  };
  for (const auto& row : rows) expect_refused(row);
}

TEST(RequestParser, KeepsTheLimitsOnBothSidesOfTheBorder) {
  const HeadLimits limits{.head_bytes_max = 120, .start_line_bytes_max = 30, .fields_max = 3};
  const auto outcome = [&](const std::string& text) {
    uint16_t status = 0;
    bool first = true;
    for_every_split(text, [&](const Pieces& pieces) {
      RequestParser parser{limits};
      for (const auto piece : pieces) {
        if (parser.feed(piece).state != ParseState::kNeedMore) break;
      }
      if (!first) EXPECT_EQ(parser.error().status, status) << text;
      status = parser.error().status;
      first = false;
    });
    return status;
  };
  const auto request = [](size_t line, size_t field) {
    return "GET /" + std::string(line - 14, 'p') + " HTTP/1.1\r\nHost: a\r\nX: " + std::string(field, 'v') + "\r\n\r\n";
  };
  EXPECT_EQ(outcome(request(30, 1)), 0);
  EXPECT_EQ(outcome(request(31, 1)), 414);
  EXPECT_EQ(outcome(std::string(500, 'G')), 414);
  EXPECT_EQ(outcome(request(30, 120 - 32 - 9 - 7)), 0);
  EXPECT_EQ(outcome(request(30, 120 - 32 - 9 - 7 + 1)), 431);
  EXPECT_EQ(outcome(request(20, 500)), 431);
  EXPECT_EQ(outcome("GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nX: 2\r\n\r\n"), 0);
  EXPECT_EQ(outcome("GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nX: 2\r\nX: 3\r\n\r\n"), 431);
}

TEST(RequestParser, KeepsAliveByVersionAndConnection) {
  EXPECT_TRUE(parse("GET / HTTP/1.1\r\nHost: a\r\n\r\n").head.keep_alive);
  EXPECT_FALSE(parse("GET / HTTP/1.1\r\nHost: a\r\nConnection: Close\r\n\r\n").head.keep_alive);
  EXPECT_FALSE(parse("GET / HTTP/1.1\r\nHost: a\r\nConnection: x\r\nConnection: keep-alive, close\r\n\r\n").head.keep_alive);
  EXPECT_FALSE(parse("GET / HTTP/1.0\r\n\r\n").head.keep_alive);
  EXPECT_TRUE(parse("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").head.keep_alive);
  EXPECT_EQ(parse("GET / HTTP/1.7\r\nHost: a\r\n\r\n").head.minor_version, 1);
}

TEST(RequestParser, TakesEqualContentLengthsAndChunkedInAnyCase) {
  EXPECT_EQ(parse(with("Content-Length: 3\r\nContent-Length: 3\r\n")).head.content_length, 3u);
  EXPECT_TRUE(parse(with("transfer-ENCODING: CHUNKED\r\n")).head.chunked);
}

TEST(Headers, AreFoundWithoutCaseAndReplacedTogether) {
  Headers headers{{"Vary", "a"}, {"X", "1"}, {"vary", "b"}};
  EXPECT_EQ(headers.find("VARY"), "a");
  EXPECT_EQ(headers.joined("vary"), "a, b");
  EXPECT_EQ(headers.count("vary"), 2u);
  headers.set("Vary", "c");
  EXPECT_EQ(headers.joined("vary"), "c");
  EXPECT_EQ(headers.size(), 2u);
  headers.remove("VARY");
  EXPECT_FALSE(headers.has("vary"));
  EXPECT_EQ(headers.get("vary"), "");
}

}  // namespace
}  // namespace evershore::http
