// What an HTTP server lets its clients take, and whom it believes.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "base/networks.h"
#include "io/connection_book.h"
#include "io/http_test_support.h"

namespace evershore::io {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
constexpr std::string_view kLast = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

Task<void> say_peer(HttpExchange& exchange) {
  http::ResponseHead head;
  const std::string text = exchange.peer().address;
  co_await exchange.respond(std::move(head), as_bytes(text));
}

std::shared_ptr<const Networks> networks(std::string_view text) {
  Networks made;
  EXPECT_TRUE(made.add(text));
  return std::make_shared<const Networks>(std::move(made));
}

// What comes back for pieces that are sent one by one, each as a packet of its own.
Task<void> talk(Loop& loop, HttpServerOptions options, std::vector<std::string> pieces, std::string& heard) {
  auto server = serve(loop, std::move(options), say_peer);
  auto stream = co_await connect_to(loop, server->local());
  for (const auto& piece : pieces) {
    co_await say(*stream, piece);
    co_await sleep_for(loop, 1ms);
  }
  heard = co_await hear_all(*stream);
  co_await server->drain(loop.now() + kSoon);
}

std::string answer(HttpServerOptions options, std::vector<std::string> pieces) {
  Loop loop;
  std::string heard;
  loop.run_until_done(talk(loop, std::move(options), std::move(pieces), heard));
  return heard;
}

// ---- PROXY headers

TEST(ProxyProtocol, TheHeaderNamesTheClientWhateverItsPieces) {
  const std::string header = "PROXY TCP4 192.0.2.7 192.0.2.9 56324 443\r\n";
  const HttpServerOptions options{.proxies = networks("127.0.0.0/8")};
  EXPECT_THAT(answer(options, {header + std::string(kLast)}), HasSubstr("\r\n\r\n192.0.2.7"));
  EXPECT_THAT(answer(options, {header, std::string(kLast)}), HasSubstr("\r\n\r\n192.0.2.7"));
  std::vector<std::string> bytes;
  for (const char c : header) bytes.emplace_back(1, c);
  bytes.emplace_back(kLast);
  EXPECT_THAT(answer(options, bytes), HasSubstr("\r\n\r\n192.0.2.7"));
  EXPECT_THAT(answer(options, {"PROXY UNKNOWN\r\n" + std::string(kLast)}), HasSubstr("\r\n\r\n127.0.0.1"));
}

TEST(ProxyProtocol, ABalancersConnectionWithoutAHeaderIsReset) {
  const HttpServerOptions options{.head_max = 40ms, .proxies = networks("127.0.0.0/8")};
  EXPECT_EQ(answer(options, {std::string(kLast)}), "<reset>");
  EXPECT_EQ(answer(options, {"PROXY TCP4 192.0.2.7"}), "<reset>");
}

TEST(ProxyProtocol, FromAnybodyElseItIsAMalformedRequest) {
  const HttpServerOptions options{.proxies = networks("10.0.0.0/8")};
  EXPECT_THAT(answer(options, {"PROXY TCP4 192.0.2.7 192.0.2.9 56324 443\r\n" + std::string(kLast)}), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(answer(options, {std::string(kLast)}), HasSubstr("\r\n\r\n127.0.0.1"));
}

// ---- connections and requests

TEST(HttpLimits, AConnectionEndsInGoodOrderAfterItsLastRequest) {
  const auto heard = answer({.requests_max = 2}, {std::string(kGet) + std::string(kGet) + std::string(kGet)});
  size_t answers = 0;
  for (size_t at = heard.find("200 OK"); at != std::string::npos; at = heard.find("200 OK", at + 1)) ++answers;
  EXPECT_EQ(answers, 2U);
  EXPECT_THAT(heard, HasSubstr("Connection: close"));
  EXPECT_THAT(heard, testing::Not(HasSubstr("<reset>")));
}

Task<void> connect_thrice(Loop& loop, std::shared_ptr<ConnectionBook> book, std::vector<std::string>& heard, uint64_t& refused) {
  auto server = serve(loop, {.book = std::move(book)}, say_peer);
  std::vector<std::unique_ptr<Stream>> streams;
  for (int i = 0; i < 3; ++i) {
    auto stream = co_await connect_to(loop, server->local());
    const auto sent = co_await stream->write_all(kGet);
    std::string text;
    if (sent) text = co_await hear_until(*stream, "127.0.0.1");
    heard.push_back(std::move(text));
    streams.push_back(std::move(stream));
  }
  refused = server->counters().refused_client.get() + server->counters().refused_full.get();
  streams.clear();
  co_await server->drain(loop.now() + kSoon);
}

TEST(HttpLimits, AClientWithTooManyConnectionsIsRefusedAndSoIsOneTooManyInAll) {
  for (const ConnectionLimits& limits :
       {ConnectionLimits{.per_client_max = 2, .exempt = {}}, ConnectionLimits{.connections_max = 2, .exempt = {}}}) {
    Loop loop;
    std::vector<std::string> heard;
    uint64_t refused = 0;
    const auto book = std::make_shared<ConnectionBook>(limits);
    loop.run_until_done(connect_thrice(loop, book, heard, refused));
    EXPECT_THAT(heard[0], HasSubstr("200 OK"));
    EXPECT_THAT(heard[1], HasSubstr("200 OK"));
    EXPECT_THAT(heard[2], testing::Not(HasSubstr("200 OK")));
    EXPECT_EQ(refused, 1U);
    EXPECT_EQ(book->connections(), 0U);
  }
}

// ---- slow clients

Task<void> flood(HttpExchange& exchange, Result<void>& outcome, HttpExchange::Sent& sent) {
  const std::vector<uint8_t> piece(256 * 1024, 'x');
  http::ResponseHead head;
  co_await exchange.start(std::move(head), std::nullopt);
  while (outcome) outcome = co_await exchange.write(piece);
  sent = exchange.sent();
}

struct Pace {
  size_t bytes = 0;  // each 20 ms
  size_t until = 0;  // then it goes, if it is not dropped before
};

Task<void> read_slowly(Loop& loop, HttpServerOptions options, Pace pace, Result<void>& outcome, HttpExchange::Sent& sent, size_t& got) {
  auto server = serve(loop, std::move(options), [&](HttpExchange& exchange) { return flood(exchange, outcome, sent); });
  auto stream = co_await connect_to(loop, server->local());
  co_await say(*stream, std::string(kGet));
  std::vector<uint8_t> buffer(pace.bytes);
  while (got < pace.until && outcome) {
    stream->set_deadline(loop.now() + kSoon);
    const auto some = co_await stream->read_some(buffer);
    if (!some || *some == 0) break;
    got += *some;
    co_await sleep_for(loop, 20ms);
  }
  stream->close();
  while (outcome) co_await sleep_for(loop, 5ms);
  co_await server->drain(loop.now() + kSoon);
}

TEST(HttpLimits, AClientThatTakesLessThanTheRateIsDropped) {
  Loop loop;
  Result<void> outcome;
  HttpExchange::Sent sent;
  size_t got = 0;
  const HttpServerOptions options{.stall = 200ms, .rate_bytes_min = 10 << 20};
  loop.run_until_done(read_slowly(loop, options, {.bytes = 1'000, .until = 1 << 20}, outcome, sent, got));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().fault, Fault::kTimedOut);
  EXPECT_LT(got, 1U << 20);
  EXPECT_GT(sent.body_bytes, 0U);
  EXPECT_FALSE(sent.complete);
}

// The kernel's buffers hold seconds of what this client reads: for longer than the window no write goes through.
TEST(HttpLimits, ASteadyClientBehindLargeBuffersIsNotTakenForDead) {
  Loop loop;
  Result<void> outcome;
  HttpExchange::Sent sent;
  size_t got = 0;
  const HttpServerOptions options{.stall = 300ms, .rate_bytes_min = 1'000};
  loop.run_until_done(read_slowly(loop, options, {.bytes = 16'000, .until = 1'200'000}, outcome, sent, got));
  ASSERT_FALSE(outcome);
  EXPECT_NE(outcome.error().fault, Fault::kTimedOut) << outcome.error().text;
  EXPECT_GE(got, 1'200'000U);
}

Task<void> take_body(HttpExchange& exchange) {
  auto body = co_await exchange.read_whole_body(1 << 20);
  http::ResponseHead head;
  const std::string text = body ? "all of it" : body.error().text;
  co_await exchange.respond(std::move(head), as_bytes(text));
}

Task<void> send_slowly(Loop& loop, HttpServerOptions options, std::string& heard) {
  auto server = serve(loop, std::move(options), take_body);
  auto stream = co_await connect_to(loop, server->local());
  co_await say(*stream, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 40\r\nConnection: close\r\n\r\n");
  for (int i = 0; i < 40; ++i) {
    const auto sent = co_await stream->write_all(std::string_view("b"));
    if (!sent) break;
    co_await sleep_for(loop, 10ms);
  }
  heard = co_await hear_all(*stream);
  co_await server->drain(loop.now() + kSoon);
}

TEST(HttpLimits, ABodyThatTricklesIsGivenUpUnlessOneByteIsEnough) {
  std::string heard;
  {
    Loop loop;
    loop.run_until_done(send_slowly(loop, {.stall = 100ms, .rate_bytes_min = 10'000}, heard));
  }
  EXPECT_THAT(heard, HasSubstr("too little"));
  Loop loop;
  loop.run_until_done(send_slowly(loop, {.stall = 100ms}, heard));
  EXPECT_THAT(heard, HasSubstr("all of it"));
}

// ---- what is told of it

TEST(HttpLimits, ARequestThatCannotBeReadIsToldOf) {
  std::vector<uint16_t> told;
  HttpServerOptions options{.request_line_bytes_max = 100};
  options.on_refused = [&](const RefusedRequest& refused) {
    EXPECT_EQ(refused.peer.address, "127.0.0.1");
    told.push_back(refused.status);
  };
  answer(options, {"NONSENSE\r\n\r\n"});
  answer(options, {"GET /" + std::string(200, 'x') + " HTTP/1.1\r\nHost: h\r\n\r\n"});
  EXPECT_EQ(told, (std::vector<uint16_t>{400, 414}));
}

Task<void> note_sent(HttpExchange& exchange, std::vector<HttpExchange::Sent>& all) {
  http::ResponseHead head;
  co_await exchange.start(std::move(head), std::nullopt);
  co_await exchange.write(as_bytes("12345"));
  all.push_back(exchange.sent());
  co_await exchange.write(as_bytes("67890"));
  co_await exchange.finish();
  all.push_back(exchange.sent());
}

Task<void> ask_for_sent(Loop& loop, std::string_view method, std::vector<HttpExchange::Sent>& all) {
  auto server = serve(loop, {}, [&](HttpExchange& exchange) { return note_sent(exchange, all); });
  auto stream = co_await connect_to(loop, server->local());
  co_await say(*stream, fmt::format("{} / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", method));
  co_await hear_all(*stream);
  co_await server->drain(loop.now() + kSoon);
}

TEST(HttpLimits, TheBytesOfABodyAreCountedWithoutItsFraming) {
  std::vector<HttpExchange::Sent> all;
  {
    Loop loop;
    loop.run_until_done(ask_for_sent(loop, "GET", all));
  }
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].body_bytes, 5U);
  EXPECT_FALSE(all[0].complete);
  EXPECT_EQ(all[1].body_bytes, 10U);
  EXPECT_TRUE(all[1].complete);
  Loop loop;
  loop.run_until_done(ask_for_sent(loop, "HEAD", all));
  EXPECT_EQ(all.back().body_bytes, 0U);
  EXPECT_TRUE(all.back().complete);
}

}  // namespace
}  // namespace evershore::io
