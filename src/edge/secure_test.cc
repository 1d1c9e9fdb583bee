#include "edge/secure.h"

#include <gtest/gtest.h>

namespace evershore::edge {
namespace {

http::RequestHead request(std::string method, std::string host, std::string target) {
  http::RequestHead head;
  head.method = std::move(method);
  head.host = std::move(host);
  head.target = std::move(target);
  return head;
}

TEST(Redirect, goes_to_the_same_host_and_target) {
  struct Case {
    const char* name;
    const char* method;
    const char* host;
    const char* target;
    uint32_t port;
    uint16_t status;
    const char* location;
  };
  const Case cases[] = {
      {"a GET may stay one", "GET", "a.test", "/x?y=%20z", 443, 301, "https://a.test/x?y=%20z"},
      {"a HEAD too", "HEAD", "a.test", "/", 443, 301, "https://a.test/"},
      {"a POST must not become a GET", "POST", "a.test", "/form", 443, 308, "https://a.test/form"},
      {"the plain port is left out", "GET", "a.test:8080", "/", 443, 301, "https://a.test/"},
      {"another port for TLS is told", "GET", "a.test:8080", "/", 8443, 301, "https://a.test:8443/"},
      {"an address in brackets", "GET", "[::1]:80", "/", 443, 301, "https://[::1]/"},
      {"an address in brackets without a port", "GET", "[::1]", "/", 443, 301, "https://[::1]/"},
      {"OPTIONS of the server itself", "OPTIONS", "a.test", "*", 443, 308, "https://a.test/"},
  };
  SiteSettings site;
  site.redirect_https = true;
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const auto answer = redirect_to_https(site, request(c.method, c.host, c.target), c.port);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->head.status, c.status);
    EXPECT_EQ(answer->head.headers.get("location"), c.location);
  }
}

TEST(Redirect, only_where_the_site_wants_it) { EXPECT_FALSE(redirect_to_https(SiteSettings{}, request("GET", "a.test", "/"), 443)); }

TEST(StrictTransport, says_what_the_settings_say) {
  EXPECT_EQ(strict_transport({}), "");
  EXPECT_EQ(strict_transport({.max_age = 24h * 180}), "max-age=15552000");
  EXPECT_EQ(strict_transport({.max_age = 24h * 365, .include_subdomains = true, .preload = true}),
            "max-age=31536000; includeSubDomains; preload");
}

TEST(AcmeQuestion, any_token_is_answered_with_the_accounts_thumbprint) {
  const auto answer = answer_acme(request("GET", "a.test", "/.well-known/acme-challenge/abc_-9"), "THUMB");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->head.status, 200);
  EXPECT_EQ(answer->body, "abc_-9.THUMB");
}

TEST(AcmeQuestion, nothing_else_is_one) {
  const char* targets[] = {"/",
                           "/.well-known/acme-challenge",
                           "/.well-known/acme-challenge/",
                           "/.well-known/acme-challenge/a.b",
                           "/.well-known/acme-challenge/a/b",
                           "/.well-known/acme-challenge/%41",
                           "/.well-known/acme-challenge/<script>"};
  for (const auto* target : targets) EXPECT_FALSE(answer_acme(request("GET", "a.test", target), "THUMB")) << target;
  EXPECT_FALSE(answer_acme(request("POST", "a.test", "/.well-known/acme-challenge/a"), "THUMB"));
  EXPECT_FALSE(answer_acme(request("GET", "a.test", "/.well-known/acme-challenge/a"), ""));
  EXPECT_FALSE(answer_acme(request("GET", "a.test", "/.well-known/acme-challenge/" + std::string(257, 'a')), "T"));
  EXPECT_TRUE(answer_acme(request("GET", "a.test", "/.well-known/acme-challenge/" + std::string(256, 'a')), "T"));
}

}  // namespace
}  // namespace evershore::edge
