#include "io/http_client.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <deque>

#include "io/dialer.h"
#include "io/http_test_support.h"

namespace evershore::io {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

// An origin that follows a script: for each connection, for each request on it, what to say.
struct Script {
  std::vector<std::vector<std::string>> connections;  // after its last answer a connection closes
  Duration before_answer{};
  bool hold_open = false;  // instead of closing: silence until the client goes
  std::vector<std::string> heard = {};
};

Task<void> play(Loop& loop, Script& script, std::unique_ptr<Stream> stream, size_t index) {
  for (const auto& answer : script.connections[index]) {
    auto request = co_await hear_until(*stream, "\r\n\r\n");
    if (request.ends_with("<end>")) co_return;
    script.heard.push_back(std::move(request));
    if (script.before_answer > Duration::zero()) co_await sleep_for(loop, script.before_answer);
    co_await stream->write_all(answer);
  }
  if (script.hold_open) co_await hear_all(*stream);
  stream->close();
}

Task<void> accept_all(Loop& loop, Listener& listener, Script& script, TaskScope& scope) {
  for (size_t index = 0; index < script.connections.size(); ++index) {
    auto accepted = co_await listener.accept();
    if (!accepted) co_return;
    scope.spawn(play(loop, script, std::move(accepted->stream), index));
  }
}

struct World {
  World() : listener(std::move(*Listener::open(loop, {"127.0.0.1", 0}))) {}
  Loop loop;
  std::unique_ptr<Listener> listener;
  TaskScope scope;
  Script script;
  HttpOrigin origin() const { return origin_of(listener->local()); }
};

using Body = Result<std::string>;
Task<Body> read_body(HttpResponse& response) {
  std::string body;
  for (;;) {
    CO_TRY(const auto piece, co_await response.next());
    if (piece.empty()) co_return body;
    body += as_text(piece);
  }
}

struct Got {
  std::optional<Error> send_error;
  http::ResponseHead head;
  Body body;
};

Task<Got> get(HttpClient& client, HttpOrigin origin, HttpRequest request, HttpTimeouts timeouts) {
  Got got;
  auto response = co_await client.send(std::move(origin), std::move(request), timeouts, nullptr);
  if (!response) {
    got.send_error = response.error();
    co_return got;
  }
  got.head = (*response)->head();
  got.body = co_await read_body(**response);
  co_return got;
}

Task<void> run_gets(World& world, HttpClient& client, std::vector<HttpRequest> requests, HttpTimeouts timeouts, std::vector<Got>& results) {
  world.scope.spawn(accept_all(world.loop, *world.listener, world.script, world.scope));
  for (auto& request : requests) {
    auto got = co_await get(client, world.origin(), std::move(request), timeouts);
    results.push_back(std::move(got));
    co_await sleep_for(world.loop, 2ms);  // for the peer's FIN, if it sends one
  }
  client.drop_idle(world.origin());
  world.listener->close();
  co_await world.scope.join();
}

std::vector<Got> gets(World& world, size_t count, HttpTimeouts timeouts, const HttpRequest& request) {
  HttpClient client(world.loop, {});
  std::vector<Got> results;
  world.loop.run_until_done(run_gets(world, client, std::vector<HttpRequest>(count, request), timeouts, results));
  return results;
}

const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

TEST(HttpClient, SendsHostAndReusesTheConnection) {
  World world;
  world.script = {.connections = {{kOk, kOk, kOk}}};
  const auto results = gets(world, 3, {}, {.target = "/a?b", .headers = {{"X-A", "1"}}});
  for (const auto& got : results) EXPECT_EQ(got.body, "hello");
  ASSERT_EQ(world.script.heard.size(), 3u);
  EXPECT_EQ(world.script.heard[0], fmt::format("GET /a?b HTTP/1.1\r\nHost: {}\r\nX-A: 1\r\n\r\n", world.origin().host_header()));
}

struct FramingRow {
  const char* name;
  std::string answer;
  std::string body;  // "" and `fault` set: fails
  std::optional<Fault> fault = {};
};

TEST(HttpClient, ReadsEveryFramingAndNeverTakesAPartForTheWhole) {
  const FramingRow rows[] = {
      {"length", kOk, "hello"},
      {"length 0", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ""},
      {"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n1\r\n!\r\n0\r\nT: t\r\n\r\n", "hello!"},
      {"until close", "HTTP/1.1 200 OK\r\n\r\nhello", "hello"},
      {"no content", "HTTP/1.1 204 No Content\r\n\r\n", ""},
      {"interim first", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + kOk, "hello"},
      {"short body", "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello", "", Fault::kBroken},
      {"no body at all", "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n", "", Fault::kBroken},
      {"chunked without an end", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "", Fault::kBroken},
      {"chunk cut", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhello", "", Fault::kBroken},
      {"chunk malformed", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nhello", "", Fault::kBroken},
  };
  for (const auto& row : rows) {
    World world;
    world.script = {.connections = {{row.answer}}};
    const auto results = gets(world, 1, {}, {});
    ASSERT_FALSE(results[0].send_error) << row.name << ": " << results[0].send_error->text;
    if (row.fault) {
      ASSERT_FALSE(results[0].body) << row.name;
      EXPECT_EQ(results[0].body.error().fault, *row.fault) << row.name;
    } else {
      EXPECT_EQ(results[0].body, row.body) << row.name;
    }
  }
}

TEST(HttpClient, RefusesHeadsThatAreNotSound) {
  for (const std::string answer :
       {"HTTP/1.1 200 OK\nX: y\r\n\r\n", "SSH-2.0\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 101 X\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nabc"}) {
    World world;
    world.script = {.connections = {{answer}}};
    const auto results = gets(world, 1, {}, {});
    ASSERT_TRUE(results[0].send_error) << answer;
    EXPECT_EQ(results[0].send_error->fault, Fault::kBroken) << answer;
  }
}

TEST(HttpClient, ReadsNoBodyAfterHead) {
  World world;
  world.script = {.connections = {{"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", kOk}}};
  const auto results = gets(world, 1, {}, {.method = "HEAD"});
  EXPECT_EQ(results[0].head.content_length, 1000u);
  EXPECT_EQ(results[0].body, "");
}

TEST(HttpClient, KeepsNoConnectionThatMayNotBeKept) {
  const std::string closing = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello";
  const std::string excess = kOk + "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison";
  for (const auto& first : {closing, excess}) {
    World world;
    world.script = {.connections = {{first, "never"}, {kOk}}};
    const auto results = gets(world, 2, {}, {});
    EXPECT_EQ(results[0].body, "hello");
    EXPECT_EQ(results[1].body, "hello");
  }
}

// ---- dead connections

// Answers the first request, then closes as soon as the second one comes.
Task<void> answer_once_then_drop(World& world, size_t connections) {
  for (size_t i = 0; i < connections; ++i) {
    auto accepted = co_await world.listener->accept();
    if (!accepted) co_return;
    world.script.heard.push_back(co_await hear_until(*accepted->stream, "\r\n\r\n"));
    co_await accepted->stream->write_all(kOk);
    co_await hear_until(*accepted->stream, "\r\n\r\n");
    accepted->stream->reset();
  }
}

Task<void> use_twice(World& world, HttpClient& client, HttpRequest request, std::vector<Got>& results) {
  world.scope.spawn(answer_once_then_drop(world, 2));
  for (int i = 0; i < 2; ++i) results.push_back(co_await get(client, world.origin(), request, {}));
  client.drop_idle(world.origin());
  world.listener->close();
  co_await world.scope.join();
}

TEST(HttpClient, RetriesADeadKeptConnectionOnceOnAFreshOne) {
  World world;
  HttpClient client(world.loop, {});
  std::vector<Got> results;
  world.loop.run_until_done(use_twice(world, client, {}, results));
  EXPECT_EQ(results[0].body, "hello");
  EXPECT_EQ(results[1].body, "hello");
  EXPECT_EQ(world.script.heard.size(), 2u);
}

TEST(HttpClient, DoesNotRepeatWhatIsNotIdempotent) {
  World world;
  HttpClient client(world.loop, {});
  std::vector<Got> results;
  world.loop.run_until_done(use_twice(world, client, {.method = "POST", .body = "x"}, results));
  EXPECT_EQ(results[0].body, "hello");
  ASSERT_TRUE(results[1].send_error);
  EXPECT_EQ(results[1].send_error->fault, Fault::kBroken);
}

TEST(HttpClient, TakesNoKeptConnectionThatThePeerHasClosed) {
  World world;
  world.script = {.connections = {{kOk}, {kOk}}};
  const auto results = gets(world, 2, {}, {.method = "POST"});
  EXPECT_EQ(results[1].body, "hello");
}

// ---- budgets

TEST(HttpClient, SaysWhichBudgetRanOut) {
  World slow;
  slow.script = {.connections = {{kOk}}, .before_answer = 200ms};
  const auto first = gets(slow, 1, {.first_byte = 30ms}, {});
  ASSERT_TRUE(first[0].send_error);
  EXPECT_EQ(first[0].send_error->fault, Fault::kTimedOut);
  EXPECT_THAT(first[0].send_error->text, HasSubstr("first byte"));

  World stalling;
  stalling.script = {.connections = {{"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello"}}, .hold_open = true};
  const auto stalled = gets(stalling, 1, {.stall = 30ms}, {});
  ASSERT_FALSE(stalled[0].body);
  EXPECT_EQ(stalled[0].body.error().fault, Fault::kTimedOut);
  EXPECT_THAT(stalled[0].body.error().text, HasSubstr("stall"));
}

Task<void> one_get(HttpClient& client, HttpOrigin origin, HttpTimeouts timeouts, Got& got) {
  got = co_await get(client, std::move(origin), {}, timeouts);
}

TEST(HttpClient, IsRefusedWhereNobodyListens) {
  World world;
  const auto origin = world.origin();
  world.listener->close();
  HttpClient client(world.loop, {});
  Got got;
  world.loop.run_until_done(one_get(client, origin, {}, got));
  ASSERT_TRUE(got.send_error);
  EXPECT_EQ(got.send_error->fault, Fault::kRefused);
}

// ---- giving up

Task<void> send_into(HttpClient& client, HttpOrigin origin, HttpCancel& cancel, std::optional<Error>& error) {
  auto answer = co_await client.send(std::move(origin), {}, {}, &cancel);
  if (!answer) error = answer.error();
}

Task<void> cancel_waiting(World& world, HttpClient& client, std::optional<Error>& error) {
  world.script = {.connections = {{}}, .hold_open = true};
  world.scope.spawn(accept_all(world.loop, *world.listener, world.script, world.scope));
  HttpCancel cancel;
  TaskScope sending;
  sending.spawn(send_into(client, world.origin(), cancel, error));
  co_await sleep_for(world.loop, 5ms);
  EXPECT_FALSE(error);
  cancel.cancel();
  co_await sending.join();
  world.listener->close();
  co_await world.scope.join();
}

TEST(HttpClient, GivesUpAWaitingRequestFromOutside) {
  World world;
  HttpClient client(world.loop, {});
  std::optional<Error> error;
  world.loop.run_until_done(cancel_waiting(world, client, error));
  ASSERT_TRUE(error);
  EXPECT_EQ(error->fault, Fault::kClosed);
}

Task<void> cancel_before(World& world, HttpClient& client, std::optional<Error>& error) {
  HttpCancel cancel;
  cancel.cancel();
  co_await send_into(client, world.origin(), cancel, error);
}

TEST(HttpClient, StartsNothingThatIsGivenUpAlready) {
  World world;
  HttpClient client(world.loop, {});
  std::optional<Error> error;
  world.loop.run_until_done(cancel_before(world, client, error));
  EXPECT_EQ(error->fault, Fault::kClosed);
}

Task<void> read_into(HttpResponse& response, Body& body) { body = co_await read_body(response); }

Task<void> cancel_body(World& world, HttpClient& client, Body& body) {
  world.script = {.connections = {{"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello"}}, .hold_open = true};
  world.scope.spawn(accept_all(world.loop, *world.listener, world.script, world.scope));
  HttpRequest request;
  auto answer = co_await client.send(world.origin(), std::move(request), {}, nullptr);
  EVERSHORE_ASSERT(answer.has_value());
  TaskScope reading;
  reading.spawn(read_into(**answer, body));
  co_await sleep_for(world.loop, 2ms);
  EXPECT_EQ(reading.size(), 1u);
  (*answer)->cancel();
  co_await reading.join();
  world.listener->close();
  co_await world.scope.join();
}

TEST(HttpClient, GivesUpABodyFromOutside) {
  World world;
  HttpClient client(world.loop, {});
  Body body;
  world.loop.run_until_done(cancel_body(world, client, body));
  ASSERT_FALSE(body);
  EXPECT_EQ(body.error().fault, Fault::kClosed);
}

// ---- bodies that we send

class Pieces final : public HttpBodySource {
 public:
  explicit Pieces(std::deque<std::string> pieces) : pieces_(std::move(pieces)) {}
  Task<Result<std::span<const uint8_t>>> next() override {
    if (pieces_.empty()) co_return std::span<const uint8_t>{};
    now_ = std::move(pieces_.front());
    pieces_.pop_front();
    ++taken;
    co_return as_bytes(now_);
  }
  size_t taken = 0;

 private:
  std::deque<std::string> pieces_;
  std::string now_;
};

Task<void> answer_with_body(HttpExchange& exchange) {
  auto body = co_await exchange.read_whole_body(8 << 20);
  const std::string expect(exchange.request().headers.get("expect"));
  http::ResponseHead head{.headers = {{"X-Length", std::string(exchange.request().headers.get("content-length"))}, {"X-Expect", expect}}};
  const std::string text = body.value_or("broken");
  co_await exchange.respond(std::move(head), as_bytes(text));
}

Task<void> refuse_without_reading(HttpExchange& exchange) {
  http::ResponseHead head{.status = 403};
  co_await exchange.respond(std::move(head), as_bytes("no"));
}

Task<void> put(Loop& loop, HttpHandler handler, HttpRequest request, Got& got) {
  auto server = serve(loop, {}, std::move(handler));
  HttpClient client(loop, {});
  got = co_await get(client, origin_of(server->local()), std::move(request), {});
  client.drop_idle(origin_of(server->local()));
  co_await server->drain(loop.now() + kSoon);
}

Got put_once(HttpHandler handler, HttpRequest request) {
  Loop loop;
  Got got;
  loop.run_until_done(put(loop, std::move(handler), std::move(request), got));
  return got;
}

TEST(HttpClient, SendsASmallBodyWithItsLength) {
  const auto got = put_once(answer_with_body, {.method = "PUT", .body = "small"});
  EXPECT_EQ(got.body, "small");
  EXPECT_EQ(got.head.headers.get("x-length"), "5");
  EXPECT_EQ(put_once(answer_with_body, {.method = "PUT"}).head.headers.get("x-length"), "0");
  EXPECT_EQ(put_once(answer_with_body, {.method = "GET"}).head.headers.get("x-length"), "");
}

TEST(HttpClient, StreamsABodyWithAndWithoutExpect) {
  for (const bool expect : {false, true}) {
    Pieces source({std::string(100'000, 'a'), "b", std::string(200'000, 'c')});
    const auto got = put_once(answer_with_body, {.method = "PUT", .source = &source, .source_bytes = 300'001, .expect_continue = expect});
    ASSERT_FALSE(got.send_error) << got.send_error->text;
    EXPECT_EQ(got.body->size(), 300'001u);
    EXPECT_EQ(got.head.headers.get("x-expect"), expect ? "100-continue" : "");
  }
}

TEST(HttpClient, SendsNoBodyThatIsRefusedBeforehand) {
  Pieces source({std::string(100'000, 'a')});
  const auto got = put_once(refuse_without_reading, {.method = "PUT", .source = &source, .source_bytes = 100'000, .expect_continue = true});
  EXPECT_EQ(got.head.status, 403);
  EXPECT_EQ(got.body, "no");
  EXPECT_EQ(source.taken, 0u);
}

TEST(HttpClient, RefusesABodyOfAnotherLengthThanAnnounced) {
  Pieces shorter({"abc"}), longer({"abcdef"});
  const auto a = put_once(answer_with_body, {.method = "PUT", .source = &shorter, .source_bytes = 5});
  const auto b = put_once(answer_with_body, {.method = "PUT", .source = &longer, .source_bytes = 5});
  EXPECT_EQ(a.send_error->fault, Fault::kInvalid);
  EXPECT_EQ(b.send_error->fault, Fault::kInvalid);
}

// ---- names and URLs

Task<void> by_name(Loop& loop, Got& got) {
  auto server = serve(loop, {}, answer_with_body);
  HttpClient client(loop, {});
  const HttpOrigin origin{false, "localhost", server->local().port};
  got = co_await get(client, origin, {}, {});
  client.drop_idle(origin);
  co_await server->drain(loop.now() + kSoon);
}

TEST(HttpClient, TriesEveryAddressOfAName) {
  Loop loop;
  Got got;
  loop.run_until_done(by_name(loop, got));  // localhost is also ::1, where nobody listens
  EXPECT_EQ(got.head.status, 200);
}

TEST(Dialer, TakesTheFamiliesInTurn) {
  EXPECT_THAT(interleave_families({"::1", "::2", "::3", "1.1.1.1", "2.2.2.2"}, 4), ElementsAre("::1", "1.1.1.1", "::2", "2.2.2.2"));
  EXPECT_THAT(interleave_families({"1.1.1.1", "2.2.2.2"}, 4), ElementsAre("1.1.1.1", "2.2.2.2"));
  EXPECT_THAT(interleave_families({}, 4), ElementsAre());
}

TEST(HttpUrl, IsSplitIntoOriginAndTarget) {
  const auto url = parse_http_url("https://Example.com:8443/a/b?c#d");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->origin, (HttpOrigin{true, "example.com", 8443}));
  EXPECT_EQ(url->target, "/a/b?c");
  EXPECT_EQ(url->origin.host_header(), "example.com:8443");
  EXPECT_EQ(parse_http_url("http://h")->target, "/");
  EXPECT_EQ(parse_http_url("http://h?x")->target, "/?x");
  EXPECT_EQ(parse_http_url("http://h")->origin.host_header(), "h");
  EXPECT_EQ(parse_http_url("https://h")->origin.port, 443);
  EXPECT_EQ(parse_http_url("http://[::1]:80/x")->origin.host, "::1");
  EXPECT_EQ(parse_http_url("http://[::1]")->origin.host_header(), "[::1]");
}

TEST(HttpUrl, RefusesWhatIsNotOne) {
  for (const char* text :
       {"", "h", "ftp://h/", "http://", "http:///x", "http://u@h/", "http://h:0/", "http://h:65536/", "http://h:/", "http://:80/"}) {
    EXPECT_FALSE(parse_http_url(text)) << text;
  }
}

}  // namespace
}  // namespace evershore::io
