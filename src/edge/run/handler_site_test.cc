// A site's rules through the handler: redirects, error pages, fields, cross-origin requests, access.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edge/run/handler_fixture.h"
#include "edge/signed_url.h"

namespace evershore::edge {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class HandlerSiteTest : public HandlerFixture {
 protected:
  // The settings' site, changed.
  void with(const std::function<void(SiteSettings&)>& change) {
    EdgeConfig changed = *config.read();
    SiteSettings site = changed.sites.all().front();
    change(site);
    changed.sites = SiteTable({{site.name, site}});
    config.publish(changed);
  }
  static std::string location(const Exchange& exchange) { return std::string(exchange->head.headers.get("location")); }
};

TEST_F(HandlerSiteTest, a_folder_without_its_slash_leads_to_it) {
  put_everywhere("docs/index.html", cacheable("<h1>docs</h1>"));
  put_everywhere("404.html", cacheable("not here"));
  const auto folder = get("/docs?page=2");
  EXPECT_EQ(folder->head.status, 302);
  EXPECT_EQ(location(folder), "/docs/?page=2");
  EXPECT_EQ(folder->body, "");
  EXPECT_EQ(get("/docs/")->body, "<h1>docs</h1>");
  EXPECT_EQ(get("/doc")->head.status, 404);
  put_everywhere("docs", cacheable("a key of that name"));
  EXPECT_EQ(get("/docs")->body, "a key of that name");
  with([](SiteSettings& site) { site.behaviour.folder_redirect = false; });
  put_everywhere("more/index.html", cacheable("more"));
  EXPECT_EQ(get("/more")->head.status, 404);
}

TEST_F(HandlerSiteTest, rules_lead_elsewhere_before_and_after_the_look_up) {
  with([](SiteSettings& site) {
    site.behaviour.redirects = {{.key_prefix = "old/", .replace_key_prefix_with = "new/", .replaces_prefix = true},
                                {.key_prefix = "lost/", .error_status = 404, .host = "archive.test", .status = 302}};
  });
  put_everywhere("old/a", cacheable("never asked for"));
  put_everywhere("lost/found", cacheable("here"));
  const auto moved = get("/old/a");
  EXPECT_EQ(moved->head.status, 301);
  EXPECT_EQ(location(moved), "/new/a");
  EXPECT_TRUE(east.seen.empty());
  EXPECT_EQ(get("/lost/found")->body, "here");
  const auto lost = get("/lost/else");
  EXPECT_EQ(lost->head.status, 302);
  EXPECT_EQ(location(lost), "http://archive.test/lost/else");
  EXPECT_EQ(get("/elsewhere")->head.status, 404);
}

TEST_F(HandlerSiteTest, all_requests_may_go_to_another_host) {
  with([](SiteSettings& site) { site.behaviour.redirect_all = {.host = "www.site.test", .protocol = "https"}; });
  const auto got = get("/a%20b?c");
  EXPECT_EQ(got->head.status, 301);
  EXPECT_EQ(location(got), "https://www.site.test/a%20b?c");
  EXPECT_TRUE(east.seen.empty());
}

TEST_F(HandlerSiteTest, an_object_may_be_a_redirect_however_it_is_asked_for) {
  auto object = cacheable("what nobody sees");
  object.headers.add("x-amz-website-redirect-location", "/new.html");
  put_everywhere("old.html", object);
  const std::pair<const char*, http::Headers> ways[] = {
      {"HEAD", {}}, {"GET", {{"Range", "bytes=0-3"}}}, {"GET", {}}, {"GET", {}}, {"GET", {{"If-None-Match", "\"v1\""}}}};
  for (const auto& [method, headers] : ways) {
    const auto got = ask(method, "/old.html", headers);
    EXPECT_EQ(got->head.status, 301);
    EXPECT_EQ(location(got), "/new.html");
    EXPECT_EQ(got->body, "");
    EXPECT_TRUE(got->complete);
    EXPECT_FALSE(got->head.headers.has("x-amz-website-redirect-location"));
    EXPECT_FALSE(got->head.headers.has("etag"));
  }
}

TEST_F(HandlerSiteTest, an_error_shows_its_page_with_the_status_the_site_wants) {
  with([](SiteSettings& site) {
    site.behaviour.error_pages = {{.status = 404, .document = "app.html", .answer = 200}, {.status = 503, .document = "sorry.html"}};
  });
  put_everywhere("app.html", {"<app>", "\"a\"", {{"Content-Type", "text/html"}, {"Cache-Control", "max-age=60"}}});
  put_everywhere("sorry.html", {"sorry", "\"s\"", {{"Content-Type", "text/html"}, {"Cache-Control", "no-store"}}});
  const auto app = get("/some/route");
  EXPECT_EQ(app->head.status, 200);
  EXPECT_EQ(app->body, "<app>");
  EXPECT_EQ(app->head.headers.get("content-type"), "text/html");
  put_everywhere("sorry.html", {"sorry", "\"s\"", {{"Content-Type", "text/html"}, {"Cache-Control", "max-age=60"}}});
  EXPECT_EQ(get("/sorry.html")->body, "sorry");
  all_become(FakeRegion::Mode::kRefuses);
  time.run_for(5min);
  const auto sorry = get("/other");
  EXPECT_EQ(sorry->head.status, 503);
  EXPECT_EQ(sorry->body, "sorry");
  EXPECT_EQ(sorry->head.headers.get("retry-after"), "2");
}

TEST_F(HandlerSiteTest, a_page_that_may_not_be_stored_is_shown_too_and_one_that_is_missing_is_named) {
  put_everywhere("404.html", {"not here", "\"e\"", {{"Cache-Control", "no-store"}}});
  EXPECT_EQ(get("/k")->body, "not here");
  EXPECT_EQ(get("/k")->body, "not here");
  east.objects.clear();
  west.objects.clear();
  const auto bare = get("/k");
  EXPECT_EQ(bare->head.status, 404);
  EXPECT_THAT(bare->body, HasSubstr("No region has this object."));
  EXPECT_THAT(bare->body, HasSubstr("The site's page for this is not there, either."));
}

TEST_F(HandlerSiteTest, fields_are_added_replaced_and_taken_away_in_every_kind_of_answer) {
  with([](SiteSettings& site) {
    site.behaviour.headers.remove = {"x-amz-meta-colour"};
    site.behaviour.headers.override = {{"Cache-Control", "no-cache"}};
    site.behaviour.headers.security = true;
  });
  auto object = cacheable("hello");
  object.headers.add("x-amz-meta-colour", "blue");
  put_everywhere("k", object);
  for (int i = 0; i < 2; ++i) {
    const auto got = get("/k");
    EXPECT_EQ(got->head.headers.get("cache-control"), "no-cache");
    EXPECT_FALSE(got->head.headers.has("x-amz-meta-colour"));
  }
  EXPECT_THAT(told(get("/k")), HasSubstr("cache=hit"));  // what clients are told is not what the cache goes by
  EXPECT_EQ(get("/missing")->head.headers.get("x-frame-options"), "SAMEORIGIN");
  EXPECT_EQ(ask("DELETE", "/k")->head.headers.get("x-content-type-options"), "nosniff");
}

TEST_F(HandlerSiteTest, cross_origin_requests_are_answered_by_origin_from_one_cached_copy) {
  with([](SiteSettings& site) {
    site.behaviour.cors = {{.origins = {"https://*.app.test"}, .methods = {"GET"}, .headers = {"range"}, .max_age = 60s}};
  });
  put_everywhere("k", cacheable("hello"));
  const auto one = get("/k", {{"Origin", "https://a.app.test"}});
  const auto two = get("/k", {{"Origin", "https://b.app.test"}});
  const auto none = get("/k");
  EXPECT_EQ(one->head.headers.get("access-control-allow-origin"), "https://a.app.test");
  EXPECT_EQ(two->head.headers.get("access-control-allow-origin"), "https://b.app.test");
  EXPECT_FALSE(none->head.headers.has("access-control-allow-origin"));
  for (const auto* answer : {&one, &two, &none}) EXPECT_EQ((*answer)->head.headers.get("vary"), "Origin");
  EXPECT_EQ(east.seen.size(), 1u);
  const auto preflight = [&](const char* fields) {
    return ask("OPTIONS", "/k",
               {{"Origin", "https://a.app.test"}, {"Access-Control-Request-Method", "GET"}, {"Access-Control-Request-Headers", fields}});
  };
  EXPECT_EQ(preflight("Range")->head.status, 204);
  EXPECT_EQ(preflight("Range")->head.headers.get("access-control-allow-headers"), "range");
  EXPECT_EQ(preflight("x-other")->head.status, 403);
  EXPECT_EQ(ask("OPTIONS", "/k")->head.headers.get("allow"), "GET, HEAD, OPTIONS");
}

TEST_F(HandlerSiteTest, methods_and_referers_are_limited) {
  with([](SiteSettings& site) { site.behaviour.access = {.methods = {"GET"}, .referers = {"site.test"}}; });
  put_everywhere("k", cacheable("hello"));
  EXPECT_EQ(get("/k", {{"Referer", "http://site.test/page"}})->head.status, 200);
  EXPECT_EQ(get("/k")->head.status, 200);
  const auto embedded = get("/k", {{"Referer", "http://evil.test/"}});
  EXPECT_EQ(embedded->head.status, 403);
  EXPECT_THAT(embedded->body, HasSubstr("cannot be embedded"));
  const auto refused = ask("HEAD", "/k");
  EXPECT_EQ(refused->head.status, 405);
  EXPECT_EQ(refused->head.headers.get("allow"), "GET, OPTIONS");
}

TEST_F(HandlerSiteTest, what_needs_a_signature_is_served_with_one_and_the_region_never_sees_it) {
  const SigningKeySettings key{"k", Secret("a secret")};
  with([&](SiteSettings& site) { site.behaviour.signing = {.keys = {key}, .prefixes = {"private/"}}; });
  put_everywhere("private/a b", cacheable("secret"));
  put_everywhere("public", cacheable("open"));
  const auto expires = static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(time.wall().time_since_epoch()).count() + 60);
  const Grant grant{.site = "assets", .key = "private/a b", .expires_seconds = expires};
  const auto link = "/private/a%20b?" + sign_grant(grant, key);
  EXPECT_EQ(get("/public")->body, "open");
  const auto bare = get("/private/a%20b");
  EXPECT_EQ(bare->head.status, 403);
  EXPECT_THAT(bare->body, HasSubstr("needs a signed link"));
  EXPECT_EQ(get(link)->body, "secret");
  EXPECT_THAT(told(get(link)), HasSubstr("cache=hit"));
  EXPECT_EQ(get("/private/a%20b")->head.status, 403);  // cached is not open
  EXPECT_EQ(get("/x/../private/a%20b")->head.status, 403);
  time.run_for(60s);
  const auto late = get(link);
  EXPECT_EQ(late->head.status, 403);
  EXPECT_THAT(late->body, HasSubstr("has expired"));
  with([](SiteSettings& site) {
    site.forward = ForwardMode::kRequests;
    site.regions = {"east"};
  });
  put_everywhere("", cacheable("forwarded"));
  auto late_grant = grant;
  late_grant.expires_seconds += 600;
  const auto parameters = sign_grant(late_grant, key);
  get("/private/a%20b?x=1&" + parameters, {{"Cookie", "a=b; evershore-grant=" + parameters}});
  EXPECT_EQ(east.seen.back().target, "/private/a%20b?x=1");
  EXPECT_EQ(east.seen.back().fields.get("cookie"), "a=b");
}

}  // namespace
}  // namespace evershore::edge
