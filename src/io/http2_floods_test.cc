// Attacks that are cheap for a client: each ends its connection, is counted, and leaves the others alone.
#include "io/http2_test_support.h"

namespace evershore::io {
namespace {

using namespace std::chrono_literals;

Task<void> answer(HttpExchange& exchange) {
  http::ResponseHead head;
  co_await exchange.respond(std::move(head), as_bytes("hello"));
}

struct Gate {
  Signal open;
  bool is_open = false;
  size_t running = 0;
  size_t most = 0;
};

Task<void> wait_at(Gate& gate, HttpExchange& exchange) {
  gate.most = std::max(gate.most, ++gate.running);
  while (!gate.is_open) co_await gate.open.wait();
  --gate.running;
  co_await answer(exchange);
}

std::string rapid_reset(int requests) {
  std::string bytes;
  for (int i = 0; i < requests; ++i) bytes += get(2 * i + 1, "/") + reset_frame(2 * i + 1);
  return bytes;
}

// CVE-2025-8671: the client makes the server reset, by a window that overflows.
std::string made_you_reset(int requests) {
  std::string bytes;
  for (int i = 0; i < requests; ++i) bytes += get(2 * i + 1, "/") + window_update(2 * i + 1, 0x7fffffff);
  return bytes;
}

std::string repeated(const std::string& one, int times) {
  std::string bytes;
  for (int i = 0; i < times; ++i) bytes += one;
  return bytes;
}

// CVE-2024-27316 and others: a header list without an end.
std::string continuations(size_t payload_bytes, int count) {
  std::string bytes = frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_STREAM, 1, hpack(request_fields("GET", "/")));
  const std::string payload = payload_bytes == 0 ? "" : hpack({{"x", std::string(payload_bytes, 'x')}});
  return bytes + repeated(frame(NGHTTP2_CONTINUATION, 0, 1, payload), count);
}

// CVE-2019-9514's cousin: one field in the table, named again and again by a byte each.
std::string hpack_bomb() {
  const std::string value(3'000, 'b');
  std::string block = hpack(request_fields("GET", "/"));
  block += std::string("\x40\x01x", 3) + hpack_length(value.size()) + value;  // with indexing: entry 62
  block += std::string(10'000, '\xbe');
  return frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_STREAM | NGHTTP2_FLAG_END_HEADERS, 1, block);
}

Task<void> attack(Http2Pair& pair, std::string bytes) {
  co_await pair.connect();
  co_await pair.peer().say(preface() + bytes);
  co_await pair.peer().hear_end();
  co_await pair.close();
}

struct Attack {
  const char* name;
  std::string bytes;
  Counter Http2Counters::* counter;
};

TEST(Http2Floods, EndTheirConnectionAndAreCounted) {
  const std::string open = headers(1, request_fields("POST", "/"), 0);
  const Attack attacks[] = {
      {"rapid reset", rapid_reset(2'000), &Http2Counters::cut_resets},
      {"made you reset", made_you_reset(2'000), &Http2Counters::cut_resets},
      {"a flood of SETTINGS", repeated(settings({}), 2'000), &Http2Counters::cut_control},
      {"a flood of PING", repeated(frame(NGHTTP2_PING, 0, 0, "12345678"), 2'000), &Http2Counters::cut_control},
      {"a flood of empty DATA", open + repeated(frame(NGHTTP2_DATA, 0, 1, ""), 2'000), &Http2Counters::cut_empty},
      {"a flood of WINDOW_UPDATE", repeated(window_update(0, 1), 20'000), &Http2Counters::cut_bookkeeping},
      {"a flood of PRIORITY", repeated(frame(NGHTTP2_PRIORITY, 0, 1, std::string(5, '\0')), 20'000), &Http2Counters::cut_bookkeeping},
      {"CONTINUATION with small fields", continuations(10, 100'000), &Http2Counters::cut_headers},
      {"CONTINUATION with nothing", continuations(0, 100'000), &Http2Counters::cut_headers},
      {"CONTINUATION with large fields", continuations(10'000, 100), &Http2Counters::cut_headers},
      {"a list that HPACK makes large", hpack_bomb(), &Http2Counters::cut_headers},
  };
  for (const auto& row : attacks) {
    Loop loop;
    Gate gate{.open = Signal(loop)};
    Http2Pair pair(loop, {}, answer);
    loop.run_until_done(attack(pair, row.bytes));
    EXPECT_EQ((pair.counters().*row.counter).get(), 1U) << row.name;
  }
}

Task<void> reset_in_bursts(Http2Pair& pair, Gate& gate) {
  co_await pair.connect();
  auto& peer = pair.peer();
  std::string bytes = preface();
  for (int32_t id = 1; id < 200; id += 2) bytes += get(id, "/");
  co_await peer.say(bytes + frame(NGHTTP2_PING, 0, 0, "12345678"));
  co_await peer.hear([](const Heard& heard) { return heard.pings_answered == 1; });
  bytes.clear();
  for (int32_t id = 1; id < 200; id += 2) bytes += reset_frame(id);
  for (int32_t id = 201; id < 400; id += 2) bytes += get(id, "/");
  co_await peer.say(bytes + frame(NGHTTP2_PING, 0, 0, "12345678"));
  co_await peer.hear([](const Heard& heard) { return heard.pings_answered == 2; });
  EXPECT_EQ(gate.most, 128U) << "handlers whose client went away count until they have ended";
  EXPECT_EQ(pair.counters().refused_streams.get(), 72U);
  EXPECT_EQ(peer.heard.answers[399].reset, NGHTTP2_REFUSED_STREAM);
  gate.is_open = true;
  gate.open.notify_all();
  co_await peer.hear_answer(201);
  EXPECT_TRUE(peer.heard.answers[201].complete);
  co_await pair.close();
}

TEST(Http2Floods, ResettingDoesNotBuyMoreHandlersThanStreams) {
  Loop loop;
  Gate gate{.open = Signal(loop)};
  Http2Pair pair(loop, {}, [&gate](HttpExchange& exchange) { return wait_at(gate, exchange); });
  loop.run_until_done(reset_in_bursts(pair, gate));
}

Task<void> open_a_head(Http2Pair& pair) {
  co_await pair.connect();
  co_await pair.peer().say(preface() + frame(NGHTTP2_HEADERS, 0, 1, hpack(request_fields("GET", "/"))));
  co_await pair.peer().hear_end();
  EXPECT_FALSE(pair.peer().heard.goaways.empty());
  co_await pair.close();
}

TEST(Http2Floods, AHeadThatDoesNotEndInTimeEndsTheConnection) {
  Loop loop;
  Http2Pair pair(loop, {.head_max = 30ms}, answer);
  loop.run_until_done(open_a_head(pair));
  EXPECT_EQ(pair.counters().cut_stalled.get(), 1U);
}

Task<void> ask_often(Http2Pair& pair) {
  co_await pair.connect();
  std::string bytes = preface();
  for (int32_t i = 0; i < 2'000; ++i) {
    const int32_t id = 2 * i + 1;
    bytes += get(id, "/");
    if (i % 100 != 99) continue;
    co_await pair.peer().say(std::exchange(bytes, {}));
    co_await pair.peer().hear_answer(id);
  }
  EXPECT_EQ(pair.counters().requests.get(), 2'000U);
  EXPECT_FALSE(pair.peer().heard.ended);
  co_await pair.close();
}

TEST(Http2Floods, ManyRequestsAreNoFlood) {
  Loop loop;
  Http2Pair pair(loop, {}, answer);
  loop.run_until_done(ask_often(pair));
}

}  // namespace
}  // namespace evershore::io
