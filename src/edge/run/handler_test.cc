#include "edge/run/handler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edge/run/handler_fixture.h"
#include "wire/http/date.h"

namespace evershore::edge {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

using HandlerTest = HandlerFixture;

TEST_F(HandlerTest, a_miss_is_fetched_and_the_next_request_is_a_hit) {
  put_everywhere("a b", cacheable("hello"));
  const auto first = get("/a%20b");
  EXPECT_EQ(first->head.status, 200);
  EXPECT_EQ(first->body, "hello");
  EXPECT_EQ(told(first), "region=east; cache=miss; attempts=1");
  time.run_for(5s);
  const auto second = get("/a%20b?x=y");
  EXPECT_EQ(second->body, "hello");
  EXPECT_EQ(told(second), "region=east; cache=hit; attempts=0");
  EXPECT_EQ(second->head.headers.get("age"), "5");
  EXPECT_EQ(second->head.headers.get("via"), "1.1 evershore");
  EXPECT_EQ(second->head.headers.get("accept-ranges"), "bytes");
  EXPECT_EQ(east.seen.size(), 1u);
}

TEST_F(HandlerTest, nothing_of_the_regions_own_fields_leaks) {
  auto object = cacheable("hello");
  object.headers.add("x-amz-meta-colour", "blue");
  object.headers.add("x-amz-meta-evershore-version", "1");
  object.headers.add("Server", "AmazonS3");
  put_everywhere("k", object);
  const auto got = get("/k");
  EXPECT_FALSE(got->head.headers.has("x-amz-request-id"));
  EXPECT_FALSE(got->head.headers.has("server"));
  EXPECT_FALSE(got->head.headers.has("x-amz-meta-evershore-version"));
  EXPECT_EQ(got->head.headers.get("x-amz-meta-colour"), "blue");
}

TEST_F(HandlerTest, requests_at_the_same_time_share_one_fetch) {
  put_everywhere("k", cacheable(std::string(300'000, 'x')));
  east.piece_gap = 10ms;
  std::vector<Exchange> exchanges;
  for (int i = 0; i < 50; ++i) {
    exchanges.push_back(begin("GET", "/k"));
    time.run_for(2ms);
  }
  time.run_for(2s);
  for (const auto& exchange : exchanges) EXPECT_EQ(exchange->body.size(), 300'000u);
  EXPECT_EQ(east.seen.size(), 1u);
  EXPECT_EQ(handler.counters().collapsed.get(), 49u);
}

TEST_F(HandlerTest, those_who_share_a_fetch_survive_a_client_that_leaves) {
  put_everywhere("k", cacheable(std::string(300'000, 'x')));
  east.piece_gap = 10ms;
  const auto leaves = begin("GET", "/k");
  const auto stays = begin("GET", "/k");
  time.run_for(30ms);
  leaves->gone = true;
  time.run_for(2s);
  EXPECT_TRUE(leaves->returned);
  EXPECT_TRUE(stays->complete);
  EXPECT_EQ(stays->body.size(), 300'000u);
}

TEST_F(HandlerTest, what_may_not_be_stored_is_fetched_by_each) {
  put_everywhere("k", {"secret", "\"v1\"", {{"Cache-Control", "no-store"}}});
  const auto one = begin("GET", "/k");
  const auto two = begin("GET", "/k");
  time.run_for(1s);
  EXPECT_EQ(one->body, "secret");
  EXPECT_EQ(two->body, "secret");
  EXPECT_EQ(told(two), "region=east; cache=none; attempts=1");
  EXPECT_EQ(get("/k")->body, "secret");
  EXPECT_EQ(east.seen.size(), 3u);
}

TEST_F(HandlerTest, large_objects_without_a_strong_tag_stream_through_and_are_not_kept) {
  put_everywhere("k", cacheable(std::string(9 << 20, 'x'), ""));
  EXPECT_EQ(get("/k")->body.size(), size_t{9} << 20);
  EXPECT_EQ(handler.counters().cache_objects.get(), 0u);
}

TEST_F(HandlerTest, a_stale_object_is_revalidated_with_its_etag) {
  put_everywhere("k", cacheable("hello"));
  get("/k");
  time.run_for(61s);
  const auto again = get("/k");
  EXPECT_EQ(again->body, "hello");
  EXPECT_EQ(told(again), "region=east; cache=revalidated; attempts=1");
  ASSERT_EQ(east.seen.size(), 2u);
  EXPECT_EQ(east.seen[1].if_none_match, "\"v1\"");
  EXPECT_THAT(told(get("/k")), HasSubstr("cache=hit"));
}

TEST_F(HandlerTest, a_changed_object_replaces_the_stale_one) {
  put_everywhere("k", cacheable("old"));
  get("/k");
  time.run_for(61s);
  put_everywhere("k", cacheable("new", "\"v2\""));
  EXPECT_EQ(get("/k")->body, "new");
}

TEST_F(HandlerTest, stale_while_revalidate_serves_at_once_and_asks_behind) {
  put_everywhere("k", {"old", "\"v1\"", {{"Cache-Control", "max-age=10, stale-while-revalidate=60"}}});
  get("/k");
  time.run_for(20s);
  put_everywhere("k", {"new", "\"v2\"", {{"Cache-Control", "max-age=10"}}});
  const auto stale = get("/k");
  EXPECT_EQ(stale->body, "old");
  EXPECT_THAT(told(stale), HasSubstr("cache=stale"));
  time.run_for(1s);
  EXPECT_EQ(get("/k")->body, "new");
}

TEST_F(HandlerTest, when_all_regions_are_down_a_cached_copy_is_served_however_old) {
  put_everywhere("k", cacheable("hello"));
  get("/k");
  time.run_for(24h);
  all_become(FakeRegion::Mode::kRefuses);
  const auto got = get("/k");
  EXPECT_EQ(got->head.status, 200);
  EXPECT_EQ(got->body, "hello");
  EXPECT_THAT(told(got), HasSubstr("cache=stale"));
  EXPECT_EQ(got->head.headers.get("age"), "86400");
}

TEST_F(HandlerTest, stale_comes_quickly_when_all_regions_are_silent) {
  put_everywhere("k", cacheable("hello"));
  get("/k");
  time.run_for(100s);
  all_become(FakeRegion::Mode::kBlackHole);
  const Mono begun = time.now();
  const auto got = get("/k");
  EXPECT_THAT(told(got), HasSubstr("cache=stale"));
  EXPECT_LE(time.now() - begun, 450ms);
}

TEST_F(HandlerTest, what_must_be_revalidated_is_never_served_stale) {
  put_everywhere("k", {"hello", "\"v1\"", {{"Cache-Control", "max-age=1, must-revalidate"}}});
  get("/k");
  time.run_for(100s);
  all_become(FakeRegion::Mode::kRefuses);
  EXPECT_EQ(get("/k")->head.status, 503);
}

TEST_F(HandlerTest, without_a_copy_an_outage_is_a_503_with_retry_after) {
  all_become(FakeRegion::Mode::kRefuses);
  const auto got = get("/k");
  EXPECT_EQ(got->head.status, 503);
  EXPECT_EQ(got->head.headers.get("retry-after"), "2");
}

TEST_F(HandlerTest, a_missing_key_is_a_404_with_the_error_document) {
  put_everywhere("404.html", {"<h1>not here</h1>", "\"e\"", {{"Content-Type", "text/html"}}});
  const auto got = get("/nope");
  EXPECT_EQ(got->head.status, 404);
  EXPECT_EQ(got->body, "<h1>not here</h1>");
  EXPECT_EQ(got->head.headers.get("content-type"), "text/html");
  EXPECT_FALSE(got->head.headers.has("etag"));
}

TEST_F(HandlerTest, a_key_missing_where_it_could_be_asked_is_a_404_that_says_so) {
  east.become(FakeRegion::Mode::kRefuses);
  const auto got = get("/nope");
  EXPECT_EQ(got->head.status, 404);
  EXPECT_THAT(told(got), HasSubstr("unasked=some"));
}

TEST_F(HandlerTest, a_key_that_was_deleted_everywhere_leaves_the_cache) {
  put_everywhere("k", cacheable("hello"));
  get("/k");
  east.objects.clear();
  west.objects.clear();
  time.run_for(61s);
  EXPECT_EQ(get("/k")->head.status, 404);
  all_become(FakeRegion::Mode::kRefuses);
  EXPECT_EQ(get("/k")->head.status, 503);
}

TEST_F(HandlerTest, a_missing_key_is_remembered_for_the_sites_negative_ttl) {
  EdgeConfig negative = *config.read();
  SiteSettings site = negative.sites.all()[0];
  site.negative_ttl = 10s;
  negative.sites = SiteTable({{site.name, site}});
  config.publish(negative);
  put_everywhere("404.html", cacheable("<h1>not here</h1>"));
  get("/nope");
  const size_t asked = east.seen.size();
  time.run_for(9s);
  const auto remembered = get("/nope");
  EXPECT_EQ(remembered->head.status, 404);
  EXPECT_EQ(remembered->body, "<h1>not here</h1>");
  EXPECT_THAT(told(remembered), HasSubstr("cache=hit"));
  EXPECT_EQ(east.seen.size(), asked);
  put_everywhere("nope", cacheable("here now"));
  time.run_for(2s);
  EXPECT_EQ(get("/nope")->body, "here now");
}

TEST_F(HandlerTest, what_a_region_could_not_be_asked_for_is_not_remembered_as_missing) {
  EdgeConfig negative = *config.read();
  SiteSettings site = negative.sites.all()[0];
  site.negative_ttl = 10s;
  negative.sites = SiteTable({{site.name, site}});
  config.publish(negative);
  west.objects["k"] = cacheable("only here");
  west.become(FakeRegion::Mode::kRefuses);
  EXPECT_EQ(get("/k")->head.status, 404);
  west.become(FakeRegion::Mode::kUp);
  EXPECT_EQ(get("/k")->body, "only here");
}

TEST_F(HandlerTest, an_unknown_host_is_421) {
  FakeExchange exchange("GET", "/", {});
  exchange.edit().host = "other.test";
  tasks.spawn(serve(exchange));
  time.run_for(1s);
  EXPECT_EQ(exchange.head.status, 421);
}

TEST_F(HandlerTest, other_methods_are_405_with_allow_and_options_says_what_is_allowed) {
  const auto put = ask("PUT", "/k");
  EXPECT_EQ(put->head.status, 405);
  EXPECT_EQ(put->head.headers.get("allow"), "GET, HEAD, OPTIONS");
  const auto options = ask("OPTIONS", "/k");
  EXPECT_EQ(options->head.status, 204);
  EXPECT_EQ(options->head.headers.get("allow"), "GET, HEAD, OPTIONS");
}

TEST_F(HandlerTest, a_broken_escape_is_400) { EXPECT_EQ(get("/a%2")->head.status, 400); }

TEST_F(HandlerTest, head_is_answered_from_the_region_and_from_the_cache_with_the_length_and_no_body) {
  put_everywhere("k", cacheable("hello"));
  const auto from_region = ask("HEAD", "/k");
  EXPECT_EQ(from_region->head.status, 200);
  EXPECT_EQ(from_region->announced, 5u);
  EXPECT_EQ(from_region->body, "");
  get("/k");
  const auto from_cache = ask("HEAD", "/k");
  EXPECT_EQ(from_cache->announced, 5u);
  EXPECT_EQ(from_cache->body, "");
  EXPECT_THAT(told(from_cache), HasSubstr("cache=hit"));
}

TEST_F(HandlerTest, a_range_is_passed_to_the_region_and_cut_from_the_cache) {
  put_everywhere("k", cacheable("0123456789"));
  const auto from_region = get("/k", {{"Range", "bytes=2-4"}});
  EXPECT_EQ(from_region->head.status, 206);
  EXPECT_EQ(from_region->body, "234");
  EXPECT_EQ(from_region->head.headers.get("content-range"), "bytes 2-4/10");
  EXPECT_EQ(east.seen[0].range, "bytes=2-4");
  get("/k");
  const auto from_cache = get("/k", {{"Range", "bytes=-3"}});
  EXPECT_EQ(from_cache->head.status, 206);
  EXPECT_EQ(from_cache->body, "789");
  EXPECT_THAT(told(from_cache), HasSubstr("cache=hit"));
}

TEST_F(HandlerTest, an_unsatisfiable_range_is_416_from_region_and_cache) {
  put_everywhere("k", cacheable("0123456789"));
  EXPECT_EQ(get("/k", {{"Range", "bytes=20-"}})->head.status, 416);
  get("/k");
  const auto from_cache = get("/k", {{"Range", "bytes=20-"}});
  EXPECT_EQ(from_cache->head.status, 416);
  EXPECT_EQ(from_cache->head.headers.get("content-range"), "bytes */10");
}

TEST_F(HandlerTest, several_ranges_come_as_multipart_even_on_a_miss) {
  put_everywhere("k", cacheable("0123456789"));
  const auto got = get("/k", {{"Range", "bytes=0-1,5-6"}});
  EXPECT_EQ(got->head.status, 206);
  EXPECT_THAT(std::string(got->head.headers.get("content-type")), HasSubstr("multipart/byteranges; boundary="));
  EXPECT_THAT(got->body, HasSubstr("Content-Range: bytes 0-1/10\r\n\r\n01\r\n"));
  EXPECT_THAT(got->body, HasSubstr("Content-Range: bytes 5-6/10\r\n\r\n56\r\n"));
}

TEST_F(HandlerTest, conditions_are_answered_on_a_miss_and_on_a_hit) {
  put_everywhere("k", cacheable("hello"));
  put_everywhere("n", {"hello", "\"v1\"", {{"Cache-Control", "no-store"}}});
  for (const auto* target : {"/k", "/k", "/n"}) {
    const auto same = get(target, {{"If-None-Match", "\"v1\""}});
    EXPECT_EQ(same->head.status, 304);
    EXPECT_EQ(same->body, "");
    EXPECT_EQ(same->head.headers.get("etag"), "\"v1\"");
    EXPECT_FALSE(same->head.headers.has("content-type"));
    EXPECT_EQ(get(target, {{"If-None-Match", "\"v0\""}})->body, "hello");
    EXPECT_EQ(get(target, {{"If-Match", "\"v0\""}})->head.status, 412);
  }
}

TEST_F(HandlerTest, if_range_of_another_version_gets_the_whole_object) {
  put_everywhere("k", cacheable("0123456789"));
  const auto other = get("/k", {{"Range", "bytes=2-4"}, {"If-Range", "\"v0\""}});
  EXPECT_EQ(other->head.status, 200);
  EXPECT_EQ(other->body, "0123456789");
  EXPECT_EQ(get("/k", {{"Range", "bytes=2-4"}, {"If-Range", "\"v1\""}})->body, "234");
}

TEST_F(HandlerTest, a_body_nobody_can_continue_is_reset_and_never_ends_cleanly) {
  for (const auto* control : {"no-store", "max-age=60"}) {
    east.objects["k"] = {std::string(200'000, 'a'), "\"v1\"", {{"Cache-Control", control}}};
    west.objects["k"] = {std::string(200'000, 'b'), "\"v2\"", {{"Cache-Control", control}}};
    east.break_at = 50'000;
    east.breaks = 1'000;
    const auto got = get("/k");
    EXPECT_TRUE(got->aborted);
    EXPECT_FALSE(got->complete);
    EXPECT_EQ(got->body, std::string(50'000, 'a'));
    time.run_for(20s);
  }
  EXPECT_EQ(handler.counters().cache_objects.get(), 0u);
}

TEST_F(HandlerTest, a_body_cut_in_the_middle_is_completed_for_all_who_share_it) {
  put_everywhere("k", cacheable(std::string(300'000, 'x')));
  east.piece_gap = 1ms;
  east.break_at = 100'000;
  east.breaks = 1;
  const auto one = begin("GET", "/k");
  const auto two = begin("GET", "/k");
  time.run_for(2s);
  EXPECT_TRUE(one->complete);
  EXPECT_TRUE(two->complete);
  EXPECT_EQ(one->body.size(), 300'000u);
  EXPECT_THAT(told(get("/k")), HasSubstr("cache=hit"));
}

TEST_F(HandlerTest, a_drained_region_is_not_asked) {
  put_everywhere("k", cacheable("hello"));
  Steering drained;
  drained.drains["east"] = {.reason = "maintenance"};
  steering.publish(drained);
  EXPECT_THAT(told(get("/k")), HasSubstr("region=west"));
}

TEST_F(HandlerTest, keys_that_end_in_a_slash_get_the_index) {
  put_everywhere("docs/index.html", cacheable("index"));
  EXPECT_EQ(get("/docs/")->body, "index");
}

TEST_F(HandlerTest, objects_modified_long_ago_are_kept_by_the_heuristic) {
  FakeObject object{"hello", "\"v1\"", {{"Last-Modified", http::format_http_date(time.wall() - 1000s)}}};
  put_everywhere("k", object);
  get("/k");
  time.run_for(99s);
  EXPECT_THAT(told(get("/k")), HasSubstr("cache=hit"));
  time.run_for(2s);
  EXPECT_THAT(told(get("/k")), HasSubstr("cache=revalidated"));
}

}  // namespace
}  // namespace evershore::edge
