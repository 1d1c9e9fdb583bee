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
Freshness fresh(http::Headers headers, Duration default_ttl = 0s) {
  return freshness_of(ok(std::move(headers)), {.asked = kNow, .received = kNow, .received_wall = kWall}, default_ttl);
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
  const auto merged = updated_by_304(stored, {{"Cache-Control", "max-age=60"}, {"Content-Type", "text/html"}, {"Server", "x"}});
  EXPECT_EQ(merged.get("cache-control"), "max-age=60");
  EXPECT_EQ(merged.count("cache-control"), 1u);
  EXPECT_EQ(merged.get("content-type"), "text/plain");
  EXPECT_EQ(merged.get("etag"), "\"v1\"");
  EXPECT_EQ(merged.get("x-amz-meta-a"), "1");
  EXPECT_FALSE(merged.has("server"));
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
