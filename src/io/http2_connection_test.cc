#include "io/http2_connection.h"

#include <gmock/gmock.h>

#include "io/http2_test_support.h"

namespace evershore::io {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

const std::string kLarge(300 * 1024, 'l');

Task<void> answer(HttpExchange& exchange) {
  http::ResponseHead head{.headers = {{"X-Target", exchange.request().target}, {"Connection", "close"}, {"X-Odd", " a\r\nb "}}};
  const auto& target = exchange.request().target;
  if (target == "/304") head.status = 304;
  if (target == "/204") head.status = 204;
  if (target == "/large") {
    co_await exchange.respond(std::move(head), as_bytes(kLarge));
    co_return;
  }
  auto body = co_await exchange.read_whole_body(1 << 20);
  const std::string text = exchange.request().method + " " + (body ? *body : body.error().text);
  co_await exchange.respond(std::move(head), as_bytes(text));
}

Task<void> stream_pieces(HttpExchange& exchange) {
  http::ResponseHead head;
  const bool announced = exchange.request().target == "/announced";
  co_await exchange.start(std::move(head), announced ? std::optional<uint64_t>(11) : std::nullopt);
  for (const std::string_view piece : {"one", "two", "three"}) co_await exchange.write(as_bytes(piece));
  co_await exchange.finish();
}

Task<void> break_off(HttpExchange& exchange) {
  http::ResponseHead head;
  co_await exchange.start(std::move(head), 100);
  co_await exchange.write(as_bytes("part"));
  if (exchange.request().target == "/abort") exchange.abort();
}

Task<void> no_answer(HttpExchange&) { co_return; }

Task<void> answer_with_id(HttpExchange& exchange) {
  const std::string id = "cafe004203-" + exchange.request().target.substr(1);
  http::ResponseHead head{.headers = {{"Date", "Mon, 30 Nov 2026 00:00:00 GMT"}, {"X-Same", "each time"}, {"X-Evershore-Request", id}}};
  co_await exchange.respond(std::move(head), as_bytes("body"));
}

// ---- answers

Task<void> ask(Http2Pair& pair) {
  co_await pair.connect();
  auto& peer = pair.peer();
  co_await peer.say(preface() + get(1, "/a") + headers(3, request_fields("HEAD", "/b"), NGHTTP2_FLAG_END_STREAM) + get(5, "/304") +
                    get(7, "/204") + headers(9, request_fields("POST", "/p"), 0) + frame(NGHTTP2_DATA, 0, 9, "he") +
                    frame(NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 9, "llo"));
  for (const int32_t id : {1, 3, 5, 7, 9}) co_await peer.hear_answer(id);
  auto& answers = peer.heard.answers;
  EXPECT_EQ(answers[1].status(), "200");
  EXPECT_EQ(answers[1].body, "GET ");
  EXPECT_EQ(answers[1].fields["content-length"], "4");
  EXPECT_EQ(answers[1].fields["x-target"], "/a");
  EXPECT_EQ(answers[1].fields["x-odd"], "a  b") << "nothing in a value breaks its field";
  EXPECT_TRUE(answers[1].fields.contains("date"));
  EXPECT_FALSE(answers[1].fields.contains("connection"));
  EXPECT_EQ(answers[3].body, "");
  EXPECT_EQ(answers[3].fields["content-length"], "5") << "of what GET would bring";
  EXPECT_EQ(answers[5].status(), "304");
  EXPECT_EQ(answers[7].status(), "204");
  EXPECT_FALSE(answers[7].fields.contains("content-length"));
  EXPECT_EQ(answers[9].body, "POST hello");
  EXPECT_EQ(pair.counters().requests.get(), 5U);
  co_await pair.close();
}

TEST(Http2, AnswersManyRequestsOnOneConnection) {
  Loop loop;
  Http2Pair pair(loop, {}, answer);
  loop.run_until_done(ask(pair));
}

Task<void> ask_one_after_the_other(Http2Pair& pair) {
  co_await pair.connect();
  auto& peer = pair.peer();
  co_await peer.say(preface());
  size_t after_the_first = 0;
  for (int32_t id = 1; id < 200; id += 2) {
    const std::string path = "/" + std::to_string(id);
    co_await peer.say(get(id, path));
    co_await peer.hear_answer(id);
    EXPECT_EQ(peer.heard.answers[id].fields["x-evershore-request"], "cafe004203-" + std::to_string(id));
    EXPECT_EQ(peer.heard.answers[id].fields["x-same"], "each time");
    if (id == 1) after_the_first = peer.table_bytes();
  }
  EXPECT_GT(after_the_first, 0u);
  EXPECT_EQ(peer.table_bytes(), after_the_first);
  co_await pair.close();
}

TEST(Http2, AnIdThatNeverComesAgainPushesNothingOutOfTheTableOfFields) {
  Loop loop;
  Http2Pair pair(loop, {}, answer_with_id);
  loop.run_until_done(ask_one_after_the_other(pair));
}

Task<void> ask_for_streams(Http2Pair& pair) {
  co_await pair.connect();
  co_await pair.peer().say(preface() + get(1, "/announced") + get(3, "/open-ended"));
  for (const int32_t id : {1, 3}) {
    co_await pair.peer().hear_answer(id);
    EXPECT_EQ(pair.peer().heard.answers[id].body, "onetwothree");
  }
  co_await pair.close();
}

TEST(Http2, StreamsBodiesWithAndWithoutALength) {
  Loop loop;
  Http2Pair pair(loop, {}, stream_pieces);
  loop.run_until_done(ask_for_streams(pair));
}

Task<void> see_it_reset(Http2Pair& pair) {
  co_await pair.connect();
  co_await pair.peer().say(preface() + get(1, "/abort") + get(3, "/forgets-to-finish"));
  for (const int32_t id : {1, 3}) {
    co_await pair.peer().hear_answer(id);
    EXPECT_FALSE(pair.peer().heard.answers[id].complete);
    EXPECT_EQ(pair.peer().heard.answers[id].reset, NGHTTP2_INTERNAL_ERROR);
  }
  co_await pair.close();
}

TEST(Http2, ABodyThatCannotBeCompletedEndsWithAReset) {
  Loop loop;
  Http2Pair pair(loop, {}, break_off);
  loop.run_until_done(see_it_reset(pair));
}

Task<void> see_500(Http2Pair& pair) {
  co_await pair.connect();
  co_await pair.peer().say(preface() + get(1, "/"));
  co_await pair.peer().hear_answer(1);
  EXPECT_EQ(pair.peer().heard.answers[1].status(), "500");
  co_await pair.close();
}

TEST(Http2, AHandlerWithoutAnAnswerGivesA500) {
  Loop loop;
  Http2Pair pair(loop, {}, no_answer);
  loop.run_until_done(see_500(pair));
}

Task<void> expect_continue(Http2Pair& pair) {
  co_await pair.connect();
  auto fields = request_fields("PUT", "/");
  fields.push_back({"expect", "100-continue"});
  co_await pair.peer().say(preface() + headers(1, fields, 0));
  co_await pair.peer().hear([](const Heard& heard) { return heard.answers.contains(1); });
  EXPECT_EQ(pair.peer().heard.answers[1].status(), "100");
  co_await pair.peer().say(frame(NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1, "body"));
  co_await pair.peer().hear_answer(1);
  EXPECT_EQ(pair.peer().heard.answers[1].body, "PUT body");
  co_await pair.close();
}

TEST(Http2, AClientThatWaitsForItIsToldToContinue) {
  Loop loop;
  Http2Pair pair(loop, {}, answer);
  loop.run_until_done(expect_continue(pair));
}

// ---- refusals

Task<void> see_refusals(Http2Pair& pair) {
  co_await pair.connect();
  auto large = request_fields("GET", "/");
  for (int i = 0; i < 9; ++i) large.push_back({"x-large", std::string(4'000, 'x')});
  std::string block = hpack(large);
  std::string bytes = preface() + frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_STREAM, 1, block.substr(0, 16'000)) +
                      frame(NGHTTP2_CONTINUATION, 0, 1, block.substr(16'000, 16'000)) +
                      frame(NGHTTP2_CONTINUATION, NGHTTP2_FLAG_END_HEADERS, 1, block.substr(32'000));
  auto long_path = request_fields("GET", "/" + std::string(16 * 1024, 'p'));
  block = hpack(long_path);
  bytes += frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_STREAM, 3, block.substr(0, 16'000)) +
           frame(NGHTTP2_CONTINUATION, NGHTTP2_FLAG_END_HEADERS, 3, block.substr(16'000));
  bytes +=
      headers(5, {{":method", "GET"}, {":scheme", "https"}, {":authority", "a"}, {":path", "/"}, {"host", "b"}}, NGHTTP2_FLAG_END_STREAM);
  co_await pair.peer().say(bytes + get(7, "/"));
  for (const int32_t id : {1, 3, 5, 7}) co_await pair.peer().hear_answer(id);
  auto& answers = pair.peer().heard.answers;
  EXPECT_EQ(answers[1].status(), "431");
  EXPECT_EQ(answers[3].status(), "414");
  EXPECT_EQ(answers[5].status(), "400");
  EXPECT_EQ(answers[7].status(), "200") << "the connection goes on";
  EXPECT_EQ(pair.counters().requests.get(), 1U) << "the handler has seen the good one only";
  co_await pair.close();
}

TEST(Http2, RefusesHeadsThatAreTooLongOrBad) {
  Loop loop;
  Http2Pair pair(loop, {}, answer);
  loop.run_until_done(see_refusals(pair));
}

Task<void> break_the_protocol(Http2Pair& pair, std::string bytes) {
  co_await pair.connect();
  co_await pair.peer().say(std::move(bytes));
  co_await pair.peer().hear_end();
  co_await pair.close();
}

TEST(Http2, WhatTheProtocolForbidsEndsTheConnection) {
  struct Row {
    const char* name;
    std::string bytes;
  };
  const Row rows[] = {
      {"no preface", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"DATA on stream 0", preface() + frame(NGHTTP2_DATA, 0, 0, "x")},
      {"an even stream", preface() + get(2, "/")},
      {"a frame over the size we allow", preface() + frame(NGHTTP2_DATA, 0, 1, std::string(20'000, 'x'))},
      {"HPACK that points nowhere", preface() + frame(NGHTTP2_HEADERS, 5, 1, "\xff\xff\xff")},
      {"CONTINUATION without HEADERS", preface() + frame(NGHTTP2_CONTINUATION, 4, 1, "")},
      {"a window of 0 more", preface() + window_update(0, 0)},
  };
  for (const auto& row : rows) {
    Loop loop;
    Http2Pair pair(loop, {}, answer);
    loop.run_until_done(break_the_protocol(pair, row.bytes));
    EXPECT_EQ(pair.counters().cut_protocol.get(), 1U) << row.name;
  }
}

// ---- windows

Task<void> read_slowly(Http2Pair& pair) {
  co_await pair.connect();
  auto& peer = pair.peer();
  // Stream 1 gets a window of its own by and by, stream 3 at once; the connection's is wide.
  co_await peer.say(preface() + settings({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1'000}}) + window_update(0, 1 << 20) + get(1, "/large"));
  co_await peer.hear([](const Heard& heard) { return heard.body_bytes >= 1'000; });
  co_await peer.say(get(3, "/large") + window_update(3, 1 << 20));
  co_await peer.hear_answer(3);
  EXPECT_EQ(peer.heard.answers[3].body, kLarge) << "a slow stream blocks nobody else";
  EXPECT_EQ(peer.heard.answers[1].body.size(), 1'000U) << "not a byte over the window";
  co_await peer.say(window_update(1, 1 << 20));
  co_await peer.hear_answer(1);
  EXPECT_EQ(peer.heard.answers[1].body, kLarge);
  co_await pair.close();
}

TEST(Http2, ASlowStreamBlocksOnlyItsOwnProducer) {
  Loop loop;
  Http2Pair pair(loop, {}, answer);
  loop.run_until_done(read_slowly(pair));
}

// Reads its body when told to.
struct SlowReader {
  Signal go;
  bool may_read = false;
  std::string seen = {};
};

Task<void> read_when_told(SlowReader& reader, HttpExchange& exchange) {
  while (!reader.may_read) co_await reader.go.wait();
  for (;;) {
    const auto piece = co_await exchange.read_body();
    if (!piece || piece->empty()) break;
    reader.seen += as_text(*piece);
  }
  http::ResponseHead head;
  co_await exchange.respond(std::move(head), as_bytes("done"));
}

Task<void> upload(Http2Pair& pair, SlowReader& reader) {
  co_await pair.connect();
  auto& peer = pair.peer();
  std::string bytes = preface() + headers(1, request_fields("POST", "/"), 0);
  for (int i = 0; i < 4; ++i) bytes += frame(NGHTTP2_DATA, 0, 1, std::string(16'000, 'u'));
  co_await peer.say(bytes + frame(NGHTTP2_PING, 0, 0, "12345678"));
  co_await peer.hear([](const Heard& heard) { return heard.pings_answered == 1; });
  EXPECT_FALSE(peer.heard.windows.contains(1)) << "no room is given for what nobody has read";
  reader.may_read = true;
  reader.go.notify_all();
  co_await peer.hear([](const Heard& heard) { return heard.windows.contains(1); });
  co_await peer.say(frame(NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1, "end"));
  co_await peer.hear_answer(1);
  EXPECT_EQ(reader.seen.size(), 64'003U);
  co_await pair.close();
}

TEST(Http2, ARequestBodyWaitsForItsHandlerWithinTheWindow) {
  Loop loop;
  SlowReader reader{.go = Signal(loop)};
  Http2Pair pair(loop, {}, [&reader](HttpExchange& exchange) { return read_when_told(reader, exchange); });
  loop.run_until_done(upload(pair, reader));
}

Task<void> answer_early(HttpExchange& exchange) {
  http::ResponseHead head{.status = 413};
  co_await exchange.respond(std::move(head), as_bytes("too large"));
}

Task<void> upload_in_vain(Http2Pair& pair) {
  co_await pair.connect();
  auto& peer = pair.peer();
  co_await peer.say(preface() + headers(1, request_fields("POST", "/"), 0) + frame(NGHTTP2_DATA, 0, 1, std::string(16'000, 'u')));
  co_await peer.hear([](const Heard& heard) { return heard.answers.contains(1) && heard.answers.at(1).reset.has_value(); });
  EXPECT_EQ(peer.heard.answers[1].status(), "413");
  EXPECT_TRUE(peer.heard.answers[1].complete);
  EXPECT_EQ(peer.heard.answers[1].reset, NGHTTP2_NO_ERROR) << "RFC 9113 8.1: the rest of the body is of no use";
  co_await pair.close();
}

TEST(Http2, AnAnswerBeforeTheBodysEndStopsTheBody) {
  Loop loop;
  Http2Pair pair(loop, {}, answer_early);
  loop.run_until_done(upload_in_vain(pair));
}

// ---- ends

Task<void> drain_under_way(Http2Pair& pair, SlowReader& reader) {
  co_await pair.connect();
  auto& peer = pair.peer();
  co_await peer.say(preface() + headers(1, request_fields("POST", "/"), 0) + frame(NGHTTP2_PING, 0, 0, "12345678"));
  co_await peer.hear([](const Heard& heard) { return heard.pings_answered == 1; });
  pair.server().close_when_idle();
  co_await peer.hear([](const Heard& heard) { return !heard.goaways.empty(); });
  EXPECT_EQ(peer.heard.goaways[0].first, 0x7fffffffU) << "requests on their way are welcome";
  EXPECT_EQ(peer.heard.goaways[0].second, NGHTTP2_NO_ERROR);
  co_await peer.say(get(3, "/on-its-way") + frame(NGHTTP2_PING, NGHTTP2_FLAG_ACK, 0, std::string(8, '\0')));
  co_await peer.hear([](const Heard& heard) { return heard.goaways.size() == 2; });
  EXPECT_EQ(peer.heard.goaways[1].first, 3U);
  reader.may_read = true;
  reader.go.notify_all();
  co_await peer.say(frame(NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1, "end"));
  co_await peer.hear_end();
  EXPECT_EQ(peer.heard.answers[1].body, "done");
  EXPECT_EQ(peer.heard.answers[3].body, "done");
  co_await pair.close();
}

TEST(Http2, ADrainLetsRequestsUnderWayEnd) {
  Loop loop;
  SlowReader reader{.go = Signal(loop)};
  Http2Pair pair(loop, {}, [&reader](HttpExchange& exchange) { return read_when_told(reader, exchange); });
  loop.run_until_done(drain_under_way(pair, reader));
}

Task<void> stay_idle(Http2Pair& pair) {
  co_await pair.connect();
  co_await pair.peer().say(preface() + get(1, "/"));
  co_await pair.peer().hear_end();
  EXPECT_TRUE(pair.peer().heard.answers[1].complete);
  EXPECT_EQ(pair.peer().heard.goaways.size(), 1U);
  co_await pair.close();
}

TEST(Http2, AnIdleConnectionIsToldAndClosed) {
  Loop loop;
  Http2Pair pair(loop, {.idle_max = 30ms}, answer);
  loop.run_until_done(stay_idle(pair));
}

struct Outcome {
  std::optional<Fault> fault;
};

Task<void> note_outcome(Outcome& outcome, HttpExchange& exchange) {
  http::ResponseHead head;
  const auto sent = co_await exchange.respond(std::move(head), as_bytes(kLarge));
  if (!sent) outcome.fault = sent.error().fault;
}

Task<void> give_no_window(Http2Pair& pair) {
  co_await pair.connect();
  co_await pair.peer().say(preface() + settings({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0}}) + get(1, "/"));
  co_await pair.peer().hear_answer(1);
  EXPECT_EQ(pair.peer().heard.answers[1].reset, NGHTTP2_CANCEL);
  co_await pair.close();
}

TEST(Http2, AWindowThatStaysZeroEndsTheStream) {
  Loop loop;
  Outcome outcome;
  Http2Pair pair(loop, {.stall = 40ms}, [&outcome](HttpExchange& exchange) { return note_outcome(outcome, exchange); });
  loop.run_until_done(give_no_window(pair));
  EXPECT_EQ(outcome.fault, Fault::kTimedOut);
  EXPECT_EQ(pair.counters().stalled_streams.get(), 1U);
}

Task<void> send_no_body(Http2Pair& pair) {
  co_await pair.connect();
  co_await pair.peer().say(preface() + headers(1, request_fields("POST", "/"), 0));
  co_await pair.peer().hear_answer(1);
  EXPECT_THAT(pair.peer().heard.answers[1].body, HasSubstr("stall"));
  co_await pair.close();
}

TEST(Http2, ABodyThatDoesNotComeEndsTheWait) {
  Loop loop;
  Http2Pair pair(loop, {.stall = 40ms}, answer);
  loop.run_until_done(send_no_body(pair));
}

Task<void> take_nothing(Http2Pair& pair) {
  co_await pair.connect();
  std::string bytes = preface() + settings({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0x7fffffff}}) + window_update(0, 0x7fff0000);
  for (int32_t id = 1; id < 100; id += 2) bytes += get(id, "/");
  co_await pair.peer().say(bytes);
  while (!pair.over()) co_await sleep_for(pair.shared().loop, 5ms);
}

TEST(Http2, AClientThatTakesNoByteIsCutOff) {
  Loop loop;
  Outcome outcome;
  Http2Pair pair(loop, {.stall = 60ms}, [&outcome](HttpExchange& exchange) { return note_outcome(outcome, exchange); });
  loop.run_until_done(take_nothing(pair));
  EXPECT_EQ(pair.counters().cut_stalled.get(), 1U);
  EXPECT_TRUE(outcome.fault.has_value());
}

Task<void> go_away(Http2Pair& pair) {
  co_await pair.connect();
  co_await pair.peer().say(preface() + settings({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 10}}) + get(1, "/"));
  co_await pair.peer().hear([](const Heard& heard) { return heard.body_bytes == 10; });
  pair.peer().stream().reset();
  co_await pair.close();
}

TEST(Http2, AClientThatGoesAwayIsToldToItsHandler) {
  Loop loop;
  Outcome outcome;
  Http2Pair pair(loop, {}, [&outcome](HttpExchange& exchange) { return note_outcome(outcome, exchange); });
  loop.run_until_done(go_away(pair));
  EXPECT_EQ(outcome.fault, Fault::kClosed);
}

Task<void> take_back(Http2Pair& pair) {
  co_await pair.connect();
  auto& peer = pair.peer();
  co_await peer.say(preface() + settings({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 10}}) + get(1, "/"));
  co_await peer.hear([](const Heard& heard) { return heard.body_bytes == 10; });
  co_await peer.say(reset_frame(1) + frame(NGHTTP2_PING, 0, 0, "12345678"));
  co_await peer.hear([](const Heard& heard) { return heard.pings_answered == 1; });
  co_await pair.close();
}

TEST(Http2, ARequestThatIsTakenBackIsToldToItsHandler) {
  Loop loop;
  Outcome outcome;
  Http2Pair pair(loop, {}, [&outcome](HttpExchange& exchange) { return note_outcome(outcome, exchange); });
  loop.run_until_done(take_back(pair));
  EXPECT_EQ(outcome.fault, Fault::kClosed);
}

}  // namespace
}  // namespace evershore::io
