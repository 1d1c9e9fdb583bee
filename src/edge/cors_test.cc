#include "edge/cors.h"

#include <gtest/gtest.h>

namespace evershore::edge {
namespace {

using namespace std::chrono_literals;

const CorsRuleSettings kRules[] = {
    {.origins = {"https://app.example.com"},
     .methods = {"GET", "PUT"},
     .headers = {"x-amz-*", "Content-Type"},
     .expose = {"ETag"},
     .max_age = 10min},
    {.origins = {"https://*.example.com"}, .methods = {"GET"}},
    {.origins = {"*"}, .methods = {"HEAD"}, .headers = {"*"}},
};

http::RequestHead request(std::string method, http::Headers headers) {
  http::RequestHead head;
  head.method = std::move(method);
  head.headers = std::move(headers);
  return head;
}
http::RequestHead preflight(std::string_view origin, std::string_view method, std::string_view fields = "") {
  auto head = request("OPTIONS", {{"Origin", std::string(origin)}, {"Access-Control-Request-Method", std::string(method)}});
  if (!fields.empty()) head.headers.add("Access-Control-Request-Headers", fields);
  return head;
}

TEST(Cors, a_preflight_is_answered_by_the_first_rule_that_allows_all_of_it) {
  struct Row {
    const char* sentence;
    http::RequestHead request;
    const char* origin;  // "" = refused
    const char* methods;
  };
  const Row rows[] = {
      {"the first rule", preflight("https://app.example.com", "PUT"), "https://app.example.com", "GET, PUT"},
      {"fields by pattern, whatever their case", preflight("https://app.example.com", "GET", "X-Amz-Date, content-type"),
       "https://app.example.com", "GET, PUT"},
      {"one field too many", preflight("https://app.example.com", "PUT", "content-type,x-other"), "", ""},
      {"a wildcard in the origin", preflight("https://b.example.com", "GET"), "https://b.example.com", "GET"},
      {"the wildcard stands for something on both sides", preflight("https://example.com", "GET"), "", ""},
      {"a method that no rule has", preflight("https://b.example.com", "DELETE"), "", ""},
      {"any origin", preflight("https://other.test", "HEAD", "x-anything"), "*", "HEAD"},
  };
  for (const Row& row : rows) {
    EXPECT_TRUE(is_preflight(row.request)) << row.sentence;
    const auto got = answer_preflight(kRules, row.request);
    ASSERT_EQ(got.has_value(), *row.origin != '\0') << row.sentence;
    if (!got) continue;
    EXPECT_EQ(got->status, 204) << row.sentence;
    EXPECT_EQ(got->headers.get("access-control-allow-origin"), row.origin) << row.sentence;
    EXPECT_EQ(got->headers.get("access-control-allow-methods"), row.methods) << row.sentence;
  }
  EXPECT_EQ(answer_preflight(kRules, rows[0].request)->headers.get("access-control-max-age"), "600");
  EXPECT_FALSE(is_preflight(request("OPTIONS", {{"Origin", "https://app.example.com"}})));
}

TEST(Cors, an_answer_names_its_origin_and_says_that_it_depends_on_it) {
  http::Headers answer{{"Vary", "Accept-Encoding"}, {"Access-Control-Allow-Origin", "https://of.the.bucket"}};
  add_cors(kRules, request("GET", {{"Origin", "https://app.example.com"}}), answer);
  EXPECT_EQ(answer.get("access-control-allow-origin"), "https://app.example.com");
  EXPECT_EQ(answer.get("access-control-allow-credentials"), "true");
  EXPECT_EQ(answer.get("access-control-expose-headers"), "ETag");
  EXPECT_EQ(answer.get("vary"), "Accept-Encoding, Origin");

  http::Headers any;
  add_cors(kRules, request("HEAD", {{"Origin", "https://other.test"}}), any);
  EXPECT_EQ(any.get("access-control-allow-origin"), "*");
  EXPECT_FALSE(any.has("access-control-allow-credentials"));

  for (const auto& head : {request("GET", {}), request("GET", {{"Origin", "https://other.test"}})}) {
    http::Headers none;
    add_cors(kRules, head, none);
    EXPECT_FALSE(none.has("access-control-allow-origin"));
    EXPECT_EQ(none.get("vary"), "Origin");
  }
  http::Headers untouched;
  add_cors({}, request("GET", {{"Origin", "https://app.example.com"}}), untouched);
  EXPECT_TRUE(untouched.empty());
}

TEST(Cors, vary_is_not_said_twice) {
  http::Headers headers;
  add_vary(headers, "Origin");
  add_vary(headers, "origin");
  EXPECT_EQ(headers.get("vary"), "Origin");
  headers.set("Vary", "*");
  add_vary(headers, "Origin");
  EXPECT_EQ(headers.get("vary"), "*");
}

}  // namespace
}  // namespace evershore::edge
