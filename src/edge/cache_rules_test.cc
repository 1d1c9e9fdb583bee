#include "edge/cache_rules.h"

#include <gtest/gtest.h>

#include "wire/http/date.h"

namespace evershore::edge {
namespace {

using namespace std::chrono_literals;

constexpr Mono kNow{1h};
constexpr Wall kWall{std::chrono::hours(24 * 20'000)};

http::ResponseHead ok(http::Headers headers) {
  http::ResponseHead head;
  head.headers = std::move(headers);
  head.content_length = 5;
  return head;
}
Freshness fresh_by(http::Headers headers, const TtlRules& ttl) {
  return freshness_of(ok(std::move(headers)), {.asked = kNow, .received = kNow, .received_wall = kWall}, ttl);
}
Freshness fresh(http::Headers headers, Duration default_ttl = 0s) { return fresh_by(std::move(headers), {.default_ttl = default_ttl}); }
Storable storable(const ClientFacts& client, const http::ResponseHead& head) { return edge::storable(client, head, {}); }
http::ResponseHead with_status(uint16_t status, http::Headers headers) {
  auto head = ok(std::move(headers));
  head.status = status;
  return head;
}
std::string date(std::chrono::seconds from_now) { return http::format_http_date(kWall + from_now); }

TEST(CacheRules, what_may_be_stored) {
  EXPECT_EQ(storable({}, ok({})), Storable::kYes);
  EXPECT_EQ(storable({}, ok({{"Cache-Control", "no-store"}})), Storable::kNoStore);
  EXPECT_EQ(storable({}, ok({{"Cache-Control", "private, max-age=60"}})), Storable::kPrivate);
  EXPECT_EQ(storable({}, ok({{"Vary", "*"}})), Storable::kVariesByAll);
  EXPECT_EQ(storable({}, ok({{"Vary", "Origin"}})), Storable::kYes);
  auto head = ok({});
  head.content_length.reset();
  EXPECT_EQ(storable({}, head), Storable::kNoLength);
  head.status = 206;
  EXPECT_EQ(storable({}, head), Storable::kNotOk);
}

TEST(CacheRules, an_answer_to_a_request_with_credentials_needs_permission_to_be_shared) {
  EXPECT_EQ(storable({.authorization = true}, ok({{"Cache-Control", "max-age=60"}})), Storable::kAuthorization);
  for (const auto* permits : {"public", "s-maxage=60", "must-revalidate"})
    EXPECT_EQ(storable({.authorization = true}, ok({{"Cache-Control", permits}})), Storable::kYes) << permits;
}

TEST(CacheRules, the_lifetime_is_taken_from_the_strongest_source) {
  EXPECT_EQ(fresh({{"Cache-Control", "max-age=60, s-maxage=90"}}).lifetime, 90s);
  EXPECT_EQ(fresh({{"Cache-Control", "max-age=60"}, {"Expires", date(10s)}}, 5s).lifetime, 60s);
  EXPECT_EQ(fresh({{"Date", date(0s)}, {"Expires", date(10s)}}, 5s).lifetime, 10s);
  EXPECT_EQ(fresh({{"Expires", "0"}}, 5s).lifetime, 0s);
  EXPECT_EQ(fresh({{"Last-Modified", date(-1000s)}}, 5s).lifetime, 5s);
  EXPECT_EQ(fresh({{"Last-Modified", date(-1000s)}}).lifetime, 100s);
  EXPECT_EQ(fresh({{"Last-Modified", date(-std::chrono::hours(10'000))}}).lifetime, 24h);
  EXPECT_EQ(fresh({}).lifetime, 0s);
}

TEST(CacheRules, the_age_begins_with_what_caches_before_us_added) {
  EXPECT_EQ(age_at(fresh({{"Age", "30"}}), kNow + 5s), 35s);
  EXPECT_EQ(age_at(fresh({{"Date", date(-20s)}}), kNow + 5s), 25s);
  EXPECT_EQ(age_at(fresh({{"Date", date(+20s)}}), kNow + 5s), 5s);
}

TEST(CacheRules, fresh_until_the_lifetime_is_reached_and_not_at_it) {
  const auto object = fresh({{"Cache-Control", "max-age=60"}});
  EXPECT_EQ(use_of(object, kNow + 59s), Use::kServe);
  EXPECT_EQ(use_of(object, kNow + 60s), Use::kRevalidate);
}

TEST(CacheRules, directives_say_what_may_be_done_when_stale) {
  EXPECT_EQ(use_of(fresh({{"Cache-Control", "no-cache, max-age=60"}}), kNow), Use::kRevalidateStrictly);
  EXPECT_EQ(use_of(fresh({{"Cache-Control", "max-age=1, must-revalidate"}}), kNow + 2s), Use::kRevalidateStrictly);
  EXPECT_EQ(use_of(fresh({{"Cache-Control", "max-age=1, stale-while-revalidate=5"}}), kNow + 5s), Use::kServeAndRevalidate);
  EXPECT_EQ(use_of(fresh({{"Cache-Control", "max-age=1, stale-while-revalidate=5"}}), kNow + 6s), Use::kRevalidate);
}

TEST(CacheRules, a_304_updates_the_stored_fields_but_not_those_about_the_bytes) {
  const http::Headers stored{{"ETag", "\"v1\""}, {"Cache-Control", "max-age=1"}, {"Content-Type", "text/plain"}, {"x-amz-meta-a", "1"}};
  const auto merged = updated_by_304(
      stored, passed_on({{"Cache-Control", "max-age=60"}, {"Content-Type", "text/html"}, {"Content-Encoding", "gzip"}, {"Server", "x"}}));
  EXPECT_EQ(merged.get("cache-control"), "max-age=60");
  EXPECT_EQ(merged.count("cache-control"), 1u);
  EXPECT_EQ(merged.get("content-type"), "text/html");  // a label can be put right without new bytes
  EXPECT_FALSE(merged.has("content-encoding"));
  EXPECT_EQ(merged.get("etag"), "\"v1\"");
  EXPECT_EQ(merged.get("x-amz-meta-a"), "1");
  EXPECT_FALSE(merged.has("server"));
}

TEST(CacheRules, other_statuses_are_kept_with_a_lifetime_of_their_own_or_by_the_heuristic) {
  for (const uint16_t status : {203, 301, 302, 400, 404, 500, 503, 599})
    EXPECT_EQ(storable({}, with_status(status, {{"Cache-Control", "max-age=60"}})), Storable::kYes) << status;
  const http::Headers modified{{"Last-Modified", date(-1000s)}};
  for (const uint16_t status : {203, 204, 404, 410, 501}) EXPECT_EQ(storable({}, with_status(status, modified)), Storable::kYes) << status;
  for (const uint16_t status : {201, 302, 403, 500, 503, 599})
    EXPECT_EQ(storable({}, with_status(status, modified)), Storable::kNotOk) << status;
  EXPECT_EQ(storable({}, with_status(599, {{"Last-Modified", date(-1000s)}, {"Cache-Control", "public"}})), Storable::kYes);
  EXPECT_EQ(storable({}, with_status(404, {})), Storable::kNotOk);
}

TEST(CacheRules, must_understand_is_stronger_than_no_store_for_a_status_that_is_understood) {
  EXPECT_EQ(storable({}, with_status(200, {{"Cache-Control", "max-age=60, must-understand, no-store"}})), Storable::kYes);
  EXPECT_EQ(storable({}, with_status(599, {{"Cache-Control", "max-age=60, must-understand"}})), Storable::kNotOk);
}

TEST(CacheRules, a_missing_key_is_kept_for_the_sites_negative_ttl) {
  const TtlRules rules{.negative_ttl = 10s};
  EXPECT_EQ(edge::storable({}, with_status(404, {}), rules), Storable::kYes);
  EXPECT_EQ(freshness_of(with_status(404, {}), {.asked = kNow, .received = kNow, .received_wall = kWall}, rules).lifetime, 10s);
  EXPECT_EQ(edge::storable({}, with_status(403, {}), rules), Storable::kNotOk);
}

TEST(CacheRules, a_site_can_set_and_cap_lifetimes) {
  EXPECT_EQ(fresh_by({{"Cache-Control", "max-age=1, no-cache"}}, {.override_ttl = 60s}).lifetime, 60s);
  EXPECT_FALSE(fresh_by({{"Cache-Control", "max-age=1, no-cache"}}, {.override_ttl = 60s}).ask_always);
  EXPECT_EQ(edge::storable({}, ok({{"Cache-Control", "no-store"}}), {.override_ttl = 60s}), Storable::kNoStore);
  EXPECT_EQ(fresh_by({{"Cache-Control", "max-age=600"}}, {.max_ttl = 60s}).lifetime, 60s);
  EXPECT_EQ(fresh_by({{"Cache-Control", "max-age=6"}}, {.max_ttl = 60s}).lifetime, 6s);
}

TEST(CacheRules, targeted_directives_stand_in_for_cache_control_and_expires) {
  EXPECT_EQ(fresh({{"CDN-Cache-Control", "max-age=600"}, {"Cache-Control", "no-cache"}}).lifetime, 600s);
  EXPECT_FALSE(fresh({{"CDN-Cache-Control", "max-age=600"}, {"Cache-Control", "no-cache"}}).ask_always);
  EXPECT_EQ(fresh({{"CDN-Cache-Control", "must-revalidate"}, {"Expires", date(60s)}}).lifetime, 0s);
  EXPECT_EQ(storable({}, ok({{"CDN-Cache-Control", "no-store"}, {"Cache-Control", "max-age=60"}})), Storable::kNoStore);
  EXPECT_EQ(storable({}, ok({{"CDN-Cache-Control", "max-age=60"}, {"Cache-Control", "no-store"}})), Storable::kYes);
  EXPECT_EQ(fresh({{"CDN-Cache-Control", "max-age="}, {"Cache-Control", "max-age=5"}}).lifetime, 5s) << "malformed counts as absent";
  EXPECT_EQ(fresh({{"Surrogate-Control", "max-age=60"}, {"Cache-Control", "max-age=5"}}).lifetime, 60s);
  EXPECT_EQ(fresh({{"CDN-Cache-Control", "max-age=1"}, {"Surrogate-Control", "max-age=60"}}).lifetime, 1s);
}

TEST(CacheRules, an_age_that_cannot_be_read_is_not_taken_for_youth) {
  EXPECT_EQ(fresh({{"Cache-Control", "max-age=60"}, {"Age", "abc"}}).lifetime, 0s);
  EXPECT_EQ(fresh({{"Cache-Control", "max-age=60"}, {"Age", "0, 7200"}}).lifetime, 60s);
}

TEST(CacheRules, s_maxage_and_proxy_revalidate_forbid_what_is_stale) {
  EXPECT_EQ(use_of(fresh({{"Cache-Control", "s-maxage=1"}}), kNow + 2s), Use::kRevalidateStrictly);
  EXPECT_EQ(use_of(fresh({{"Cache-Control", "max-age=1, proxy-revalidate"}}), kNow + 2s), Use::kRevalidateStrictly);
  EXPECT_EQ(use_of(fresh({{"Cache-Control", "max-age=1, must-revalidate, stale-while-revalidate=9"}}), kNow + 2s),
            Use::kRevalidateStrictly);
}

TEST(CacheRules, stale_if_error_bounds_how_long_a_stale_copy_may_help_out) {
  const auto object = fresh({{"Cache-Control", "max-age=10, stale-if-error=5"}});
  EXPECT_EQ(use_of(object, kNow + 14s), Use::kRevalidate);
  EXPECT_EQ(use_of(object, kNow + 15s), Use::kRevalidateStrictly);
  EXPECT_EQ(use_of(fresh({{"Cache-Control", "max-age=10"}}), kNow + 10'000h), Use::kRevalidate) << "without it: however old";
}

TEST(CacheRules, fields_for_the_asking_client_alone_are_not_stored) {
  const http::Headers all{
      {"Cache-Control", "private=\"Set-Cookie\", no-cache=\"x-a, x-b\", max-age=60"}, {"Set-Cookie", "a"}, {"X-A", "1"}, {"X-C", "1"}};
  EXPECT_EQ(storable({}, ok(all)), Storable::kYes);
  EXPECT_EQ(use_of(fresh(all), kNow), Use::kServe);
  const auto kept = without_withheld(all, directives_of(all).control);
  EXPECT_FALSE(kept.has("set-cookie") || kept.has("x-a"));
  EXPECT_TRUE(kept.has("x-c"));
}

TEST(CacheRules, only_fields_of_the_object_are_passed_on) {
  const auto passed = passed_on({{"Content-Type", "a/b"},
                                 {"Connection", "close"},
                                 {"Transfer-Encoding", "chunked"},
                                 {"Set-Cookie", "x"},
                                 {"x-amz-id-2", "x"},
                                 {"x-amz-meta-evershore-v", "x"},
                                 {"X-Amz-Meta-Mine", "1"},
                                 {"ETag", "\"e\""}});
  EXPECT_EQ(passed.size(), 3u);
  EXPECT_TRUE(passed.has("content-type") && passed.has("x-amz-meta-mine") && passed.has("etag"));
}

}  // namespace
}  // namespace evershore::edge
