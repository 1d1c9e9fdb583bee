#include "io/tls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <fstream>

#include "base/sync.h"
#include "base/text.h"
#include "io/test_support.h"

namespace evershore::io {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

using StreamResult = Result<std::unique_ptr<Stream>>;

struct TcpPair {
  std::unique_ptr<Stream> client, server;
};

Task<void> accept_tcp(Listener& listener, std::unique_ptr<Stream>& out) {
  auto accepted = co_await listener.accept();
  EVERSHORE_ASSERT(accepted.has_value());
  out = std::move(accepted->stream);
}

Task<TcpPair> make_tcp_pair(Loop& loop) {
  auto listener = Listener::open(loop, {"127.0.0.1", 0});
  TcpPair pair;
  TaskScope scope;
  scope.spawn(accept_tcp(**listener, pair.server));
  auto client = co_await connect_tcp(loop, (*listener)->local(), loop.now() + 5s);
  EVERSHORE_ASSERT(client.has_value());
  pair.client = std::move(*client);
  co_await scope.join();
  co_return pair;
}

struct TlsPair {
  StreamResult client = fail(Fault::kBroken, "not tried");
  StreamResult server = fail(Fault::kBroken, "not tried");
};

Task<void> accept_tls(std::shared_ptr<TlsServerContext> context, std::unique_ptr<Stream> tcp, Mono deadline, StreamResult& out) {
  out = co_await tls_accept(std::move(context), std::move(tcp), deadline);
}

Task<void> shake(Loop& loop, std::shared_ptr<TlsServerContext> server, std::shared_ptr<TlsClientContext> client, std::string host,
                 TlsPair& pair) {
  TcpPair tcp = co_await make_tcp_pair(loop);
  const Mono deadline = loop.now() + 10s;
  TaskScope scope;
  scope.spawn(accept_tls(std::move(server), std::move(tcp.server), deadline, pair.server));
  pair.client = co_await tls_connect(std::move(client), std::move(tcp.client), std::move(host), deadline);
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

Task<void> send_and_finish(Stream& stream, std::string_view head, std::string_view body) {
  const std::array<std::span<const uint8_t>, 2> pieces = {as_bytes(head), as_bytes(body)};
  const auto sent = co_await stream.write_all(pieces);
  EXPECT_TRUE(sent.has_value()) << sent.error().text;
  stream.finish_writing();
}

struct Tls : testing::Test {
  ScratchDirectory directory;
  TlsServerCertificate certificate = make_certificate(directory, "a", "DNS:a.test,DNS:*.wild.test,IP:127.0.0.1");
  std::shared_ptr<TlsServerContext> server = *TlsServerContext::make({certificate});
  std::shared_ptr<TlsClientContext> client = *TlsClientContext::make({.ca_file = certificate.certificate_path});
  Loop loop;
};

Task<void> exchange(Loop& loop, TlsPair& pair, std::string_view body, size_t piece_bytes) {
  TaskScope scope;
  scope.spawn(send_and_finish(**pair.client, "head;", body));
  const std::string received = co_await read_until_end(**pair.server, piece_bytes);
  EXPECT_EQ(received.size(), body.size() + 5);
  EXPECT_TRUE(received == "head;" + std::string(body));
  co_await scope.join();
  co_await send_and_finish(**pair.server, "", "bye");
  const std::string back = co_await read_until_end(**pair.client, 1);
  EXPECT_EQ(back, "bye");
  static_cast<void>(loop);
}

TEST_F(Tls, CarriesBytesBothWaysAndEndsCleanly) {
  for (const char* host : {"a.test", "x.wild.test", "127.0.0.1"}) {
    TlsPair pair;
    loop.run_until_done(shake(loop, server, client, host, pair));
    ASSERT_TRUE(pair.client.has_value()) << host << ": " << pair.client.error().text;
    ASSERT_TRUE(pair.server.has_value()) << host << ": " << pair.server.error().text;
    loop.run_until_done(exchange(loop, pair, "a body", 3));
  }
}

TEST_F(Tls, ABigWriteWaitsForASlowReaderAndLosesNothing) {
  TlsPair pair;
  loop.run_until_done(shake(loop, server, client, "a.test", pair));
  ASSERT_TRUE(pair.client.has_value());
  std::string body(12 << 20, 'x');
  for (size_t i = 0; i < body.size(); i += 4096) body[i] = static_cast<char>('a' + i / 4096 % 26);
  loop.run_until_done(exchange(loop, pair, body, 5003));
}

TEST_F(Tls, RefusesAWrongName) {
  TlsPair pair;
  loop.run_until_done(shake(loop, server, client, "b.test", pair));
  ASSERT_FALSE(pair.client.has_value());
  EXPECT_THAT(pair.client.error().text, HasSubstr("ostname mismatch"));
}

TEST_F(Tls, RefusesAnUnknownAuthorityUnlessToldNotToVerify) {
  auto strict = *TlsClientContext::make({});
  TlsPair refused;
  loop.run_until_done(shake(loop, server, strict, "a.test", refused));
  ASSERT_FALSE(refused.client.has_value());
  EXPECT_THAT(refused.client.error().text, HasSubstr("certificate"));
  EXPECT_FALSE(refused.server.has_value() && (*refused.server)->silent());

  auto careless = *TlsClientContext::make({.verify_peer = false});
  TlsPair taken;
  loop.run_until_done(shake(loop, server, careless, "b.test", taken));
  EXPECT_TRUE(taken.client.has_value());
}

TEST_F(Tls, ChoosesTheCertificateByName) {
  const auto second = make_certificate(directory, "second", "DNS:second.test");
  auto both = *TlsServerContext::make({certificate, second});
  auto trusts_second = *TlsClientContext::make({.ca_file = second.certificate_path});
  TlsPair pair;
  loop.run_until_done(shake(loop, both, trusts_second, "second.test", pair));
  EXPECT_TRUE(pair.client.has_value()) << pair.client.error().text;
  TlsPair default_one;
  loop.run_until_done(shake(loop, both, client, "a.test", default_one));
  EXPECT_TRUE(default_one.client.has_value()) << default_one.client.error().text;
}

Task<void> shake_with_silence(Loop& loop, std::shared_ptr<TlsClientContext> client, std::shared_ptr<TlsServerContext> server) {
  TcpPair tcp = co_await make_tcp_pair(loop);
  const auto from_client = co_await tls_connect(std::move(client), std::move(tcp.client), "a.test", loop.now() + 30ms);
  EXPECT_EQ(from_client.error().fault, Fault::kTimedOut);
  TcpPair other = co_await make_tcp_pair(loop);
  const auto from_server = co_await tls_accept(std::move(server), std::move(other.server), loop.now() + 30ms);
  EXPECT_EQ(from_server.error().fault, Fault::kTimedOut);
}

TEST_F(Tls, AHandshakeWithASilentPeerEndsAtTheDeadline) { loop.run_until_done(shake_with_silence(loop, client, server)); }

Task<void> shake_with_babble(Loop& loop, std::shared_ptr<TlsServerContext> server) {
  TcpPair tcp = co_await make_tcp_pair(loop);
  const auto sent = co_await tcp.client->write_all("GET / HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(sent.has_value());
  const auto accepted = co_await tls_accept(std::move(server), std::move(tcp.server), loop.now() + 5s);
  EXPECT_EQ(accepted.error().fault, Fault::kBroken);
  EXPECT_THAT(accepted.error().text, HasSubstr("http request"));
}

TEST_F(Tls, PlainTextOnATlsPortIsAnErrorWithAReason) { loop.run_until_done(shake_with_babble(loop, server)); }

Task<void> cut_without_notice(TlsPair& pair) {
  const auto sent = co_await (*pair.server)->write_all("part");
  EXPECT_TRUE(sent.has_value());
  ::shutdown((*pair.server)->watch().fd(), SHUT_WR);
  const std::string received = co_await read_until_end(**pair.client, 100);
  EXPECT_THAT(received, HasSubstr("error: ")) << "a cut must not look like an end";
}

TEST_F(Tls, AnEndWithoutCloseNotifyIsAnError) {
  TlsPair pair;
  loop.run_until_done(shake(loop, server, client, "a.test", pair));
  ASSERT_TRUE(pair.client.has_value());
  loop.run_until_done(cut_without_notice(pair));
}

Task<void> look_for_silence(TlsPair& pair) {
  const auto hello = co_await (*pair.server)->write_all("x");
  EXPECT_TRUE(hello.has_value());
  std::array<uint8_t, 8> buffer;
  const auto got = co_await (*pair.client)->read_some(buffer);
  EXPECT_EQ(got.value(), 1U);
  EXPECT_TRUE((*pair.client)->silent());
  const auto more = co_await (*pair.server)->write_all("y");
  EXPECT_TRUE(more.has_value());
  co_await (*pair.client)->watch().wait(Ready::kReadable);
  EXPECT_FALSE((*pair.client)->silent()) << "bytes are waiting";
  const auto again = co_await (*pair.client)->read_some(buffer);
  EXPECT_EQ(again.value(), 1U) << "looking must not take the byte";
  (*pair.server)->close();
  co_await (*pair.client)->watch().wait(Ready::kReadable);
  EXPECT_FALSE((*pair.client)->silent()) << "closed by the peer";
}

TEST_F(Tls, IsSilentOnlyWhenNothingCameAndNobodyClosed) {
  TlsPair pair;
  loop.run_until_done(shake(loop, server, client, "a.test", pair));
  ASSERT_TRUE(pair.client.has_value());
  EXPECT_TRUE((*pair.client)->silent()) << "session tickets are no sign of anything";
  loop.run_until_done(look_for_silence(pair));
}

TEST_F(Tls, BadFilesAreNamedInTheError) {
  const auto missing = TlsServerContext::make({{"/nonexistent.pem", certificate.private_key_path}});
  EXPECT_THAT(missing.error().text, HasSubstr("/nonexistent.pem"));
  const auto other = make_certificate(directory, "other", "DNS:other.test");
  const auto mixed = TlsServerContext::make({{certificate.certificate_path, other.private_key_path}});
  EXPECT_THAT(mixed.error().text, HasSubstr("key values mismatch"));
  const auto no_ca = TlsClientContext::make({.ca_file = "/nonexistent.pem"});
  EXPECT_THAT(no_ca.error().text, HasSubstr("/nonexistent.pem"));
}

}  // namespace
}  // namespace evershore::io
