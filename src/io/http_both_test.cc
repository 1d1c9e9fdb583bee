// Client and server together, over TLS, and with a client that is not ours.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdio>
#include <thread>

#include "io/http_test_support.h"
#include "io/test_support.h"

namespace evershore::io {
namespace {

Task<void> mirror(HttpExchange& exchange) {
  http::ResponseHead head{.headers = {{"X-Method", exchange.request().method}}};
  const bool expected = exchange.request().headers.has("expect");
  co_await exchange.start(std::move(head), std::nullopt);
  if (exchange.request().path() == "/big") {
    const std::string piece(100'000, 'b');
    for (int i = 0; i < 50; ++i) co_await exchange.write(as_bytes(piece));
  }
  if (expected) co_await exchange.write(as_bytes("expected "));
  co_await exchange.finish();
}

Task<void> count_body(HttpExchange& exchange) {
  uint64_t bytes = 0;
  for (;;) {
    const auto piece = co_await exchange.read_body();
    if (!piece || piece->empty()) break;
    bytes += piece->size();
  }
  http::ResponseHead head;
  const std::string text = fmt::format("{} {} bytes", exchange.request().method, bytes);
  co_await exchange.respond(std::move(head), as_bytes(text));
}

// ---- TLS

struct Fetched {
  std::vector<Result<HttpClient::Whole>> answers;
};

Task<void> fetch_over_tls(Loop& loop, std::shared_ptr<TlsServerContext> theirs, std::shared_ptr<TlsClientContext> ours, Fetched& fetched) {
  auto server = serve(loop, {.tls = std::move(theirs)}, mirror);
  HttpClient client(loop, {.tls = std::move(ours)});
  const HttpOrigin origin{true, "127.0.0.1", server->local().port};
  for (const char* target : {"/small", "/big", "/small"}) {
    HttpRequest request{.target = target};
    auto answer = co_await client.fetch(origin, std::move(request), {}, 10 << 20);
    fetched.answers.push_back(std::move(answer));
    EXPECT_EQ(server->connections(), 1u) << "kept and used again";
  }
  client.drop_idle(origin);
  co_await server->drain(loop.now() + kSoon);
}

TEST(HttpOverTls, KeepsOneConnectionForSmallAndBigBodies) {
  const ScratchDirectory directory;
  const auto certificate = make_certificate(directory, "a", "IP:127.0.0.1");
  Loop loop;
  Fetched fetched;
  loop.run_until_done(fetch_over_tls(loop, *TlsServerContext::make({certificate}),
                                     *TlsClientContext::make({.ca_file = certificate.certificate_path}), fetched));
  ASSERT_EQ(fetched.answers.size(), 3u);
  for (const auto& answer : fetched.answers) ASSERT_TRUE(answer) << answer.error().text;
  EXPECT_EQ(fetched.answers[1]->body, std::string(5'000'000, 'b'));
}

// ---- curl

std::string shell(const std::string& command) {
  std::string out;
  FILE* pipe = ::popen(command.c_str(), "r");
  EVERSHORE_ASSERT(pipe != nullptr);
  char buffer[4096];
  for (size_t got = 0; (got = ::fread(buffer, 1, sizeof buffer, pipe)) > 0;) out.append(buffer, got);
  ::pclose(pipe);
  return out;
}

// Runs `command` beside the loop, with URL replaced by the server's.
Task<void> curl(Loop& loop, HttpHandler handler, std::string command, std::string& out) {
  auto server = serve(loop, {}, std::move(handler));
  const std::string url = "http://" + format_endpoint(server->local());
  command.replace(command.find("URL"), 3, url);
  Signal done(loop);
  bool finished = false;
  std::thread beside([&] {
    auto heard = shell(command);
    loop.post([&, heard = std::move(heard)] {
      out = heard;
      finished = true;
      done.notify_all();
    });
  });
  while (!finished) co_await done.wait();
  beside.join();
  co_await server->drain(loop.now() + kSoon);
}

std::string run_curl(HttpHandler handler, const std::string& arguments) {
  Loop loop;
  std::string out;
  loop.run_until_done(curl(loop, std::move(handler), "curl --noproxy '*' -sS --max-time 10 " + arguments + " 2>&1", out));
  return out;
}

bool have_curl() { return ::access("/usr/bin/curl", X_OK) == 0; }

TEST(Curl, AgreesOnChunksAndUploads) {
  if (!have_curl()) GTEST_SKIP() << "no curl on this machine";
  EXPECT_EQ(run_curl(mirror, "-o /dev/null -w '%{http_code} %{size_download}' URL/big"), "200 5000000");
  EXPECT_EQ(run_curl(count_body, "--data-binary 'hello' URL/x"), "POST 5 bytes");
  const std::string stream = "--limit-rate 100M -H 'Transfer-Encoding: chunked' -H 'Expect: 100-continue' -T /usr/bin/curl URL/x";
  EXPECT_EQ(run_curl(count_body, stream), shell("printf 'PUT %s bytes' $(stat -L -c %s /usr/bin/curl)"));
  EXPECT_THAT(run_curl(count_body, "-I URL/x"), testing::HasSubstr("Content-Length: 12\r\n"));
}

}  // namespace
}  // namespace evershore::io
