#include "edge/signed_url.h"

#include <gtest/gtest.h>

namespace evershore::edge {
namespace {

using namespace std::chrono_literals;

const SignedSettings kSettings{.keys = {{"new", Secret("secret two")}, {"old", Secret("secret one")}}};
constexpr uint64_t kExpires = 1'764'522'000;
constexpr Wall kBefore{std::chrono::seconds(kExpires - 1)}, kAfter{std::chrono::seconds(kExpires)};

http::RequestHead link(std::string_view query) {
  http::RequestHead head;
  head.target = "/k?" + std::string(query);
  return head;
}
http::RequestHead with_cookie(std::string_view value) {
  http::RequestHead head;
  head.target = "/k";
  head.headers.add("Cookie", "a=b; evershore-grant=" + std::string(value) + "; c=d");
  return head;
}
GrantVerdict verdict(const http::RequestHead& request, std::string_view key = "a b/c", Wall now = kBefore,
                     std::string_view address = "192.0.2.7") {
  return check_grant(kSettings, {.site = "shop", .key = key, .client_address = address, .now = now}, request);
}

const Grant kOne{.site = "shop", .key = "a b/c", .expires_seconds = kExpires};
const Grant kFolder{.site = "shop", .key = "a b/", .by_prefix = true, .expires_seconds = kExpires, .network = "192.0.2.0/24"};

TEST(SignedUrl, a_link_is_good_for_its_key_until_it_expires) {
  const auto signed_query = sign_grant(kOne, kSettings.keys[0]);
  EXPECT_EQ(signed_query, "ev-expires=1764522000&ev-key=new&ev-signature=6db30946cdbe6d7cb0f6d94a645f84b75623420c2eddf736c6060a0b5f4b7080");
  EXPECT_EQ(verdict(link(signed_query)), GrantVerdict::kGood);
  EXPECT_EQ(verdict(link("x=1&" + signed_query)), GrantVerdict::kGood);
  EXPECT_EQ(verdict(link(sign_grant(kOne, kSettings.keys[1]))), GrantVerdict::kGood);
  EXPECT_EQ(verdict(link(signed_query), "a b/c", kAfter), GrantVerdict::kExpired);
  EXPECT_EQ(verdict(link(signed_query), "a b/d"), GrantVerdict::kWrong);
  EXPECT_EQ(verdict(link(sign_grant(kOne, {"gone", Secret("secret one")}))), GrantVerdict::kUnknownKey);
  EXPECT_EQ(verdict(link(sign_grant(kOne, {"new", Secret("secret one")}))), GrantVerdict::kWrong);
  auto elsewhere = kOne;
  elsewhere.site = "other";
  EXPECT_EQ(verdict(link(sign_grant(elsewhere, kSettings.keys[0]))), GrantVerdict::kWrong);
}

TEST(SignedUrl, what_is_changed_or_left_out_is_told_apart) {
  const auto good = sign_grant(kFolder, kSettings.keys[0]);
  const auto changed = [&](std::string_view from, std::string_view to) {
    auto text = good;
    text.replace(text.find(from), from.size(), to);
    return verdict(link(text));
  };
  EXPECT_EQ(changed("ev-expires=17", "ev-expires=18"), GrantVerdict::kWrong);
  EXPECT_EQ(changed("ev-prefix=a%20b%2F", "ev-prefix="), GrantVerdict::kWrong);
  EXPECT_EQ(changed("&ev-network=192.0.2.0%2F24", ""), GrantVerdict::kWrong);
  EXPECT_EQ(changed("ev-prefix=a%20b%2F&", ""), GrantVerdict::kWrong);
  EXPECT_EQ(changed("ev-key=new&", ""), GrantVerdict::kIncomplete);
  EXPECT_EQ(changed("ev-expires=1764522000", "ev-expires=soon"), GrantVerdict::kIncomplete);
  EXPECT_EQ(verdict(link("a=b")), GrantVerdict::kMissing);
  EXPECT_EQ(verdict(link("ev-signature=%zz")), GrantVerdict::kIncomplete);
}

TEST(SignedUrl, a_prefix_and_a_network_limit_it) {
  const auto query = sign_grant(kFolder, kSettings.keys[0]);
  EXPECT_EQ(verdict(link(query)), GrantVerdict::kGood);
  EXPECT_EQ(verdict(link(query), "a b/other"), GrantVerdict::kGood);
  EXPECT_EQ(verdict(link(query), "b/c"), GrantVerdict::kOtherKey);
  EXPECT_EQ(verdict(link(query), "a b/c", kBefore, "::ffff:192.0.2.200"), GrantVerdict::kGood);
  EXPECT_EQ(verdict(link(query), "a b/c", kBefore, "192.0.3.7"), GrantVerdict::kNetwork);
  EXPECT_EQ(verdict(link(query), "a b/c", kBefore, "2001:db8::1"), GrantVerdict::kNetwork);
}

TEST(SignedUrl, a_cookie_does_the_same_and_one_good_one_is_enough) {
  const auto good = sign_grant(kFolder, kSettings.keys[1]);
  auto late = kFolder;
  late.expires_seconds = 1;
  const auto expired = sign_grant(late, kSettings.keys[1]);
  EXPECT_EQ(verdict(with_cookie(good)), GrantVerdict::kGood);
  EXPECT_EQ(verdict(with_cookie(expired)), GrantVerdict::kExpired);
  auto both = with_cookie(expired);
  both.headers.add("Cookie", "evershore-grant=" + good);
  EXPECT_EQ(verdict(both), GrantVerdict::kGood);
  auto link_and_cookie = with_cookie(good);
  link_and_cookie.target = "/k?" + expired;
  EXPECT_EQ(verdict(link_and_cookie), GrantVerdict::kGood);
  EXPECT_EQ(verdict(with_cookie("")), GrantVerdict::kIncomplete);
}

TEST(SignedUrl, nothing_of_it_is_left_in_the_request) {
  auto request = with_cookie("x");
  request.target = "/k?a=1&ev-expires=1&b=%20&ev-signature=2&ev-other=3";
  EXPECT_TRUE(strip_grant(request));
  EXPECT_EQ(request.target, "/k?a=1&b=%20&ev-other=3");
  EXPECT_EQ(request.headers.get("cookie"), "a=b; c=d");
  EXPECT_FALSE(strip_grant(request));
  auto only = link("ev-key=1");
  only.headers.add("Cookie", "evershore-grant=1");
  EXPECT_TRUE(strip_grant(only));
  EXPECT_EQ(only.target, "/k");
  EXPECT_FALSE(only.headers.has("cookie"));
}

TEST(SignedUrl, which_keys_need_a_grant) {
  auto settings = kSettings;
  EXPECT_TRUE(needs_grant(settings, ""));
  settings.prefixes = {"private/", "drafts"};
  EXPECT_TRUE(needs_grant(settings, "private/a"));
  EXPECT_TRUE(needs_grant(settings, "drafts.html"));
  EXPECT_FALSE(needs_grant(settings, "public/a..b"));
  EXPECT_FALSE(needs_grant(settings, "private"));
  for (const auto* odd : {"x/../private/a", "./private/a", "/private/a", "x//private", "x\\..\\private", "x/.."})
    EXPECT_TRUE(needs_grant(settings, odd)) << odd;
  EXPECT_FALSE(needs_grant({}, "private/a"));
}

TEST(SignedUrl, networks) {
  EXPECT_TRUE(in_network("192.0.2.128/25", "192.0.2.200"));
  EXPECT_FALSE(in_network("192.0.2.128/25", "192.0.2.100"));
  EXPECT_TRUE(in_network("192.0.2.1", "192.0.2.1"));
  EXPECT_TRUE(in_network("0.0.0.0/0", "203.0.113.9"));
  EXPECT_TRUE(in_network("2001:db8::/33", "2001:db8:7fff::1"));
  EXPECT_FALSE(in_network("2001:db8::/33", "2001:db8:8000::1"));
  for (const auto* bad : {"", "192.0.2", "192.0.2.0/33", "x", "192.0.2.0/"}) EXPECT_FALSE(is_network(bad)) << bad;
}

}  // namespace
}  // namespace evershore::edge
