#include "edge/access_rules.h"

#include <gtest/gtest.h>

#include "edge/headers_policy.h"

namespace evershore::edge {
namespace {

http::RequestHead from(std::string_view referer, std::string method = "GET") {
  http::RequestHead head;
  head.method = std::move(method);
  if (!referer.empty()) head.headers.add("Referer", referer);
  return head;
}

TEST(AccessRules, pages_that_may_embed) {
  const AccessSettings access{.referers = {"example.com", "*.example.com"}};
  struct Row {
    const char* referer;
    Access verdict;
  };
  const Row rows[] = {
      {"https://example.com/page", Access::kYes},
      {"http://WWW.Example.com:8080/a?b#c", Access::kYes},
      {"https://a.b.example.com", Access::kYes},
      {"https://notexample.com/", Access::kReferer},
      {"https://example.com.evil.test/", Access::kReferer},
      {"https://evil.test/?https://example.com/", Access::kReferer},
      {"https://example.com@evil.test/", Access::kReferer},
      {"https://evil.test/#@example.com", Access::kReferer},
      {"no address", Access::kReferer},
      {"", Access::kYes},
  };
  for (const Row& row : rows) EXPECT_EQ(access_of(access, from(row.referer)), row.verdict) << row.referer;
  auto strict = access;
  strict.referer_absent = false;
  EXPECT_EQ(access_of(strict, from("")), Access::kReferer);
  EXPECT_EQ(access_of({}, from("https://evil.test/")), Access::kYes);
}

TEST(AccessRules, methods) {
  const AccessSettings access{.methods = {"GET"}};
  EXPECT_EQ(access_of(access, from("", "GET")), Access::kYes);
  EXPECT_EQ(access_of(access, from("", "HEAD")), Access::kMethod);
  EXPECT_EQ(access_of(access, from("", "OPTIONS")), Access::kYes);
  EXPECT_EQ(access_of({}, from("", "DELETE")), Access::kYes);
  EXPECT_EQ(allowed_methods(access), "GET, OPTIONS");
}

TEST(HeadersPolicy, removes_overrides_and_fills_in) {
  HeaderPolicySettings policy;
  policy.remove = {"server", "x-amz-meta-secret"};
  policy.override = {{"Cache-Control", "no-cache"}};
  policy.set = {{"X-Frame-Options", "DENY"}, {"Server", "shop"}};
  policy.security = true;
  http::Headers headers{{"Server", "nginx"}, {"cache-control", "max-age=1"}, {"Cache-Control", "public"}, {"X-Amz-Meta-Secret", "s"}};
  apply_policy(policy, headers);
  EXPECT_EQ(headers.get("server"), "shop");
  EXPECT_EQ(headers.joined("cache-control"), "no-cache");
  EXPECT_FALSE(headers.has("x-amz-meta-secret"));
  EXPECT_EQ(headers.get("x-frame-options"), "DENY");
  EXPECT_EQ(headers.get("x-content-type-options"), "nosniff");
  EXPECT_EQ(headers.get("referrer-policy"), "strict-origin-when-cross-origin");
  EXPECT_FALSE(policy_may_change("Content-Length"));
  EXPECT_FALSE(policy_may_change("etag"));
  EXPECT_TRUE(policy_may_change("Cache-Control"));
}

}  // namespace
}  // namespace evershore::edge
