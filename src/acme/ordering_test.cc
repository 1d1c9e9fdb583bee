#include "acme/ordering.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace evershore::acme {
namespace {

using Json = nlohmann::json;
using ::testing::HasSubstr;

constexpr Wall kNow{};
constexpr std::string_view kDirectory =
    R"({"newNonce":"https://ca.test/nonce","newAccount":"https://ca.test/account","newOrder":"https://ca.test/order"})";

std::string order_json(std::string_view status, size_t authorizations = 1) {
  Json list = Json::array();
  for (size_t i = 0; i < authorizations; ++i) list.push_back(fmt::format("https://ca.test/authz/{}", i));
  Json json{{"status", status}, {"authorizations", list}, {"finalize", "https://ca.test/finalize"}};
  if (status == "valid") json["certificate"] = "https://ca.test/certificate";
  return json.dump();
}

std::string authz_json(std::string_view status, std::string_view error = "") {
  Json challenge{{"type", "http-01"}, {"url", "https://ca.test/chall"}, {"token", "tok"}};
  if (!error.empty()) challenge["error"] = {{"type", fmt::format("urn:ietf:params:acme:error:{}", error)}, {"detail", "no luck"}};
  return Json{{"status", status}, {"identifier", {{"type", "dns"}, {"value", "a.test"}}}, {"challenges", {challenge}}}.dump();
}

std::string problem_json(std::string_view type) {
  return Json{{"type", fmt::format("urn:ietf:params:acme:error:{}", type)}, {"detail", "because"}}.dump();
}

// Plays the authority, one answer at a time; every answer brings a nonce.
class Play {
 public:
  explicit Play(Known known = {}, std::vector<std::string> names = {"a.test"})
      : ordering({.names = std::move(names),
                  .kind = ChallengeKind::kHttp01,
                  .authority = "ca.test",
                  .directory_url = "https://ca.test/dir",
                  .request_der = "DER"},
                 std::move(known)) {
    action = ordering.advance(Begin{}, kNow);
  }
  Play& answer(uint16_t status, std::string body, http::Headers headers = {}) {
    headers.add("Replay-Nonce", fmt::format("n{}", ++nonces));
    action = ordering.advance(Answer{status, std::move(headers), std::move(body)}, kNow);
    return *this;
  }
  Play& event(const Event& what) {
    action = ordering.advance(what, kNow);
    return *this;
  }
  // Up to the first order's answer being due.
  Play& to_order() {
    answer(200, std::string(kDirectory));  // its nonce is for the account
    if (std::holds_alternative<SendNewAccount>(action)) answer(201, "{}", {{"Location", "https://ca.test/a/1"}});
    return *this;
  }
  Play& to_challenge() {
    return to_order()
        .answer(201, order_json("pending"), {{"Location", "https://ca.test/o/1"}})
        .answer(200, authz_json("pending"))
        .event(Published{});
  }
  std::string sent() const {
    if (const auto* send = std::get_if<Send>(&action)) return send->url;
    if (const auto* account = std::get_if<SendNewAccount>(&action)) return account->url;
    return "";
  }
  std::string nonce() const { return std::get<Send>(action).nonce; }
  std::string payload() const { return std::get<Send>(action).payload; }
  GiveUp given_up() const { return std::holds_alternative<GiveUp>(action) ? std::get<GiveUp>(action) : GiveUp{}; }
  template <class T>
  bool is() const {
    return std::holds_alternative<T>(action);
  }

  Ordering ordering;
  Action action;
  int nonces = 0;
};

TEST(Ordering, the_whole_way_by_http_01) {
  Play play;
  EXPECT_EQ(play.sent(), "https://ca.test/dir");
  play.answer(200, std::string(kDirectory));
  ASSERT_TRUE(play.is<SendNewAccount>());
  EXPECT_EQ(std::get<SendNewAccount>(play.action).nonce, "n1");
  play.answer(201, "{}", {{"Location", "https://ca.test/a/1"}});
  EXPECT_EQ(play.sent(), "https://ca.test/order");
  EXPECT_EQ(play.payload(), R"({"identifiers":[{"type":"dns","value":"a.test"}]})");
  EXPECT_EQ(std::get<Send>(play.action).account_url, "https://ca.test/a/1");
  play.answer(201, order_json("pending"), {{"Location", "https://ca.test/o/1"}});
  EXPECT_EQ(play.sent(), "https://ca.test/authz/0");
  EXPECT_EQ(play.ordering.known(), (Known{"https://ca.test/a/1", "https://ca.test/o/1"}));
  play.answer(200, authz_json("pending"));
  ASSERT_TRUE(play.is<Publish>());
  EXPECT_EQ(std::get<Publish>(play.action).proofs.at(0).challenge.token, "tok");
  play.event(Published{});
  EXPECT_EQ(play.sent(), "https://ca.test/chall");
  EXPECT_EQ(play.payload(), "{}");
  play.answer(200, "{}");
  EXPECT_EQ(play.sent(), "https://ca.test/authz/0");
  play.answer(200, authz_json("pending"));
  ASSERT_TRUE(play.is<Wait>());
  play.event(Waited{}).answer(200, authz_json("valid"));
  EXPECT_EQ(play.sent(), "https://ca.test/o/1");
  play.answer(200, order_json("ready"));
  EXPECT_EQ(play.sent(), "https://ca.test/finalize");
  EXPECT_EQ(play.payload(), R"({"csr":"REVS"})");
  play.answer(200, order_json("processing"));
  ASSERT_TRUE(play.is<Wait>());
  play.event(Waited{});
  EXPECT_EQ(play.sent(), "https://ca.test/o/1");
  play.answer(200, order_json("valid"));
  EXPECT_EQ(play.sent(), "https://ca.test/certificate");
  play.answer(200, "CHAIN");
  ASSERT_TRUE(play.is<Deliver>());
  EXPECT_EQ(std::get<Deliver>(play.action).chain, "CHAIN");
  EXPECT_EQ(play.ordering.step(), Step::kEnded);
}

TEST(Ordering, without_a_nonce_one_is_asked_for_first) {
  Play play;
  play.event(Answer{200, {}, std::string(kDirectory)});
  EXPECT_EQ(play.sent(), "https://ca.test/nonce");
  EXPECT_EQ(std::get<Send>(play.action).method, Method::kHead);
  play.answer(200, "");
  ASSERT_TRUE(play.is<SendNewAccount>());
  EXPECT_EQ(std::get<SendNewAccount>(play.action).nonce, "n1");
}

TEST(Ordering, a_nonce_is_used_once) {
  Play play;
  play.to_order();
  EXPECT_EQ(play.nonce(), "n2");
  play.event(Answer{201, {{"Location", "https://ca.test/o/1"}}, order_json("pending")});
  EXPECT_EQ(play.sent(), "https://ca.test/nonce");
}

TEST(Ordering, a_bad_nonce_sends_the_same_again_with_the_one_it_brings) {
  Play play;
  play.to_order().answer(400, problem_json("badNonce"));
  EXPECT_EQ(play.sent(), "https://ca.test/order");
  EXPECT_EQ(play.nonce(), "n3");
  for (uint32_t i = 1; i < kBadNoncesMax; ++i) play.answer(400, problem_json("badNonce"));
  EXPECT_TRUE(play.is<Send>());
  play.answer(400, problem_json("badNonce"));
  EXPECT_THAT(play.given_up().why, HasSubstr("badNonce"));
}

TEST(Ordering, an_answer_between_begins_the_count_of_bad_nonces_anew) {
  Play play;
  play.to_order();
  for (uint32_t i = 0; i < kBadNoncesMax; ++i) play.answer(400, problem_json("badNonce"));
  play.answer(201, order_json("pending"), {{"Location", "https://ca.test/o/1"}});
  for (uint32_t i = 0; i < kBadNoncesMax; ++i) play.answer(400, problem_json("badNonce"));
  EXPECT_TRUE(play.is<Send>());
}

TEST(Ordering, an_order_of_the_time_before_goes_on_where_it_stands) {
  struct Case {
    const char* name;
    const char* status;
    const char* next;
  };
  const Case cases[] = {{"pending: its authorizations", "pending", "https://ca.test/authz/0"},
                        {"ready: the request", "ready", "https://ca.test/finalize"},
                        {"valid: the certificate", "valid", "https://ca.test/certificate"},
                        {"invalid: another order", "invalid", "https://ca.test/order"}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Play play({"https://ca.test/a/1", "https://ca.test/o/7"});
    play.to_order();
    EXPECT_EQ(play.sent(), "https://ca.test/o/7");
    EXPECT_EQ(play.answer(200, order_json(c.status)).sent(), c.next);
  }
}

TEST(Ordering, an_order_that_is_gone_is_placed_anew) {
  Play play({"https://ca.test/a/1", "https://ca.test/o/7"});
  play.to_order().answer(404, problem_json("malformed"));
  EXPECT_EQ(play.sent(), "https://ca.test/order");
  EXPECT_EQ(play.ordering.known().order_url, "");
}

TEST(Ordering, an_account_that_is_gone_is_made_anew) {
  Play play({"https://ca.test/a/1", "https://ca.test/o/7"});
  play.to_order().answer(400, problem_json("accountDoesNotExist"));
  ASSERT_TRUE(play.is<SendNewAccount>());
  play.answer(201, "{}", {{"Location", "https://ca.test/a/2"}});
  EXPECT_EQ(play.sent(), "https://ca.test/order");
  EXPECT_EQ(std::get<Send>(play.action).account_url, "https://ca.test/a/2");
}

TEST(Ordering, what_is_valid_already_is_not_proven_again) {
  Play play;
  play.to_order().answer(201, order_json("pending", 2), {{"Location", "https://ca.test/o/1"}});
  play.answer(200, authz_json("valid")).answer(200, authz_json("valid"));
  EXPECT_EQ(play.sent(), "https://ca.test/o/1");
}

TEST(Ordering, all_proofs_are_published_before_any_is_told_of) {
  Play play({}, {"a.test", "b.test"});
  play.to_order().answer(201, order_json("pending", 2), {{"Location", "https://ca.test/o/1"}});
  play.answer(200, authz_json("pending")).answer(200, authz_json("pending"));
  ASSERT_TRUE(play.is<Publish>());
  EXPECT_EQ(std::get<Publish>(play.action).proofs.size(), 2u);
  play.event(Published{}).answer(200, "{}");
  EXPECT_EQ(play.sent(), "https://ca.test/chall");
  play.answer(200, "{}");
  EXPECT_EQ(play.sent(), "https://ca.test/authz/0");
  play.answer(200, authz_json("valid"));
  EXPECT_EQ(play.sent(), "https://ca.test/authz/1");
}

TEST(Ordering, a_proof_that_fails_says_why_and_what_to_do) {
  Play play;
  play.to_challenge().answer(200, "{}").answer(200, authz_json("invalid", "connection"));
  EXPECT_EQ(play.given_up().why,
            "a.test: ca.test says connection (\"no luck\"); the name must lead to these nodes alone, and port 80 of every address of it to "
            "edge.listen");
  EXPECT_FALSE(play.given_up().order_stands);
}

TEST(Ordering, a_kind_of_proof_that_is_not_offered_is_named) {
  Play play;
  play.to_order().answer(201, order_json("pending"), {{"Location", "https://ca.test/o/1"}});
  play.answer(200, R"({"status":"pending","identifier":{"value":"a.test"},"wildcard":true,"challenges":[]})");
  EXPECT_EQ(play.given_up().why, "*.a.test: ca.test offers no http-01 for it; set edge.acme.challenge to another one");
}

TEST(Ordering, a_rate_limit_waits_as_long_as_it_is_told) {
  Play play;
  play.to_order().answer(429, problem_json("rateLimited"), {{"Retry-After", "3600"}});
  EXPECT_THAT(play.given_up().why, HasSubstr("rateLimited (\"because\"); too many orders"));
  EXPECT_EQ(play.given_up().not_before, std::chrono::hours(1));
}

TEST(Ordering, an_authority_that_cannot_be_asked_leaves_the_order_standing) {
  Play play;
  play.to_challenge().event(NoAnswer{"ca.test cannot be asked: refused"});
  EXPECT_EQ(play.given_up().why, "a.test: ca.test cannot be asked: refused");
  EXPECT_TRUE(play.given_up().order_stands);
}

TEST(Ordering, asking_again_has_an_end) {
  Play play;
  play.to_challenge().answer(200, "{}");
  uint32_t polls = 0;
  Duration longest{};
  for (play.answer(200, authz_json("pending")); play.is<Wait>(); play.answer(200, authz_json("pending"))) {
    longest = std::max(longest, std::get<Wait>(play.action).span);
    play.event(Waited{});
    ++polls;
  }
  EXPECT_EQ(polls, kPollsMax);
  EXPECT_EQ(longest, kPollLongest);
  EXPECT_THAT(play.given_up().why, HasSubstr("has not decided after 60 questions"));
}

TEST(Ordering, retry_after_is_heeded_within_reason) {
  const auto wait_for = [](const char* value) {
    Play play;
    play.to_challenge().answer(200, "{}").answer(200, authz_json("pending"), {{"Retry-After", value}});
    return std::get<Wait>(play.action).span;
  };
  EXPECT_EQ(wait_for("3"), std::chrono::seconds(3));
  EXPECT_EQ(wait_for("0"), kPollFirst);
  EXPECT_EQ(wait_for("86400"), kPollLongest);
  EXPECT_EQ(wait_for("soon"), kPollFirst);
}

TEST(Ordering, an_order_not_ready_yet_is_waited_for) {
  Play play;
  play.to_challenge()
      .answer(200, "{}")
      .answer(200, authz_json("valid"))
      .answer(200, order_json("ready"))
      .answer(403, problem_json("orderNotReady"));
  ASSERT_TRUE(play.is<Wait>());
  play.event(Waited{});
  EXPECT_EQ(play.sent(), "https://ca.test/o/1");
}

TEST(Ordering, no_answer_of_an_authority_is_more_than_a_reason_to_give_up) {
  const char* bodies[] = {"",
                          "[]",
                          "{",
                          "null",
                          R"({"status":"fine"})",
                          R"({"status":"pending","authorizations":[1],"finalize":"x"})",
                          R"({"status":"valid","authorizations":[],"finalize":"x"})"};
  for (const auto* body : bodies) {
    SCOPED_TRACE(body);
    EXPECT_TRUE(Play().answer(200, body).is<GiveUp>());
    EXPECT_TRUE(Play().to_order().answer(201, body, {{"Location", "https://ca.test/o/1"}}).is<GiveUp>());
    Play late;
    late.to_order().answer(201, order_json("pending"), {{"Location", "https://ca.test/o/1"}});
    EXPECT_TRUE(late.answer(200, body).is<GiveUp>());
  }
  EXPECT_TRUE(Play().answer(200, std::string(kDirectory)).answer(201, "{}").is<GiveUp>()) << "an account without a URL";
  EXPECT_TRUE(Play().to_order().answer(201, order_json("pending")).is<GiveUp>()) << "an order without a URL";
}

}  // namespace
}  // namespace evershore::acme
