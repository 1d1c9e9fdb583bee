#include "io/dialer.h"

#include <gmock/gmock.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/socket.h>

#include <cstdio>
#include <memory>

#include "io/http_test_support.h"
#include "io/test_support.h"

namespace evershore::io {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

// A name server in memory: what it says, how long it thinks, how often it was asked.
struct Names {
  Result<std::vector<std::string>> answer = std::vector<std::string>{"127.0.0.1"};
  Duration thinks{};
  int asked = 0;
};

Task<Result<std::vector<std::string>>> look_up(Loop& loop, Names& names, std::string, Mono deadline) {
  ++names.asked;
  co_await sleep_until(loop, std::min(deadline, loop.now() + names.thinks));
  co_return names.answer;
}

Resolve ask(Loop& loop, Names& names) {
  return [&loop, &names](std::string host, Mono deadline) { return look_up(loop, names, std::move(host), deadline); };
}

Task<void> say_where(HttpExchange& exchange, std::string where) {
  http::ResponseHead head;
  head.status = 200;
  co_await exchange.respond(std::move(head), as_bytes(where));
}

std::unique_ptr<HttpServer> server_at(Loop& loop, const std::string& address, uint16_t port) {
  auto server = HttpServer::start(loop, {address, port}, {}, [address](HttpExchange& exchange) { return say_where(exchange, address); });
  EVERSHORE_ASSERT(server.has_value());
  return std::move(*server);
}

// The body, or what went wrong.
Task<std::string> asked(HttpClient& client, HttpOrigin origin, Duration connect) {
  auto got = co_await client.fetch(std::move(origin), {}, {.connect = connect}, 1'000);
  co_return got ? got->body : "error: " + got.error().text;
}

#define RUN(body) \
  Loop loop;      \
  loop.run_until_done(body(loop))

Task<void> move_away(Loop& loop) {
  Names names;
  auto old = server_at(loop, "127.0.0.1", 0);
  const uint16_t port = old->local().port;
  auto next = server_at(loop, "127.0.0.2", port);
  HttpClient client(loop, {.resolve_ttl = 20ms, .connection_age_max = 100ms, .resolve = ask(loop, names)});
  const HttpOrigin origin{false, "region.test", port};
  std::string from = co_await asked(client, origin, 2s);
  EXPECT_EQ(from, "127.0.0.1");
  names.answer = std::vector<std::string>{"127.0.0.2"};
  from = co_await asked(client, origin, 2s);
  EXPECT_EQ(from, "127.0.0.1") << "the answer is still good, and so is the connection";
  const Mono end = loop.now() + kSoon;
  while (from == "127.0.0.1" && loop.now() < end) {  // though the old address goes on answering
    co_await sleep_for(loop, 5ms);
    from = co_await asked(client, origin, 2s);
  }
  EXPECT_EQ(from, "127.0.0.2");
  client.drop_idle(origin);
  co_await old->drain(loop.now());
  co_await next->drain(loop.now());
}
TEST(Dialer, follows_a_name_that_moves_though_the_old_address_still_answers) { RUN(move_away); }

Task<void> dns_down(Loop& loop) {
  Names names;
  auto server = server_at(loop, "127.0.0.1", 0);
  const HttpOrigin origin{false, "region.test", server->local().port};
  HttpClient client(loop, {.keep_alive = false, .resolve_ttl = 1ms, .resolve = ask(loop, names)});
  std::string from = co_await asked(client, origin, 2s);
  EXPECT_EQ(from, "127.0.0.1");
  names.answer = fail(Fault::kBroken, "no name server answers");
  names.thinks = 400ms;  // longer than a connection may take
  for (int i = 0; i < 5; ++i) {
    co_await sleep_for(loop, 2ms);
    from = co_await asked(client, origin, 300ms);
    EXPECT_EQ(from, "127.0.0.1") << i;
  }
  EXPECT_EQ(names.asked, 2) << "one question at a time";
  co_await sleep_for(loop, 450ms);
  from = co_await asked(client, origin, 300ms);
  EXPECT_EQ(from, "127.0.0.1") << "after the failure, too";
  co_await sleep_for(loop, 450ms);
  co_await server->drain(loop.now());
}
TEST(Dialer, keeps_the_last_answer_while_DNS_is_down_and_does_not_wait_for_it) { RUN(dns_down); }

Task<void> one_dial(HttpClient& client, HttpOrigin origin, std::string& out) { out = co_await asked(client, std::move(origin), 2s); }

Task<void> together(Loop& loop) {
  Names names{.thinks = 30ms};
  auto server = server_at(loop, "127.0.0.1", 0);
  HttpClient client(loop, {.keep_alive = false, .resolve = ask(loop, names)});
  std::array<std::string, 5> answers;
  TaskScope all;
  for (auto& answer : answers) all.spawn(one_dial(client, {false, "region.test", server->local().port}, answer));
  co_await all.join();
  for (const auto& answer : answers) EXPECT_EQ(answer, "127.0.0.1");
  EXPECT_EQ(names.asked, 1);
  co_await server->drain(loop.now());
}
TEST(Dialer, those_who_want_the_same_name_wait_for_one_look_up) { RUN(together); }

Task<void> unknown(Loop& loop) {
  Names names{.answer = fail(Fault::kNotFound, "region.test: no such host")};
  HttpClient client(loop, {.resolve = ask(loop, names)});
  const std::string got = co_await asked(client, {false, "region.test", 1}, 2s);
  EXPECT_THAT(got, HasSubstr("no such host"));
}
TEST(Dialer, says_that_a_name_is_unknown) { RUN(unknown); }

// An address that neither accepts nor refuses: its queue of connections is full.
struct BlackHole {
  explicit BlackHole(const Endpoint& endpoint) {
    const auto address = *to_socket_address(endpoint);
    hole = ::socket(address.storage.ss_family, SOCK_STREAM, 0);
    const int yes = 1;
    ::setsockopt(hole, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    EVERSHORE_ASSERT(::bind(hole, reinterpret_cast<const sockaddr*>(&address.storage), address.size_bytes) == 0);
    EVERSHORE_ASSERT(::listen(hole, 0) == 0);
    for (int& plug : plugs) {
      plug = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
      (void)::connect(plug, reinterpret_cast<const sockaddr*>(&address.storage), address.size_bytes);
    }
  }
  ~BlackHole() {
    for (const int plug : plugs) ::close(plug);
    ::close(hole);
  }
  int hole = -1;
  int plugs[4] = {};
};

Task<void> silent_first(Loop& loop) {
  auto server = server_at(loop, "127.0.0.1", 0);
  const uint16_t port = server->local().port;
  BlackHole hole({"127.0.0.3", port});
  Names names{.answer = std::vector<std::string>{"127.0.0.3", "::1", "127.0.0.1"}};  // nobody listens on ::1
  HttpClient client(loop, {.keep_alive = false, .resolve = ask(loop, names)});
  const HttpOrigin origin{false, "region.test", port};
  const Mono begun = loop.now();
  std::string from = co_await asked(client, origin, 3s);
  EXPECT_EQ(from, "127.0.0.1");
  EXPECT_LT(loop.now() - begun, 2s) << "within one connect budget";
  names.asked = 0;
  const Mono again = loop.now();
  from = co_await asked(client, origin, 3s);
  EXPECT_EQ(from, "127.0.0.1");
  EXPECT_LT(loop.now() - again, 240ms) << "the address that worked goes first";
  co_await server->drain(loop.now());
}
TEST(Dialer, races_addresses_of_both_families_within_one_budget) { RUN(silent_first); }

// ---- TLS of endpoints

struct Secure {
  ScratchDirectory directory;
  TlsServerCertificate good = make_certificate(directory, "good", "DNS:region.test");
  TlsServerCertificate other = make_certificate(directory, "other", "DNS:elsewhere.test");
};

// The same certificate, over since an hour.
TlsServerCertificate expired(const Secure& secure) {
  TlsServerCertificate pair{secure.directory.file("expired.pem"), secure.good.private_key_path};
  const auto open = [](const std::string& path, const char* mode) {
    return std::unique_ptr<FILE, int (*)(FILE*)>(std::fopen(path.c_str(), mode), std::fclose);
  };
  X509* certificate = PEM_read_X509(open(secure.good.certificate_path, "r").get(), nullptr, nullptr, nullptr);
  EVP_PKEY* key = PEM_read_PrivateKey(open(secure.good.private_key_path, "r").get(), nullptr, nullptr, nullptr);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -7'200);
  X509_gmtime_adj(X509_getm_notAfter(certificate), -3'600);
  X509_sign(certificate, key, EVP_sha256());
  PEM_write_X509(open(pair.certificate_path, "w").get(), certificate);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return pair;
}

Task<void> verified(Loop& loop) {
  Secure secure;
  struct Case {
    const char* name;
    TlsServerCertificate shown;
    std::string ca_file;
    const char* error;  // "" = it works
  };
  const auto old = expired(secure);
  const Case cases[] = {
      {"the authority is known and the name is right", secure.good, secure.good.certificate_path, ""},
      {"the system's store does not know the authority", secure.good, "", "self-signed certificate"},
      {"another authority", secure.good, secure.other.certificate_path, "self-signed certificate"},
      {"a certificate for another name", secure.other, secure.other.certificate_path, "hostname mismatch"},
      {"a certificate that is over", old, old.certificate_path, "certificate has expired"},
      {"a file that is none", secure.good, "/nowhere/ca.pem", "/nowhere/ca.pem"},
  };
  Names names;
  for (const auto& [name, shown, ca_file, error] : cases) {
    auto server =
        serve(loop, {.tls = *TlsServerContext::make({shown})}, [](HttpExchange& exchange) { return say_where(exchange, "here"); });
    auto system = TlsClientContext::make({});
    EVERSHORE_ASSERT(system.has_value());
    HttpClient client(loop, {.tls = *system, .keep_alive = false, .resolve = ask(loop, names)});
    const std::string got = co_await asked(client, {true, "region.test", server->local().port, {.ca_file = ca_file}}, 5s);
    EXPECT_THAT(got, std::string(error).empty() ? HasSubstr("here") : HasSubstr(error)) << name;
    co_await server->drain(loop.now());
  }
}
TEST(Dialer, endpoints_certificates_are_verified) { RUN(verified); }

TEST(TlsClientBook, makes_a_context_again_when_a_file_has_changed) {
  Secure secure;
  TlsClientBook book;
  const Mono now{};
  const TlsFiles files{.certificate = secure.directory.file("client.pem"), .private_key = secure.directory.file("client.key")};
  EXPECT_THAT(book.find(files, now).error().text, HasSubstr("client.pem"));
  const auto install = [&](const TlsServerCertificate& pair) {
    const auto over = std::filesystem::copy_options::overwrite_existing;
    std::filesystem::copy_file(pair.certificate_path, files.certificate, over);
    std::filesystem::copy_file(pair.private_key_path, files.private_key, over);
  };
  install(secure.good);
  const auto first = book.find(files, now);
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(*book.find(files, now + 5s), *first);
  install(secure.other);
  EXPECT_EQ(*book.find(files, now + 5'500ms), *first) << "looked a moment ago";
  const auto second = book.find(files, now + 7s);
  EXPECT_NE(*second, *first);
  std::filesystem::remove(files.certificate);
  EXPECT_EQ(*book.find(files, now + 9s), *second) << "half-done renewals harm nobody";
}

TEST(TlsClientContext, names_the_file_that_is_wrong) {
  Secure secure;
  const auto wrong_key =
      TlsClientContext::make({.certificate = secure.good.certificate_path, .private_key = secure.other.private_key_path});
  EXPECT_THAT(wrong_key.error().text, HasSubstr("other.key"));
}

}  // namespace
}  // namespace evershore::io
