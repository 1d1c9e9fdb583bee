#include "io/stream.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>

#include "base/sync.h"
#include "base/text.h"

namespace evershore::io {
namespace {

using namespace std::chrono_literals;

struct Pair {
  std::unique_ptr<Stream> client, server;
  Endpoint peer;
};

Task<void> accept_into(Listener& listener, Pair& pair) {
  auto accepted = co_await listener.accept();
  EVERSHORE_ASSERT(accepted.has_value());
  pair.server = std::move(accepted->stream);
  pair.peer = accepted->peer;
}

Task<void> make_pair(Loop& loop, Pair& pair) {
  auto listener = Listener::open(loop, {"127.0.0.1", 0});
  EVERSHORE_ASSERT(listener.has_value());
  TaskScope scope;
  scope.spawn(accept_into(**listener, pair));
  auto client = co_await connect_tcp(loop, (*listener)->local(), loop.now() + 5s);
  EVERSHORE_ASSERT(client.has_value());
  pair.client = std::move(*client);
  co_await scope.join();
}

Task<std::string> read_until_end(Stream& stream, size_t piece_bytes) {
  std::string all;
  std::vector<uint8_t> buffer(piece_bytes);
  for (;;) {
    const auto got = co_await stream.read_some(buffer);
    if (!got.has_value()) co_return "error: " + got.error().text;
    if (*got == 0) co_return all;
    all.append(reinterpret_cast<const char*>(buffer.data()), *got);
  }
}

Task<void> read_all_into(Stream& stream, size_t piece_bytes, std::string& out) { out = co_await read_until_end(stream, piece_bytes); }

Task<void> read_once(Stream& stream, std::optional<Result<size_t>>& out) {
  std::array<uint8_t, 16> buffer;
  out = co_await stream.read_some(buffer);
}

Task<void> send_and_finish(Stream& stream, std::string_view text) {
  const auto sent = co_await stream.write_all(text);
  EXPECT_TRUE(sent.has_value());
  stream.finish_writing();
}

Task<void> echo_in_pieces(Loop& loop) {
  Pair pair;
  co_await make_pair(loop, pair);
  EXPECT_EQ(pair.peer.address, "127.0.0.1");
  const std::string text = "one and two and three";
  const std::array<std::span<const uint8_t>, 4> pieces = {as_bytes("one "), {}, as_bytes("and two "), as_bytes("and three")};
  const auto sent = co_await pair.client->write_all(pieces);
  EXPECT_TRUE(sent.has_value());
  pair.client->finish_writing();
  const std::string received = co_await read_until_end(*pair.server, 3);
  EXPECT_EQ(received, text);
  co_await send_and_finish(*pair.server, received);
  const std::string back = co_await read_until_end(*pair.client, 1);
  EXPECT_EQ(back, text) << "a half-closed side still reads";
}

TEST(TcpStream, CarriesPiecesBothWaysAndEndsCleanly) {
  Loop loop;
  loop.run_until_done(echo_in_pieces(loop));
}

Task<void> big_write(Loop& loop) {
  Pair pair;
  co_await make_pair(loop, pair);
  std::string text(16 << 20, 'x');
  for (size_t i = 0; i < text.size(); i += 4096) text[i] = static_cast<char>('a' + i / 4096 % 26);
  std::string received;
  TaskScope scope;
  scope.spawn(send_and_finish(*pair.client, text));
  EXPECT_EQ(scope.size(), 1U) << "16 MiB cannot fit: the writer must wait for the reader";
  co_await read_all_into(*pair.server, 7001, received);
  co_await scope.join();
  EXPECT_EQ(received, text);
}

TEST(TcpStream, ABigWriteWaitsForASlowReaderAndLosesNothing) {
  Loop loop;
  loop.run_until_done(big_write(loop));
}

Task<void> many_small_pieces(Loop& loop) {
  Pair pair;
  co_await make_pair(loop, pair);
  const std::string word = "abc";
  const std::vector<std::span<const uint8_t>> pieces(1000, as_bytes(word));
  const auto sent = co_await pair.client->write_all(pieces);
  EXPECT_TRUE(sent.has_value());
  pair.client->close();
  const std::string received = co_await read_until_end(*pair.server, 4096);
  EXPECT_EQ(received.size(), 3000U);
}

TEST(TcpStream, WritesMorePiecesThanOneSystemCallTakes) {
  Loop loop;
  loop.run_until_done(many_small_pieces(loop));
}

Task<void> read_deadline(Loop& loop) {
  Pair pair;
  co_await make_pair(loop, pair);
  const Mono start = loop.now();
  pair.client->set_deadline(start + 20ms);
  std::optional<Result<size_t>> got;
  co_await read_once(*pair.client, got);
  EXPECT_EQ(got->error().fault, Fault::kTimedOut);
  EXPECT_GE(loop.now() - start, 20ms);
  // The stream still works with a new deadline.
  pair.client->set_deadline(loop.now() + 5s);
  const auto sent = co_await pair.server->write_all("late");
  EXPECT_TRUE(sent.has_value());
  co_await read_once(*pair.client, got);
  EXPECT_EQ(got->value(), 4U);
}

TEST(TcpStream, AReadEndsAtTheDeadlineAndCanBeRepeated) {
  Loop loop;
  loop.run_until_done(read_deadline(loop));
}

Task<void> write_deadline(Loop& loop) {
  Pair pair;
  co_await make_pair(loop, pair);
  const std::string text(16 << 20, 'x');
  pair.client->set_deadline(loop.now() + 20ms);
  const auto sent = co_await pair.client->write_all(text);
  EXPECT_EQ(sent.error().fault, Fault::kTimedOut);
}

TEST(TcpStream, AWriteToAReaderThatDoesNotReadEndsAtTheDeadline) {
  Loop loop;
  loop.run_until_done(write_deadline(loop));
}

Task<void> close_while_reading(Loop& loop) {
  Pair pair;
  co_await make_pair(loop, pair);
  std::optional<Result<size_t>> closed, destroyed;
  TaskScope scope;
  scope.spawn(read_once(*pair.client, closed));
  scope.spawn(read_once(*pair.server, destroyed));
  pair.client->close();
  pair.server.reset();
  co_await scope.join();
  EXPECT_EQ(closed->error().fault, Fault::kClosed);
  EXPECT_EQ(destroyed->error().fault, Fault::kClosed);
  co_await read_once(*pair.client, closed);
  EXPECT_EQ(closed->error().fault, Fault::kClosed);
  const auto sent = co_await pair.client->write_all("too late");
  EXPECT_EQ(sent.error().fault, Fault::kClosed);
}

TEST(TcpStream, ClosingEndsTheReadThatWaits) {
  Loop loop;
  loop.run_until_done(close_while_reading(loop));
}

Task<void> reset_is_seen(Loop& loop) {
  Pair pair;
  co_await make_pair(loop, pair);
  pair.server->reset();
  std::optional<Result<size_t>> got;
  co_await read_once(*pair.client, got);
  EXPECT_EQ(got->error().fault, Fault::kBroken);
  EXPECT_EQ(got->error().text, "Connection reset by peer");
}

TEST(TcpStream, AResetIsAnErrorForThePeerNotAnEnd) {
  Loop loop;
  loop.run_until_done(reset_is_seen(loop));
}

Task<void> write_to_the_gone(Loop& loop) {
  Pair pair;
  co_await make_pair(loop, pair);
  pair.server->reset();
  std::optional<Result<size_t>> got;
  co_await read_once(*pair.client, got);
  const auto sent = co_await pair.client->write_all("hello?");
  EXPECT_EQ(sent.error().fault, Fault::kBroken);
}

TEST(TcpStream, AWriteToAPeerThatIsGoneIsAnErrorNotASignal) {
  Loop loop;
  loop.run_until_done(write_to_the_gone(loop));
}

Task<void> silence(Loop& loop) {
  Pair pair;
  co_await make_pair(loop, pair);
  EXPECT_TRUE(pair.client->silent());
  const auto sent = co_await pair.server->write_all("x");
  EXPECT_TRUE(sent.has_value());
  co_await pair.client->watch().wait(Ready::kReadable);
  EXPECT_FALSE(pair.client->silent()) << "bytes are waiting";
  pair.client->close();
  EXPECT_FALSE(pair.client->silent()) << "closed here";
  std::optional<Result<size_t>> got;
  co_await read_once(*pair.server, got);
  EXPECT_FALSE(pair.server->silent()) << "closed by the peer";
}

TEST(TcpStream, IsSilentOnlyWhenNothingCameAndNobodyClosed) {
  Loop loop;
  loop.run_until_done(silence(loop));
}

Task<void> flood(Stream& stream, const bool& stop) {
  const std::string text(64 << 10, 'x');
  while (!stop) {
    const auto sent = co_await stream.write_all(text);
    if (!sent.has_value()) co_return;
  }
  stream.close();
}

Task<void> swallow(Stream& stream) {
  std::vector<uint8_t> buffer(64 << 10);
  for (;;) {
    const auto got = co_await stream.read_some(buffer);
    if (!got.has_value() || *got == 0) co_return;
  }
}

Task<void> timer_under_flood(Loop& loop) {
  Pair pair;
  co_await make_pair(loop, pair);
  bool stop = false;
  TaskScope scope;
  scope.spawn(flood(*pair.client, stop));
  scope.spawn(swallow(*pair.server));
  co_await sleep_for(loop, 20ms);
  stop = true;  // never reached if the two kept the loop to themselves
  co_await scope.join();
}

TEST(TcpStream, APairThatNeverHasToWaitLeavesTheLoopToOthersToo) {
  Loop loop;
  loop.run_until_done(timer_under_flood(loop));
}

Task<void> connect_into(Loop& loop, Endpoint endpoint, Duration budget, std::optional<Result<std::unique_ptr<Stream>>>& out) {
  out = co_await connect_tcp(loop, endpoint, loop.now() + budget);
}

TEST(ConnectTcp, SaysRefusedWhenNobodyListens) {
  Loop loop;
  auto listener = Listener::open(loop, {"127.0.0.1", 0});
  const Endpoint endpoint = (*listener)->local();
  (*listener)->close();
  std::optional<Result<std::unique_ptr<Stream>>> got;
  loop.run_until_done(connect_into(loop, endpoint, 5s, got));
  EXPECT_EQ(got->error().fault, Fault::kRefused);
}

TEST(ConnectTcp, GivesUpOnABlackHoleAtTheDeadline) {
  Loop loop;
  const int full = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  SocketAddress address = *to_socket_address({"127.0.0.1", 0});
  ASSERT_EQ(::bind(full, reinterpret_cast<sockaddr*>(&address.storage), address.size_bytes), 0);
  ASSERT_EQ(::listen(full, 0), 0);
  ::getsockname(full, reinterpret_cast<sockaddr*>(&address.storage), &address.size_bytes);
  // The queue takes one connection; from the next on, the kernel drops the SYN.
  std::optional<Result<std::unique_ptr<Stream>>> fills, waits;
  loop.run_until_done(connect_into(loop, to_endpoint(address), 5s, fills));
  const Mono start = loop.now();
  loop.run_until_done(connect_into(loop, to_endpoint(address), 50ms, waits));
  EXPECT_EQ(waits->error().fault, Fault::kTimedOut);
  EXPECT_GE(loop.now() - start, 50ms);
  ::close(full);
}

TEST(ConnectTcp, TakesOnlyLiterals) {
  Loop loop;
  std::optional<Result<std::unique_ptr<Stream>>> got;
  loop.run_until_done(connect_into(loop, {"localhost", 80}, 1s, got));
  EXPECT_EQ(got->error().fault, Fault::kInvalid);
}

TEST(Listener, SeveralMayShareOneEndpoint) {
  Loop loop;
  auto first = Listener::open(loop, {"127.0.0.1", 0});
  auto second = Listener::open(loop, (*first)->local());
  EXPECT_TRUE(second.has_value());
}

Task<void> accept_once(Listener& listener, std::optional<Result<Listener::Accepted>>& out) { out = co_await listener.accept(); }

TEST(Listener, ClosingEndsTheAcceptThatWaits) {
  Loop loop;
  auto listener = Listener::open(loop, {"127.0.0.1", 0});
  std::optional<Result<Listener::Accepted>> got;
  loop.call_at(loop.now() + 5ms, [&] { listener->reset(); });
  loop.run_until_done(accept_once(**listener, got));
  EXPECT_EQ(got->error().fault, Fault::kClosed);
}

Task<void> accept_without_descriptors(Loop& loop, Listener& listener) {
  auto client = co_await connect_tcp(loop, listener.local(), loop.now() + 5s);
  EXPECT_TRUE(client.has_value());
  rlimit before = {};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const rlimit none = {.rlim_cur = 3, .rlim_max = before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &none);
  std::optional<Result<Listener::Accepted>> got;
  TaskScope scope;
  scope.spawn(accept_once(listener, got));
  co_await sleep_for(loop, 20ms);
  EXPECT_FALSE(got.has_value());
  ::setrlimit(RLIMIT_NOFILE, &before);
  co_await scope.join();
  EXPECT_TRUE(got->has_value());
}

TEST(Listener, OutOfDescriptorsItWaitsAndGoesOn) {
  Loop loop;
  auto listener = Listener::open(loop, {"127.0.0.1", 0});
  loop.run_until_done(accept_without_descriptors(loop, **listener));
}

TEST(Endpoint, IsReadAndWrittenTheSameWay) {
  for (const char* text : {"127.0.0.1:80", "[::1]:8443", "0.0.0.0:0", "[2001:db8::1]:65535"}) {
    const auto endpoint = parse_endpoint(text);
    ASSERT_TRUE(endpoint.has_value()) << text;
    EXPECT_EQ(format_endpoint(*endpoint), text);
  }
}

TEST(Endpoint, RefusesWhatIsNotAnAddressAndAPort) {
  for (const char* text : {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "localhost:80", "::1:80", "[127.0.0.1]:80",
                           "[::1]", "[::1:80", ":80", "127.0.0.1:8 0"}) {
    const auto endpoint = parse_endpoint(text);
    EXPECT_FALSE(endpoint.has_value()) << text;
  }
}

}  // namespace
}  // namespace evershore::io
