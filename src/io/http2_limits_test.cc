// What an HTTP/2 connection lets its client take: pace, requests.
#include <gmock/gmock.h>

#include "io/http2_test_support.h"

namespace evershore::io {
namespace {

using namespace std::chrono_literals;

const std::string kLarge(300'000, 'l');

Task<void> answer(HttpExchange& exchange) {
  http::ResponseHead head;
  co_await exchange.respond(std::move(head), as_bytes("fine"));
}

Task<void> answer_large(HttpExchange& exchange) {
  http::ResponseHead head;
  (void)co_await exchange.respond(std::move(head), as_bytes(kLarge));
}

// Opens the window by a few bytes now and then: each of them is progress, and all of them are little.
Task<void> trickle_windows(Http2Pair& pair, Duration for_span) {
  Loop& loop = pair.shared().loop;
  auto& peer = pair.peer();
  co_await peer.say(preface() + settings({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 10}}) + get(1, "/"));
  const Mono end = loop.now() + for_span;
  while (loop.now() < end && pair.counters().stalled_streams.get() == 0) {
    co_await peer.say(window_update(1, 5) + window_update(0, 5));
    co_await sleep_for(loop, 10ms);
  }
}

Task<void> read_at_a_trickle(Http2Pair& pair, Duration for_span) {
  co_await pair.connect();
  co_await trickle_windows(pair, for_span);
  co_await pair.close();
}

TEST(Http2Limits, AnAnswerThatIsTakenAtATrickleIsGivenUp) {
  Loop loop;
  Http2Pair pair(loop, {.stall = 100ms, .rate_bytes_min = 100'000}, answer_large);
  loop.run_until_done(read_at_a_trickle(pair, kSoon));
  EXPECT_EQ(pair.counters().stalled_streams.get(), 1U);
}

TEST(Http2Limits, WithoutARateATrickleIsEnough) {
  Loop loop;
  Http2Pair pair(loop, {.stall = 100ms}, answer_large);
  loop.run_until_done(read_at_a_trickle(pair, 400ms));
  EXPECT_EQ(pair.counters().stalled_streams.get(), 0U);
}

// Each ping ends the reader's wait before its deadline.
Task<void> ping_without_a_window(Http2Pair& pair) {
  Loop& loop = pair.shared().loop;
  co_await pair.connect();
  co_await pair.peer().say(preface() + settings({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0}}) + get(1, "/"));
  const Mono end = loop.now() + kSoon;
  for (int pings = 0; pings < 90 && loop.now() < end && pair.counters().stalled_streams.get() == 0; ++pings) {
    co_await pair.peer().say(frame(NGHTTP2_PING, 0, 0, "12345678"));
    co_await sleep_for(loop, 5ms);
  }
  co_await pair.close();
}

TEST(Http2Limits, PingsDoNotKeepAStalledStreamAlive) {
  Loop loop;
  Http2Pair pair(loop, {.stall = 100ms}, answer_large);
  loop.run_until_done(ping_without_a_window(pair));
  EXPECT_EQ(pair.counters().stalled_streams.get(), 1U);
}

Task<void> ask_thrice(Http2Pair& pair) {
  co_await pair.connect();
  auto& peer = pair.peer();
  co_await peer.say(preface() + settings({}) + get(1, "/"));
  co_await peer.hear_answer(1);
  EXPECT_TRUE(peer.heard.goaways.empty());
  co_await peer.say(get(3, "/"));
  co_await peer.hear_answer(3);
  co_await peer.hear([](const Heard& heard) { return !heard.goaways.empty(); });
  EXPECT_EQ(peer.heard.answers[3].status(), "200");
  co_await peer.hear_end();
  EXPECT_EQ(peer.heard.goaways.back().second, static_cast<uint32_t>(NGHTTP2_NO_ERROR));
  co_await pair.close();
}

TEST(Http2Limits, AfterItsLastRequestAConnectionLeavesInGoodOrder) {
  Loop loop;
  Http2Pair pair(loop, {.requests_max = 2}, answer);
  loop.run_until_done(ask_thrice(pair));
}

}  // namespace
}  // namespace evershore::io
