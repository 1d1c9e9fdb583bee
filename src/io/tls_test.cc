#include "io/tls.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <thread>

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

// ---- what the server offers

std::shared_ptr<TlsServerContext> server_of(std::vector<TlsServerCertificate> certificates) {
  return *TlsServerContext::make(certificates);
}

// openssl's own client, on a port that shakes hands until it is told to stop; what it printed.
struct OpensslClient {
  std::string arguments;
  std::string printed = {};
};

Task<void> shake_all(Listener& listener, std::shared_ptr<TlsServerContext> server, Loop& loop) {
  for (;;) {
    auto accepted = co_await listener.accept();
    if (!accepted) co_return;
    auto stream = co_await tls_accept(server, std::move(accepted->stream), loop.now() + 5s, Alpn::kHttp2OrHttp1);
    if (!stream) continue;
    const std::string_view hello = "hello\n";
    (void)co_await (*stream)->write_all(hello);
    (*stream)->close();
  }
}

Task<void> run_client(Loop& loop, std::shared_ptr<TlsServerContext> server, OpensslClient& client) {
  auto listener = Listener::open(loop, {"127.0.0.1", 0});
  TaskScope scope;
  scope.spawn(shake_all(**listener, std::move(server), loop));
  const std::string command =
      fmt::format("openssl s_client -ign_eof -connect 127.0.0.1:{} {} </dev/null 2>&1", (*listener)->local().port, client.arguments);
  std::optional<std::string> printed;
  const auto handle = loop.handle();
  std::thread runner([&] {
    std::string text;
    FILE* pipe = ::popen(command.c_str(), "r");
    std::array<char, 4096> buffer;
    for (size_t got = 0; (got = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) text.append(buffer.data(), got);
    ::pclose(pipe);
    handle.post([&printed, text = std::move(text)] { printed = text; });
  });
  while (!printed) co_await sleep_for(loop, 5ms);
  runner.join();
  client.printed = *printed;
  (*listener)->close();
  co_await scope.join();
}

std::string ask(std::shared_ptr<TlsServerContext> server, std::string arguments) {
  Loop loop;
  OpensslClient client{.arguments = std::move(arguments)};
  loop.run_until_done(run_client(loop, std::move(server), client));
  return client.printed;
}

TEST_F(Tls, AnExactNameGoesBeforeAWildcardAndTheFirstServesTheRest) {
  const auto wild = make_certificate(directory, "wild", "DNS:*.site.test");
  const auto exact = make_certificate(directory, "exact", "DNS:one.site.test");
  const auto all = server_of({certificate, wild, exact});
  const std::pair<const char*, const char*> rows[] = {{"one.site.test", "CN = exact"}, {"ONE.Site.Test", "CN = exact"},
                                                      {"two.site.test", "CN = wild"},  {"site.test", "CN = a"},
                                                      {"x.two.site.test", "CN = a"},   {"nobody.test", "CN = a"}};
  for (const auto& [name, subject] : rows) EXPECT_THAT(ask(all, std::string("-servername ") + name), HasSubstr(subject)) << name;
  EXPECT_THAT(ask(all, "-noservername"), HasSubstr("CN = a"));
}

TEST_F(Tls, Http2IsChosenWhereTheClientOffersIt) {
  EXPECT_THAT(ask(server, "-alpn h2,http/1.1"), HasSubstr("ALPN protocol: h2"));
  EXPECT_THAT(ask(server, "-alpn http/1.1"), HasSubstr("ALPN protocol: http/1.1"));
  EXPECT_THAT(ask(server, "-alpn dot"), HasSubstr("No ALPN negotiated"));
}

TEST_F(Tls, OldProtocolsAndCiphersWithoutForwardSecrecyAreRefused) {
  EXPECT_THAT(ask(server, "-tls1_1 -cipher ALL:@SECLEVEL=0"), HasSubstr("alert"));
  EXPECT_THAT(ask(server, "-tls1_2 -cipher AES128-SHA"), HasSubstr("alert"));
  EXPECT_THAT(ask(server, "-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA256"), HasSubstr("alert"));
  EXPECT_THAT(ask(server, "-tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256"), HasSubstr("Cipher is ECDHE-ECDSA-AES128-GCM-SHA256"));
}

TEST_F(Tls, ATicketIsTakenByAnotherContextWithTheSameKeysOnly) {
  const auto keys = make_ticket_keys();
  const auto first = *TlsServerContext::make({certificate}, keys);
  const auto reloaded = *TlsServerContext::make({certificate}, keys);
  for (const std::string version : {"-tls1_2", "-tls1_3"}) {
    const std::string file = directory.file("session" + version);
    EXPECT_THAT(ask(first, version + " -sess_out " + file), HasSubstr("New, TLSv1")) << version;
    EXPECT_THAT(ask(reloaded, version + " -sess_in " + file), HasSubstr("Reused, TLSv1")) << version;
    EXPECT_THAT(ask(server, version + " -sess_in " + file), HasSubstr("New, TLSv1")) << version;
  }
}

TEST_F(Tls, ACertificateSaysWhatItCoversAndUntilWhen) {
  const auto& info = server->certificates().front();
  EXPECT_THAT(info.names, testing::ElementsAre("a.test", "*.wild.test"));
  EXPECT_TRUE(info.covers("A.test"));
  EXPECT_TRUE(info.covers("x.wild.test"));
  EXPECT_TRUE(info.covers("*.wild.test"));
  EXPECT_FALSE(info.covers("wild.test"));
  EXPECT_FALSE(info.covers("x.y.wild.test"));
  EXPECT_EQ(std::chrono::round<std::chrono::hours>(info.not_after - info.not_before), 48h);
}

// An authority, a certificate of it, and what its responder says of it.
struct Authority {
  explicit Authority(const ScratchDirectory& directory) : in("cd " + directory.path() + " && ") {
    run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 9 -subj /CN=ca -keyout ca.key -out ca.pem");
    run("openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=leaf -addext subjectAltName=DNS:leaf.test -keyout "
        "leaf.key -out leaf.csr");
    run("openssl x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -set_serial 7 -days 5 -copy_extensions copy -out leaf.crt");
    run("cat leaf.crt ca.pem > leaf.pem");
  }
  void say(const std::string& verdict, const std::string& options) const {
    run("printf '" + verdict + "\\t300101000000Z\\t" + (verdict == "R" ? "200101000000Z" : "") + "\\t07\\tunknown\\t/CN=leaf\\n' > index");
    run("openssl ocsp -issuer ca.pem -cert leaf.crt -reqout ask.der");
    run("openssl ocsp -index index -rsigner ca.pem -rkey ca.key -CA ca.pem -reqin ask.der -respout staple.der " + options);
  }
  void run(const std::string& command) const { EVERSHORE_ASSERT(std::system((in + "{ " + command + "; } >/dev/null 2>&1").c_str()) == 0); }
  std::string in;
};

TEST_F(Tls, AGoodOcspResponseIsStapledAndABadOneIsNamed) {
  const Authority authority(directory);
  const TlsServerCertificate leaf{directory.file("leaf.pem"), directory.file("leaf.key"), directory.file("staple.der")};
  const auto problem = [&leaf] { return server_of({leaf})->certificates().front().staple_problem; };
  EXPECT_THAT(problem(), HasSubstr("staple.der")) << "missing";

  authority.say("V", "-ndays 3");
  EXPECT_EQ(problem(), "");
  EXPECT_TRUE(server_of({leaf})->certificates().front().staple_until);
  EXPECT_THAT(ask(server_of({certificate, leaf}), "-status -servername leaf.test"), HasSubstr("Cert Status: good"));
  EXPECT_THAT(ask(server_of({certificate, leaf}), "-status -servername a.test"), HasSubstr("OCSP response: no response sent"));

  authority.say("R", "-ndays 3");
  EXPECT_THAT(problem(), HasSubstr("revoked"));
  authority.say("V", "");
  EXPECT_THAT(problem(), HasSubstr("how long"));
  TlsServerCertificate other = certificate;
  other.ocsp_path = leaf.ocsp_path;
  EXPECT_THAT(server_of({other})->certificates().front().staple_problem, HasSubstr("another certificate"));
  authority.run("echo nonsense > staple.der");
  EXPECT_THAT(problem(), HasSubstr("DER"));
}

TEST_F(Tls, ACertificateThatMustBeStapledSaysSo) {
  const std::string command = "cd " + directory.path() +
                              " && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=m "
                              "-addext subjectAltName=DNS:m.test -addext tlsfeature=status_request -keyout m.key -out m.pem 2>/dev/null";
  ASSERT_EQ(std::system(command.c_str()), 0);
  const auto made = server_of({{directory.file("m.pem"), directory.file("m.key")}});
  EXPECT_THAT(made->certificates().front().staple_problem, HasSubstr("asks for an OCSP response"));
}

}  // namespace
}  // namespace evershore::io
