// What a drill's faults look like to a client of the broken address.
#include <gtest/gtest.h>

#include "base/text.h"
#include "io/http_client.h"
#include "io/http_server.h"

namespace evershore::io {
namespace {

Task<void> serve_hello(HttpExchange& exchange) {
  http::ResponseHead head;
  [[maybe_unused]] auto sent = co_await exchange.respond(std::move(head), as_bytes("hello"));
}

Task<void> ask(HttpClient& client, HttpOrigin origin, Result<HttpClient::Whole>& out) {
  HttpRequest request;
  const HttpTimeouts timeouts{.connect = Millis(500), .first_byte = Millis(50), .stall = Millis(50)};
  out = co_await client.fetch(std::move(origin), std::move(request), timeouts, 100);
}

class HttpFaults : public testing::Test {
 protected:
  void SetUp() override {
    auto server = HttpServer::start(loop_, {.address = "127.0.0.1", .port = 0}, {}, serve_hello);
    ASSERT_TRUE(server) << server.error().text;
    server_ = std::move(*server);
    origin_ = {.host = "127.0.0.1", .port = server_->local().port};
    address_ = "127.0.0.1:" + std::to_string(origin_.port);
  }
  void TearDown() override { loop_.run_until_done(server_->drain(loop_.now())); }

  Result<HttpClient::Whole> fetch() {
    Result<HttpClient::Whole> out = HttpClient::Whole{};
    loop_.run_until_done(ask(client_, origin_, out));
    return out;
  }

  Loop loop_;
  FaultBoard faults_;
  HttpClient client_{loop_, {.faults = &faults_}};
  std::unique_ptr<HttpServer> server_;
  HttpOrigin origin_;
  std::string address_;
};

TEST_F(HttpFaults, EachFaultLooksLikeTheRealThingAndEndsWithIt) {
  EXPECT_EQ(fetch()->body, "hello");
  faults_.set(address_, FaultMode::kDown);
  EXPECT_EQ(fetch().error().fault, Fault::kRefused);
  faults_.set(address_, FaultMode::kError);
  EXPECT_EQ(fetch()->head.status, 503);
  faults_.set(address_, FaultMode::kBlackhole);
  EXPECT_EQ(fetch().error().fault, Fault::kTimedOut);
  faults_.set(address_, FaultMode::kSlow);
  EXPECT_EQ(fetch().error().fault, Fault::kTimedOut);  // slower than this client's patience
  faults_.set(address_, FaultMode::kNone);
  EXPECT_EQ(fetch()->body, "hello");
}

TEST_F(HttpFaults, OtherAddressesAreLeftAlone) {
  faults_.set("127.0.0.1:1", FaultMode::kDown);
  EXPECT_EQ(fetch()->body, "hello");
}

}  // namespace
}  // namespace evershore::io
