#include "edge/forward.h"

#include <gtest/gtest.h>

namespace evershore::edge {
namespace {

http::RequestHead client(http::Headers headers) {
  http::RequestHead head;
  head.method = "GET";
  head.target = "/a%20b?x=1";
  head.host = "site.test:8080";
  head.headers = std::move(headers);
  return head;
}

TEST(Forward, the_region_gets_the_clients_end_to_end_fields) {
  const auto fields = forwarded_fields(client({{"Host", "site.test"},
                                               {"Cookie", "a=b"},
                                               {"Connection", "close, X-Mine"},
                                               {"X-Mine", "1"},
                                               {"TE", "trailers"},
                                               {"Via", "1.0 before"},
                                               {"If-None-Match", "\"x\""}}),
                                       Conditions::kLeaveOut);
  EXPECT_EQ(fields.get("cookie"), "a=b");
  EXPECT_EQ(fields.get("via"), "1.0 before, 1.1 evershore");
  for (const auto* name : {"host", "connection", "x-mine", "te", "if-none-match"}) EXPECT_FALSE(fields.has(name)) << name;
  EXPECT_TRUE(forwarded_fields(client({{"If-Match", "\"x\""}}), Conditions::kKeep).has("if-match"));
}

TEST(Forward, the_client_gets_what_is_not_for_one_connection) {
  const auto fields = end_to_end(
      {{"Connection", "a"}, {"a", "1"}, {"Set-Cookie", "x"}, {"Age", "5"}, {"Keep-Alive", "x"}, {"Surrogate-Key", "t"}, {"Server", "s"}});
  for (const auto* name : {"connection", "a", "age", "keep-alive", "surrogate-key"}) EXPECT_FALSE(fields.has(name)) << name;
  EXPECT_EQ(fields.get("set-cookie"), "x");
  EXPECT_EQ(fields.get("server"), "s");
  EXPECT_EQ(fields.get("via"), "1.1 evershore");
}

TEST(Forward, the_target_is_sent_byte_by_byte_behind_the_sites_prefix) {
  SiteSettings site;
  EXPECT_EQ(forwarded_target(site, client({})), "/a%20b?x=1");
  site.prefix = "app";
  EXPECT_EQ(forwarded_target(site, client({})), "/app/a%20b?x=1");
}

TEST(Forward, an_unsafe_answer_invalidates_what_it_names_on_the_same_host) {
  using Targets = std::vector<std::string>;
  const auto of = [](std::string_view location) { return invalidated_targets(client({}), {{"Location", std::string(location)}}); };
  EXPECT_EQ(of("/x?y#z"), Targets{"/x?y"});
  EXPECT_EQ(of("http://SITE.test:8080/x"), Targets{"/x"});
  EXPECT_EQ(of("//site.test:8080/x"), Targets{"/x"});
  EXPECT_EQ(of("http://other.test/x"), Targets{});
  EXPECT_EQ(of("relative"), Targets{});
}

}  // namespace
}  // namespace evershore::edge
