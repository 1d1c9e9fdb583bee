// The front of the handler: request ids, the access log, and proxies whose word on the client counts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "edge/run/handler_fixture.h"
#include "io/files.h"
#include "io/test_support.h"

namespace evershore::edge {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class FrontTest : public HandlerFixture {
 protected:
  FrontTest() { put_everywhere("k", cacheable("hello")); }
  ~FrontTest() override {
    tasks.spawn(logging.close());
    time.run_for(std::chrono::seconds(1));
  }
  void change(const std::function<void(EdgeConfig&)>& how) {
    EdgeConfig next = *config.read();
    how(next);
    config.publish(next);
  }
  void log_as(AccessFormat format) {
    ASSERT_TRUE(log->open(file));
    change([&](EdgeConfig& next) { next.edge.access_log = {.path = file, .format = format}; });
  }
  void trust(std::string_view network) {
    change([&](EdgeConfig& next) { ASSERT_TRUE(next.trusted_proxies.add(network)); });
  }
  Task<void> serve_logged(FakeExchange& exchange) {
    co_await logging.serve(exchange);
    exchange.returned = true;
  }
  Exchange send(Exchange exchange) {
    tasks.spawn(serve_logged(*exchange));
    for (int i = 0; i < 100'000 && !exchange->returned && time.run_next(); ++i) {
    }
    EXPECT_TRUE(exchange->returned);
    return exchange;
  }
  Exchange fetch(std::string target, http::Headers headers = {}) {
    return send(std::make_unique<FakeExchange>("GET", std::move(target), std::move(headers)));
  }
  static std::string id_of(const Exchange& exchange) { return std::string(exchange->head.headers.get("x-evershore-request")); }
  // What has been logged; the log is closed for it.
  std::vector<std::string> lines() {
    log.reset();
    const auto text = io::read_whole_file(file, 1 << 20).value_or("");
    std::vector<std::string> all;
    for (const auto line : split(text, '\n'))
      if (!line.empty()) all.emplace_back(line);
    return all;
  }

  io::ScratchDirectory directory;
  const std::string file = directory.file("access.log");
  std::unique_ptr<io::LineLog> log = std::make_unique<io::LineLog>(1, Log());
  Handler logging{time,
                  fetcher,
                  {.config = config, .health = health, .steering = steering, .access_log = &log->feed(0), .start = 0xcafe0042, .loop = 3},
                  1 << 20};
};

TEST_F(FrontTest, answers_of_all_kinds_carry_an_id_of_their_own) {
  EXPECT_EQ(id_of(fetch("/k")), "cafe004203-1");
  EXPECT_EQ(id_of(fetch("/no-such-key")), "cafe004203-2");
  auto unknown = std::make_unique<FakeExchange>("GET", "/k", http::Headers{});
  unknown->edit().host = "nowhere.test";
  unknown = send(std::move(unknown));
  EXPECT_EQ(unknown->head.status, 421);
  EXPECT_EQ(id_of(unknown), "cafe004203-3");
  change([](EdgeConfig& next) { next.edge.expose_header = false; });
  EXPECT_THAT(id_of(fetch("/k")), IsEmpty());
}

TEST_F(FrontTest, an_id_is_kept_only_from_a_trusted_proxy_and_only_if_it_is_one) {
  EXPECT_THAT(id_of(fetch("/k", {{"X-Evershore-Request", "theirs-1"}})), HasSubstr("cafe0042"));
  trust("127.0.0.0/8");
  EXPECT_EQ(id_of(fetch("/k", {{"X-Evershore-Request", "theirs-1"}})), "theirs-1");
  EXPECT_THAT(id_of(fetch("/k", {{"X-Evershore-Request", "a b\""}})), HasSubstr("cafe0042"));
  EXPECT_THAT(id_of(fetch("/k", {{"X-Evershore-Request", std::string(200, 'x')}})), HasSubstr("cafe0042"));
}

TEST_F(FrontTest, each_request_is_a_line_with_what_became_of_it) {
  log_as(AccessFormat::kJson);
  fetch("/k", {{"Referer", "https://a.test/"}, {"User-Agent", "t\"\n"}});
  auto secure = std::make_unique<FakeExchange>("GET", "/k", http::Headers{});
  secure->over_tls = true;
  secure->edit().major_version = 2;
  send(std::move(secure));
  fetch("/no-such-key");
  logging.on_refused({.peer = {"192.0.2.9", 1}, .tls_version = "", .status = 431});
  const auto all = lines();
  ASSERT_EQ(all.size(), 4U);
  const auto first = nlohmann::json::parse(all[0]);
  EXPECT_EQ(first["client"], "127.0.0.1");
  EXPECT_EQ(first["host"], "site.test");
  EXPECT_EQ(first["target"], "/k");
  EXPECT_EQ(first["status"], 200);
  EXPECT_EQ(first["bytes"], 5);
  EXPECT_EQ(first["complete"], true);
  EXPECT_EQ(first["region"], "east");
  EXPECT_EQ(first["cache"], "miss");
  EXPECT_EQ(first["attempts"], 1);
  EXPECT_EQ(first["request"], "cafe004203-1");
  EXPECT_EQ(first["user_agent"], "t\"\n");
  const auto second = nlohmann::json::parse(all[1]);
  EXPECT_EQ(second["cache"], "hit");
  EXPECT_EQ(second["protocol"], "HTTP/2.0");
  EXPECT_EQ(second["tls"], "TLSv1.3");
  EXPECT_EQ(nlohmann::json::parse(all[2])["status"], 404);
  const auto refused = nlohmann::json::parse(all[3]);
  EXPECT_EQ(refused["status"], 431);
  EXPECT_EQ(refused["client"], "192.0.2.9");
}

TEST_F(FrontTest, without_a_path_nothing_is_logged) {
  fetch("/k");
  logging.on_refused({.peer = {"192.0.2.9", 1}, .tls_version = "", .status = 431});
  EXPECT_EQ(log->feed(0).lines.get(), 0U);
}

TEST_F(FrontTest, a_trusted_proxys_client_is_the_one_that_is_logged_and_its_scheme_the_clients) {
  trust("127.0.0.0/8");
  log_as(AccessFormat::kCombined);
  change([](EdgeConfig& next) {
    SiteSettings site = *next.sites.find("site.test");
    site.redirect_https = true;
    next.sites = SiteTable({{"assets", site}});
  });
  EXPECT_EQ(fetch("/k", {{"X-Forwarded-For", "192.0.2.7"}})->head.status, 301);
  EXPECT_EQ(fetch("/k", {{"X-Forwarded-For", "192.0.2.7"}, {"X-Forwarded-Proto", "https"}})->head.status, 200);
  const auto all = lines();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_THAT(all[1], testing::StartsWith("192.0.2.7 - - ["));
  EXPECT_THAT(all[1], HasSubstr("\"GET /k HTTP/1.1\" 200 5 \"-\" \"-\""));
}

TEST_F(FrontTest, regions_that_requests_are_forwarded_to_are_told_of_the_client) {
  put_everywhere("/api", {"answer", "", {{"Cache-Control", "no-store"}}});
  change([](EdgeConfig& next) {
    SiteSettings site = *next.sites.find("site.test");
    site.forward = ForwardMode::kRequests;
    next.sites = SiteTable({{"assets", site}});
  });
  const http::Headers claimed{{"X-Forwarded-For", "192.0.2.7"}, {"Forwarded", "for=192.0.2.7"}};
  fetch("/api", claimed);
  EXPECT_EQ(east.seen.back().fields.joined("x-forwarded-for"), "127.0.0.1");
  EXPECT_EQ(east.seen.back().fields.get("x-forwarded-proto"), "http");
  EXPECT_FALSE(east.seen.back().fields.has("forwarded"));
  EXPECT_THAT(std::string(east.seen.back().fields.get("x-evershore-request")), HasSubstr("cafe0042"));
  EXPECT_EQ(east.seen.back().fields.get("via"), "1.1 evershore");
  trust("127.0.0.0/8");
  auto second = std::make_unique<FakeExchange>("GET", "/api", claimed);
  second->edit().major_version = 2;
  send(std::move(second));
  EXPECT_EQ(east.seen.back().fields.joined("x-forwarded-for"), "192.0.2.7, 127.0.0.1");
  EXPECT_EQ(east.seen.back().fields.get("via"), "2.0 evershore");
}

}  // namespace
}  // namespace evershore::edge
