#include "io/http_server.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cstdio>

#include "io/http_test_support.h"

namespace evershore::io {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// ---- handlers

Task<void> echo(HttpExchange& exchange) {
  auto body = co_await exchange.read_whole_body(1 << 20);
  http::ResponseHead head{.headers = {{"X-Target", exchange.request().target}}};
  if (!body) head.status = body.error().fault == Fault::kInvalid ? 413 : 400;
  const std::string text = body ? exchange.request().method + " " + *body : body.error().text;
  co_await exchange.respond(std::move(head), as_bytes(text));
}

Task<void> ignore_body(HttpExchange& exchange) {
  http::ResponseHead head;
  co_await exchange.respond(std::move(head), as_bytes("ignored"));
}

Task<void> stream_three(HttpExchange& exchange, std::optional<uint64_t> length) {
  http::ResponseHead head;
  co_await exchange.start(std::move(head), length);
  for (const std::string_view piece : {"one", "two", "three"}) co_await exchange.write(as_bytes(piece));
  co_await exchange.finish();
}

Task<void> break_off(HttpExchange& exchange) {
  http::ResponseHead head;
  co_await exchange.start(std::move(head), 100);
  co_await exchange.write(as_bytes("part"));
  exchange.abort();
}

Task<void> forget_to_finish(HttpExchange& exchange) {
  http::ResponseHead head;
  co_await exchange.start(std::move(head), 100);
  co_await exchange.write(as_bytes("part"));
}

Task<void> no_answer(HttpExchange&) { co_return; }

Task<void> not_modified(HttpExchange& exchange) {
  http::ResponseHead head{.status = 304, .headers = {{"ETag", "\"x\""}}};
  co_await exchange.respond(std::move(head), as_bytes("never sent"));
}

// ---- one raw conversation

Task<void> talk(Loop& loop, HttpHandler handler, HttpServerOptions options, std::string text, size_t step, std::string& heard) {
  auto server = serve(loop, std::move(options), std::move(handler));
  auto stream = co_await connect_to(loop, server->local());
  for (size_t at = 0; at < text.size(); at += step) {
    co_await say(*stream, text.substr(at, step));
    if (step < text.size()) co_await yield(loop);
  }
  heard = co_await hear_all(*stream);
  stream->close();
  co_await server->drain(loop.now() + kSoon);
}

std::string answer_in_steps(HttpHandler handler, HttpServerOptions options, const std::string& text, size_t step) {
  Loop loop;
  std::string heard;
  loop.run_until_done(talk(loop, std::move(handler), std::move(options), text, step, heard));
  return heard;
}
std::string answer(HttpHandler handler, const std::string& text) { return answer_in_steps(std::move(handler), {}, text, text.size()); }

constexpr std::string_view kClose = "Connection: close\r\n\r\n";

TEST(HttpServer, AnswersWithLengthAndDate) {
  const auto heard = answer(echo, "GET /a?b HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(heard, StartsWith("HTTP/1.1 200 OK\r\nX-Target: /a?b\r\nDate: "));
  EXPECT_THAT(heard, HasSubstr("GMT\r\nContent-Length: 4\r\nConnection: close\r\n\r\nGET "));
}

TEST(HttpServer, TakesARequestThatComesByteByByte) {
  const std::string text = "POST /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello";
  EXPECT_THAT(answer_in_steps(echo, {}, text, 1), testing::EndsWith("\r\n\r\nPOST hello"));
}

TEST(HttpServer, AnswersPipelinedRequestsInOrder) {
  const auto heard =
      answer(echo,
             "POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\noneGET /2 HTTP/1.1\r\nHost: h\r\n\r\n"
             "POST /3 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\nthree\r\n0\r\n\r\n");
  const auto one = heard.find("X-Target: /1"), two = heard.find("X-Target: /2"), three = heard.find("X-Target: /3");
  ASSERT_NE(three, std::string::npos) << heard;
  EXPECT_LT(one, two);
  EXPECT_LT(two, three);
  EXPECT_THAT(heard, HasSubstr("POST one"));
  EXPECT_THAT(heard, testing::EndsWith("POST three"));
}

TEST(HttpServer, RefusesBadRequestsWithTheirStatusAndCloses) {
  const std::pair<std::string, const char*> rows[] = {
      {"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n"},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc", "HTTP/1.1 400 Bad Request\r\n"},
      {"GET /" + std::string(17'000, 'x') + " HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 414 URI Too Long\r\n"},
      {"GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(33'000, 'x') + "\r\n\r\n", "HTTP/1.1 431 Request Header Fields Too Large\r\n"},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n", "HTTP/1.1 501 Not Implemented\r\n"},
      {"GET / HTTP/2.0\r\nHost: h\r\n\r\n", "HTTP/1.1 505 HTTP Version Not Supported\r\n"},
  };
  for (const auto& [text, status] : rows) {
    const auto heard = answer(echo, text);
    EXPECT_THAT(heard, StartsWith(status));
    EXPECT_THAT(heard, HasSubstr(std::string(kClose)));
    EXPECT_THAT(heard, Not(HasSubstr("<reset>"))) << "the answer must not be lost";
  }
}

TEST(HttpServer, StreamsWithALengthOrInChunksOrUntilClose) {
  const std::string get = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
  const HttpHandler known = [](HttpExchange& exchange) { return stream_three(exchange, 11); };
  const HttpHandler unknown = [](HttpExchange& exchange) { return stream_three(exchange, std::nullopt); };
  EXPECT_THAT(answer(known, get), HasSubstr("Content-Length: 11\r\nConnection: close\r\n\r\nonetwothree"));
  EXPECT_THAT(answer(unknown, get),
              HasSubstr("Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\none\r\n3\r\ntwo\r\n5\r\nthree\r\n0\r\n\r\n"));
  const auto old = answer(unknown, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_THAT(old, HasSubstr("Connection: close\r\n\r\nonetwothree"));
  EXPECT_THAT(old, Not(HasSubstr("chunked")));
}

TEST(HttpServer, SendsNoBodyForHeadAndNotModified) {
  const HttpHandler known = [](HttpExchange& exchange) { return stream_three(exchange, 11); };
  EXPECT_THAT(answer(known, "HEAD / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"),
              testing::EndsWith("Content-Length: 11\r\nConnection: close\r\n\r\n"));
  EXPECT_THAT(answer(echo, "HEAD / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"),
              testing::EndsWith("Content-Length: 5\r\nConnection: close\r\n\r\n"));
  const auto heard = answer(not_modified, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(heard, StartsWith("HTTP/1.1 304 Not Modified\r\n"));
  EXPECT_THAT(heard, testing::EndsWith("\r\n\r\n"));
  EXPECT_THAT(heard, Not(HasSubstr("Content-Length")));
}

TEST(HttpServer, KeepsHttp10AliveOnlyWhenAsked) {
  EXPECT_THAT(answer(echo, "GET / HTTP/1.0\r\n\r\n"), HasSubstr("Connection: close"));
  const auto heard = answer(echo, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.0\r\n\r\n");
  EXPECT_THAT(heard, HasSubstr("Connection: keep-alive"));
  EXPECT_THAT(heard, HasSubstr("Connection: close"));
}

TEST(HttpServer, DiscardsASmallUnreadBodyAndClosesOnALargeOne) {
  const std::string second = "GET /2 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
  const auto post = [&](size_t size) {
    return fmt::format("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n{}{}", size, std::string(size, 'b'), second);
  };
  const auto count = [](const std::string& text) {
    size_t found = 0;
    for (size_t at = text.find("200 OK"); at != std::string::npos; at = text.find("200 OK", at + 1)) ++found;
    return found;
  };
  EXPECT_EQ(count(answer(ignore_body, post(60'000))), 2u);
  EXPECT_EQ(count(answer(ignore_body, post(70'000))), 1u);
}

TEST(HttpServer, ResetsAnAnswerThatCannotBeCompleted) {
  const std::string get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  EXPECT_THAT(answer(break_off, get), testing::EndsWith("<reset>"));
  EXPECT_THAT(answer(forget_to_finish, get), testing::EndsWith("<reset>"));
}

TEST(HttpServer, Answers500ForAHandlerWithoutAnAnswer) {
  EXPECT_THAT(answer(no_answer, "GET / HTTP/1.1\r\nHost: h\r\n\r\n"), StartsWith("HTTP/1.1 500 Internal Server Error\r\n"));
}

TEST(HttpServer, SaysWhyABodyIsRefused) {
  EXPECT_THAT(answer(echo, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2000000\r\n\r\n"), StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(answer(echo, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), StartsWith("HTTP/1.1 413"));
}

TEST(HttpServer, DropsASlowHeadWith408AndAnIdleConnectionSilently) {
  const HttpServerOptions options{.idle_max = 40ms, .head_max = 40ms};
  EXPECT_THAT(answer_in_steps(echo, options, "GET / HT", 8), StartsWith("HTTP/1.1 408 "));
  EXPECT_EQ(answer_in_steps(echo, options, "", 1), "");
}

TEST(HttpServer, GivesUpOnABodyThatStalls) {
  const HttpServerOptions options{.stall = 40ms};
  EXPECT_THAT(answer_in_steps(echo, options, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nab", 100), HasSubstr("stall"));
}

// ---- conversations in turns

Task<void> expect_continue(Loop& loop, HttpHandler handler, std::string& first, std::string& rest) {
  auto server = serve(loop, {}, std::move(handler));
  auto stream = co_await connect_to(loop, server->local());
  co_await say(*stream, "PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\nConnection: close\r\n\r\n");
  first = co_await hear_until(*stream, "\r\n\r\n");
  if (first == "HTTP/1.1 100 Continue\r\n\r\n") co_await say(*stream, "hello");
  rest = co_await hear_all(*stream);
  stream->close();
  co_await server->drain(loop.now() + kSoon);
}

TEST(HttpServer, Sends100ContinueOnlyWhenTheBodyIsRead) {
  std::string first, rest;
  {
    Loop loop;
    loop.run_until_done(expect_continue(loop, echo, first, rest));
  }
  EXPECT_EQ(first, "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_THAT(rest, testing::EndsWith("PUT hello"));
  Loop loop;
  loop.run_until_done(expect_continue(loop, ignore_body, first, rest));
  EXPECT_THAT(first, StartsWith("HTTP/1.1 200 OK"));
  EXPECT_THAT(first, HasSubstr("Connection: close"));
}

Task<void> expect_continue_of_nothing(Loop& loop, HttpHandler handler, std::string& all) {
  auto server = serve(loop, {}, std::move(handler));
  auto stream = co_await connect_to(loop, server->local());
  co_await say(*stream, "PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  all = co_await hear_all(*stream);
  stream->close();
  co_await server->drain(loop.now() + kSoon);
}

TEST(HttpServer, Sends100ContinueForAnEmptyBodyToo) {
  std::string all;
  Loop loop;
  loop.run_until_done(expect_continue_of_nothing(loop, echo, all));
  EXPECT_THAT(all, StartsWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK"));
}

Task<void> flood(HttpExchange& exchange, uint64_t& written) {
  const std::vector<uint8_t> piece(256 * 1024, 'x');
  http::ResponseHead head;
  co_await exchange.start(std::move(head), std::nullopt);
  for (;;) {
    const auto sent = co_await exchange.write(piece);
    if (!sent) co_return;
    written += piece.size();
  }
}

Task<void> never_read(Loop& loop, uint64_t& written) {
  auto server = serve(loop, {.stall = 100ms}, [&](HttpExchange& exchange) { return flood(exchange, written); });
  auto stream = co_await connect_to(loop, server->local());
  co_await say(*stream, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  while (server->connections() == 0) co_await yield(loop);
  while (server->connections() > 0) co_await sleep_for(loop, 5ms);
  co_await server->drain(loop.now() + kSoon);
}

TEST(HttpServer, ASlowClientHoldsTheHandlerBackAndIsDropped) {
  Loop loop;
  uint64_t written = 0;
  loop.run_until_done(never_read(loop, written));
  EXPECT_LT(written, 32u << 20) << "only what the kernel's buffers take";
}

struct Gate {
  explicit Gate(Loop& loop) : changed(loop) {}
  Signal changed;
  bool entered = false;
  bool open = false;
};

Task<void> wait_at(HttpExchange& exchange, Gate& gate) {
  gate.entered = true;
  gate.changed.notify_all();
  while (!gate.open) co_await gate.changed.wait();
  http::ResponseHead head;
  co_await exchange.respond(std::move(head), as_bytes("done"));
}

Task<void> drain_and_mark(HttpServer& server, Mono deadline, bool& drained) {
  co_await server.drain(deadline);
  drained = true;
}

Task<void> drain_under_way(Loop& loop) {
  Gate gate(loop);
  auto server = serve(loop, {}, [&](HttpExchange& exchange) { return wait_at(exchange, gate); });
  auto idle = co_await connect_to(loop, server->local());
  auto busy = co_await connect_to(loop, server->local());
  co_await say(*busy, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  while (!gate.entered) co_await gate.changed.wait();
  bool drained = false;
  TaskScope scope;
  scope.spawn(drain_and_mark(*server, loop.now() + kSoon, drained));
  const auto nothing = co_await hear_all(*idle);
  EXPECT_EQ(nothing, "") << "an idle connection closes at once";
  EXPECT_FALSE(drained);
  gate.open = true;
  gate.changed.notify_all();
  const auto heard = co_await hear_all(*busy);
  EXPECT_THAT(heard, HasSubstr("Connection: close\r\n\r\ndone"));
  busy->close();
  co_await scope.join();
  EXPECT_TRUE(drained);
  const auto refused = co_await connect_tcp(loop, server->local(), loop.now() + kSoon);
  EXPECT_EQ(refused.error().fault, Fault::kRefused);
}

TEST(HttpServer, DrainsIdleConnectionsAtOnceAndBusyOnesAfterTheirAnswer) {
  Loop loop;
  loop.run_until_done(drain_under_way(loop));
}

Task<void> drain_cuts(Loop& loop) {
  auto server = serve(loop, {}, echo);
  auto stream = co_await connect_to(loop, server->local());
  co_await say(*stream, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nab");
  while (server->connections() == 0) co_await yield(loop);
  co_await sleep_for(loop, 5ms);
  co_await server->drain(loop.now() + 30ms);
  EXPECT_EQ(server->connections(), 0u);
  const auto heard = co_await hear_all(*stream);
  EXPECT_EQ(heard, "<reset>");
}

TEST(HttpServer, CutsWhatIsLeftAtTheDeadlineOfTheDrain) {
  Loop loop;
  loop.run_until_done(drain_cuts(loop));
}

Task<void> over_the_limit(Loop& loop) {
  auto server = serve(loop, {.connections_max = 1}, echo);
  auto first = co_await connect_to(loop, server->local());
  while (server->connections() == 0) co_await yield(loop);
  auto second = co_await connect_to(loop, server->local());
  const auto heard = co_await hear_all(*second);
  EXPECT_EQ(heard, "<reset>");
  EXPECT_EQ(server->connections(), 1u);
  co_await server->drain(loop.now() + kSoon);
}

TEST(HttpServer, ResetsConnectionsOverTheLimit) {
  Loop loop;
  loop.run_until_done(over_the_limit(loop));
}

// ---- the end of the client's side

// Everything at once: the end may be told of together with the last request, and never again.
Task<void> ask_and_finish(Loop& loop, std::string& heard) {
  auto server = serve(loop, {}, echo);
  auto stream = co_await connect_to(loop, server->local());
  co_await say(*stream, "GET /one HTTP/1.1\r\nHost: a\r\n\r\nGET /two HTTP/1.1\r\nHost: a\r\n\r\n");
  stream->finish_writing();
  heard = co_await hear_all(*stream);
  stream->close();
  co_await server->drain(loop.now() + kSoon);
}

TEST(HttpServer, AClientThatFinishesWithItsLastRequestGetsItsAnswersAndTheEnd) {
  Loop loop;
  std::string heard;
  loop.run_until_done(ask_and_finish(loop, heard));
  EXPECT_THAT(heard, HasSubstr("X-Target: /one"));
  EXPECT_THAT(heard, HasSubstr("X-Target: /two"));
  EXPECT_THAT(heard, Not(HasSubstr("<silence>")));
}

}  // namespace
}  // namespace evershore::io
