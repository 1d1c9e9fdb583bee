// For tests of HTTP over loopback: a server with a handler, and a raw peer that says exactly what it is told.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "base/sync.h"
#include "base/text.h"
#include "io/http_client.h"
#include "io/http_server.h"

namespace evershore::io {

inline constexpr Duration kSoon = std::chrono::seconds(5);

inline std::unique_ptr<HttpServer> serve(Loop& loop, HttpServerOptions options, HttpHandler handler) {
  auto server = HttpServer::start(loop, {"127.0.0.1", 0}, std::move(options), std::move(handler));
  EVERSHORE_ASSERT(server.has_value());
  return std::move(*server);
}

inline HttpOrigin origin_of(const Endpoint& endpoint) { return {false, endpoint.address, endpoint.port}; }

inline Task<std::unique_ptr<Stream>> connect_to(Loop& loop, Endpoint endpoint) {
  auto stream = co_await connect_tcp(loop, std::move(endpoint), loop.now() + kSoon);
  EVERSHORE_ASSERT(stream.has_value());
  co_return std::move(*stream);
}

inline Task<void> say(Stream& stream, std::string text) {
  stream.set_deadline(stream.watch().loop().now() + kSoon);
  const auto sent = co_await stream.write_all(text);
  EXPECT_TRUE(sent.has_value()) << text.substr(0, 80);
}

// All until the peer ends; "<reset>" at the end if it broke off, "<silence>" if nothing came for kSoon.
inline Task<std::string> hear_all(Stream& stream) {
  std::string all;
  std::vector<uint8_t> buffer(8192);
  for (;;) {
    stream.set_deadline(stream.watch().loop().now() + kSoon);
    const auto got = co_await stream.read_some(buffer);
    if (!got) co_return all + (got.error().fault == Fault::kTimedOut ? "<silence>" : "<reset>");
    if (*got == 0) co_return all;
    all += as_text(std::span(buffer).first(*got));
  }
}

// Until `end` has come.
inline Task<std::string> hear_until(Stream& stream, std::string end) {
  std::string all;
  std::vector<uint8_t> buffer(8192);
  while (all.find(end) == std::string::npos) {
    stream.set_deadline(stream.watch().loop().now() + kSoon);
    const auto got = co_await stream.read_some(buffer);
    if (!got || *got == 0) co_return all + "<end>";
    all += as_text(std::span(buffer).first(*got));
  }
  co_return all;
}

}  // namespace evershore::io
