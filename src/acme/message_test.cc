#include "acme/message.h"

#include <gtest/gtest.h>

#include "wire/http/date.h"

namespace evershore::acme {
namespace {

TEST(Directory, says_where_things_are_and_what_is_needed) {
  const auto got = read_directory(
      R"({"newNonce":"n","newAccount":"a","newOrder":"o","meta":{"externalAccountRequired":true,"termsOfService":"https://ca.test/terms"}})");
  ASSERT_TRUE(got);
  EXPECT_EQ(got->new_order, "o");
  EXPECT_TRUE(got->needs_binding);
  EXPECT_EQ(got->terms, "https://ca.test/terms");
  EXPECT_FALSE(read_directory(R"({"newNonce":"n","newAccount":"a"})"));
  EXPECT_FALSE(read_directory("<html>"));
}

TEST(Authorization, of_a_wildcard_has_its_star_back) {
  const auto got = read_authorization(
      R"({"status":"pending","identifier":{"type":"dns","value":"b.test"},"wildcard":true,
          "challenges":[{"type":"http-01","url":"h","token":"th"},{"type":"dns-01","url":"d","token":"td"}]})",
      ChallengeKind::kDns01);
  ASSERT_TRUE(got);
  EXPECT_EQ(got->host, "*.b.test");
  EXPECT_EQ(got->challenge->token, "td");
}

TEST(Authorization, a_token_outside_its_alphabet_is_none) {
  const auto got = read_authorization(
      R"({"status":"pending","identifier":{"value":"b.test"},"challenges":[{"type":"http-01","url":"h","token":"../x"}]})",
      ChallengeKind::kHttp01);
  ASSERT_TRUE(got);
  EXPECT_FALSE(got->challenge);
}

TEST(Problem, is_one_line_whatever_it_holds) {
  const auto problem = read_problem(R"({"type":"urn:ietf:params:acme:error:caa","detail":"a\nb\u001b[31m"})");
  EXPECT_EQ(problem.type, "caa");
  EXPECT_EQ(problem.detail, "a b [31m");
  EXPECT_EQ(read_problem("<html>").type, "");
}

TEST(Problem, names_the_host_of_its_part) {
  const auto problem = read_problem(
      R"({"type":"urn:ietf:params:acme:error:compound","detail":"several","subproblems":[{"type":"x","detail":"this one","identifier":{"type":"dns","value":"b.test"}}]})");
  EXPECT_EQ(explain(problem, "a.test", "ca.test", ChallengeKind::kHttp01), "b.test: ca.test says compound (\"this one\")");
}

TEST(Problem, the_remedy_fits_the_challenge) {
  const Problem problem{.type = "dns", .detail = "NXDOMAIN", .identifier = ""};
  EXPECT_EQ(explain(problem, "a.test", "ca.test", ChallengeKind::kHttp01),
            "a.test: ca.test says dns (\"NXDOMAIN\"); the name must resolve, everywhere, to these nodes");
  EXPECT_EQ(explain(problem, "a.test", "ca.test", ChallengeKind::kDns01),
            "a.test: ca.test says dns (\"NXDOMAIN\"); the zone must be delegated to dns.listen of these nodes, on port 53");
}

TEST(RetryAfter, seconds_or_a_date_within_a_day) {
  using namespace std::chrono_literals;
  const Wall now = *http::parse_http_date("Mon, 30 Nov 2026 12:00:00 GMT");
  const auto of = [&](const char* value) { return retry_after({{"Retry-After", value}}, now); };
  EXPECT_EQ(of("120"), 120s);
  EXPECT_EQ(of("Mon, 30 Nov 2026 12:01:00 GMT"), 60s);
  EXPECT_EQ(of("Mon, 30 Nov 2026 11:00:00 GMT"), 0s);
  EXPECT_EQ(of("99999999999"), 24h);
  EXPECT_EQ(of("soon"), std::nullopt);
  EXPECT_EQ(retry_after({}, now), std::nullopt);
}

TEST(Payloads, are_what_the_rfc_shows) {
  EXPECT_EQ(new_account_payload({.email = "a@b.test", .binding = ""}), R"({"contact":["mailto:a@b.test"],"termsOfServiceAgreed":true})");
  EXPECT_EQ(new_account_payload({.email = "", .binding = R"({"payload":"x"})"}),
            R"({"externalAccountBinding":{"payload":"x"},"termsOfServiceAgreed":true})");
  EXPECT_EQ(new_order_payload({"a.test", "*.b.test"}),
            R"({"identifiers":[{"type":"dns","value":"a.test"},{"type":"dns","value":"*.b.test"}]})");
}

}  // namespace
}  // namespace evershore::acme
