#include <gtest/gtest.h>

#include "edge/run/handler_fixture.h"

namespace evershore::edge {
namespace {

using namespace std::chrono_literals;

class HandlerSecureTest : public HandlerFixture {
 protected:
  HandlerSecureTest() {
    SiteSettings site;
    site.name = "assets";
    site.hosts = {"site.test"};
    site.regions = {"east", "west"};
    site.redirect_https = true;
    site.hsts = {.max_age = 24h * 180, .include_subdomains = true};
    auto next = make_edge_config({}, {}, {{"assets", site}}, 1);
    next.acme_thumbprint = "THUMB";
    config.publish(std::move(next));
    put_everywhere("k", cacheable("hello"));
  }
  Exchange ask_over_tls(std::string method, std::string target) {
    auto exchange = std::make_unique<FakeExchange>(std::move(method), std::move(target), http::Headers{});
    exchange->over_tls = true;
    tasks.spawn(serve(*exchange));
    while (!exchange->returned && time.run_next()) {
    }
    return exchange;
  }
};

TEST_F(HandlerSecureTest, plain_requests_are_sent_to_https_and_no_region_is_asked) {
  const auto got = get("/k?x=1");
  EXPECT_EQ(got->head.status, 301);
  EXPECT_EQ(got->head.headers.get("location"), "https://site.test/k?x=1");
  EXPECT_EQ(ask("POST", "/k")->head.status, 308);
  EXPECT_TRUE(east.seen.empty());
}

TEST_F(HandlerSecureTest, browsers_are_told_over_tls_alone) {
  EXPECT_FALSE(get("/k")->head.headers.has("strict-transport-security"));
  for (const auto* target : {"/k", "/k", "/nothing", "/%zz"}) {
    const auto got = ask_over_tls("GET", target);
    EXPECT_EQ(got->head.headers.get("strict-transport-security"), "max-age=15552000; includeSubDomains") << target;
  }
  EXPECT_EQ(ask_over_tls("GET", "/k")->body, "hello");
  EXPECT_EQ(ask_over_tls("DELETE", "/k")->head.headers.count("strict-transport-security"), 1u);
}

TEST_F(HandlerSecureTest, an_authoritys_question_goes_before_the_redirect_and_the_site) {
  const auto got = get("/.well-known/acme-challenge/tok");
  EXPECT_EQ(got->head.status, 200);
  EXPECT_EQ(got->body, "tok.THUMB");
  auto unknown = std::make_unique<FakeExchange>("GET", "/.well-known/acme-challenge/tok", http::Headers{});
  unknown->edit().host = "not-a-site.test";
  tasks.spawn(serve(*unknown));
  time.run_for(1ms);
  EXPECT_EQ(unknown->body, "tok.THUMB");
  EXPECT_EQ(get("/.well-known/acme-challenge/a/b")->head.status, 301);
  EXPECT_EQ(ask_over_tls("GET", "/.well-known/acme-challenge/tok")->head.status, 404);
}

}  // namespace
}  // namespace evershore::edge
