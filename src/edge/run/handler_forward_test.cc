// Sites that forward requests: Vary, other statuses, unsafe methods, and what is for one client alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edge/run/handler_fixture.h"

namespace evershore::edge {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class ForwardTest : public HandlerFixture {
 protected:
  ForwardTest() {
    EdgeConfig forwarding = *config.read();
    SiteSettings site;
    site.name = "api";
    site.hosts = {"site.test"};
    site.regions = {"east", "west"};
    site.forward = ForwardMode::kRequests;
    forwarding.sites = SiteTable({{"api", site}});
    config.publish(forwarding);
  }
  void answers(const std::string& target, FakeObject object) { put_everywhere(target, std::move(object)); }
};

const http::Headers kByLanguage{{"Cache-Control", "max-age=60"}, {"Vary", "Accept-Language"}};

TEST_F(ForwardTest, the_query_is_part_of_the_key_and_the_clients_fields_reach_the_region) {
  answers("/k?x=1", {"one", "", {{"Cache-Control", "max-age=60"}, {"Server", "s"}}});
  answers("/k?x=2", {"two", "", {{"Cache-Control", "max-age=60"}}});
  const auto one = get("/k?x=1", {{"Cookie", "a=b"}});
  EXPECT_EQ(one->body, "one");
  EXPECT_EQ(one->head.headers.get("server"), "s");
  EXPECT_EQ(get("/k?x=2")->body, "two");
  EXPECT_THAT(told(get("/k?x=1")), HasSubstr("cache=hit"));
  EXPECT_EQ(east.seen[0].target, "/k?x=1");
  EXPECT_EQ(east.seen[0].fields.get("cookie"), "a=b");
}

TEST_F(ForwardTest, answers_that_vary_are_kept_one_for_each_value) {
  answers("/k", {"hallo", "\"de\"", kByLanguage});
  EXPECT_EQ(get("/k", {{"Accept-Language", "de"}})->body, "hallo");
  answers("/k", {"hello", "\"en\"", kByLanguage});
  EXPECT_EQ(get("/k", {{"Accept-Language", "en"}})->body, "hello");
  const auto again = get("/k", {{"Accept-Language", "de"}});
  EXPECT_EQ(again->body, "hallo");
  EXPECT_THAT(told(again), HasSubstr("cache=hit"));
  EXPECT_EQ(get("/k", {{"Accept-Language", "en"}})->body, "hello");
  EXPECT_EQ(east.seen.size(), 2u);
}

TEST_F(ForwardTest, requests_at_the_same_time_share_a_fetch_only_if_they_want_the_same_variant) {
  answers("/k", {"hallo", "\"v\"", kByLanguage});
  const auto one = begin("GET", "/k", {{"Accept-Language", "de"}});
  const auto same = begin("GET", "/k", {{"Accept-Language", "DE"}});
  const auto other = begin("GET", "/k", {{"Accept-Language", "en"}});
  time.run_for(1s);
  EXPECT_TRUE(one->complete && same->complete && other->complete);
  ASSERT_EQ(east.seen.size(), 2u);
  EXPECT_EQ(east.seen[0].fields.get("accept-language"), "de");
  EXPECT_EQ(east.seen[1].fields.get("accept-language"), "en");
}

TEST_F(ForwardTest, a_revalidation_sends_the_variants_own_validator) {
  answers("/k", {"hallo", "\"de\"", {{"Cache-Control", "max-age=1"}, {"Vary", "Accept-Language"}}});
  get("/k", {{"Accept-Language", "de"}});
  time.run_for(2s);
  EXPECT_THAT(told(get("/k", {{"Accept-Language", "de"}})), HasSubstr("cache=revalidated"));
  EXPECT_EQ(east.seen[1].if_none_match, "\"de\"");
  get("/k", {{"Accept-Language", "en"}});
  EXPECT_EQ(east.seen[2].if_none_match, "");
}

TEST_F(ForwardTest, an_answer_for_one_client_goes_to_no_other) {
  answers("/k", {"secret", "", {{"Cache-Control", "private"}}});
  const auto one = begin("GET", "/k", {{"Cookie", "user=1"}});
  const auto two = begin("GET", "/k", {{"Cookie", "user=2"}});
  time.run_for(1s);
  EXPECT_TRUE(one->complete && two->complete);
  ASSERT_EQ(east.seen.size(), 2u);
  EXPECT_EQ(east.seen[0].fields.get("cookie"), "user=1");
  EXPECT_EQ(east.seen[1].fields.get("cookie"), "user=2");
}

TEST_F(ForwardTest, fields_for_one_client_are_not_stored) {
  answers("/k", {"x", "", {{"Cache-Control", "max-age=60, private=\"Set-Cookie\""}, {"Set-Cookie", "id=1"}}});
  EXPECT_EQ(get("/k")->head.headers.get("set-cookie"), "id=1");
  const auto second = get("/k");
  EXPECT_THAT(told(second), HasSubstr("cache=hit"));
  EXPECT_FALSE(second->head.headers.has("set-cookie"));
}

TEST_F(ForwardTest, errors_come_back_as_the_region_sent_them) {
  answers("/gone", {"no such thing", "", {{"X-Why", "sold"}}, 404});
  const auto gone = get("/gone");
  EXPECT_EQ(gone->head.status, 404);
  EXPECT_EQ(gone->body, "no such thing");
  EXPECT_EQ(gone->head.headers.get("x-why"), "sold");
  answers("/bad", {"broken", "", {}, 500});
  EXPECT_EQ(get("/bad")->body, "broken");
}

TEST_F(ForwardTest, an_error_with_a_lifetime_is_kept_for_it) {
  answers("/gone", {"nothing", "", {{"Cache-Control", "max-age=10"}}, 404});
  get("/gone");
  const auto hit = get("/gone");
  EXPECT_EQ(hit->head.status, 404);
  EXPECT_EQ(hit->body, "nothing");
  EXPECT_THAT(told(hit), HasSubstr("cache=hit"));
}

TEST_F(ForwardTest, a_stale_copy_is_better_than_an_error) {
  answers("/k", cacheable("good"));
  get("/k");
  time.run_for(100s);
  answers("/k", {"broken", "", {}, 503});
  const auto stale = get("/k");
  EXPECT_EQ(stale->body, "good");
  EXPECT_THAT(told(stale), HasSubstr("cache=stale"));
}

TEST_F(ForwardTest, an_unsafe_request_goes_to_one_region_and_makes_what_is_stored_invalid) {
  answers("/k", cacheable("old"));
  answers("/list", cacheable("list"));
  get("/k");
  get("/list");
  answers("/k", {"new", "\"v2\"", {{"Cache-Control", "max-age=60"}, {"Location", "/list"}}});
  const auto posted = ask("POST", "/k");
  EXPECT_EQ(posted->head.status, 200);
  EXPECT_EQ(east.seen.back().method, "POST");
  EXPECT_EQ(get("/k")->body, "new");
  EXPECT_THAT(told(get("/list")), HasSubstr("cache=miss"));
}

TEST_F(ForwardTest, an_unsafe_request_that_failed_leaves_the_cache_alone_and_is_not_repeated) {
  answers("/k", cacheable("old"));
  get("/k");
  const size_t asked = east.seen.size() + west.seen.size();
  answers("/k", {"no", "", {}, 500});
  EXPECT_EQ(ask("DELETE", "/k")->head.status, 500);
  EXPECT_EQ(east.seen.size() + west.seen.size(), asked + 1);
  EXPECT_THAT(told(get("/k")), HasSubstr("cache=hit"));
}

TEST_F(ForwardTest, a_fetch_that_an_unsafe_request_overtook_is_not_kept) {
  answers("/k", {std::string(200'000, 'o'), "\"v1\"", {{"Cache-Control", "max-age=60"}}});
  east.piece_gap = 10ms;
  const auto slow = begin("GET", "/k");
  time.run_for(20ms);
  ask("PUT", "/k");
  time.run_for(2s);
  EXPECT_TRUE(slow->complete);
  EXPECT_THAT(told(get("/k")), HasSubstr("cache=miss"));
}

TEST_F(ForwardTest, with_only_if_cached_no_region_is_asked) {
  answers("/k", cacheable("hello"));
  EXPECT_EQ(get("/k", {{"Cache-Control", "only-if-cached"}})->head.status, 504);
  EXPECT_TRUE(east.seen.empty());
  get("/k");
  EXPECT_EQ(get("/k", {{"Cache-Control", "only-if-cached"}})->body, "hello");
}

}  // namespace
}  // namespace evershore::edge
