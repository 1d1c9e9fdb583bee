#include "edge/site_match.h"

#include <gtest/gtest.h>

namespace evershore::edge {
namespace {

std::map<std::string, SiteSettings> sites() {
  std::map<std::string, SiteSettings> made;
  const auto add = [&made](std::string name, std::vector<std::string> hosts) {
    made[name] = {.name = name, .hosts = std::move(hosts), .regions = {"east"}};
  };
  add("exact", {"assets.example.com"});
  add("wild", {"*.example.com"});
  add("deep", {"*.img.example.com"});
  return made;
}
std::string site_for(const SiteTable& table, std::string_view host) {
  const auto* site = table.find(host);
  return site == nullptr ? "none" : site->name;
}

TEST(SiteMatch, exact_before_wildcard_and_the_longest_wildcard_first) {
  const SiteTable table(sites());
  EXPECT_EQ(site_for(table, "assets.example.com"), "exact");
  EXPECT_EQ(site_for(table, "ASSETS.example.COM:8443"), "exact");
  EXPECT_EQ(site_for(table, "assets.example.com."), "exact");
  EXPECT_EQ(site_for(table, "other.example.com"), "wild");
  EXPECT_EQ(site_for(table, "a.b.example.com"), "wild");
  EXPECT_EQ(site_for(table, "a.img.example.com"), "deep");
  EXPECT_EQ(site_for(table, "img.example.com"), "wild");
  EXPECT_EQ(site_for(table, "example.com"), "none");
  EXPECT_EQ(site_for(table, ".example.com"), "none");
  EXPECT_EQ(site_for(table, "notexample.com"), "none");
  EXPECT_EQ(site_for(table, ""), "none");
}

TEST(SiteMatch, a_star_takes_what_nobody_else_does) {
  auto with_any = sites();
  with_any["any"] = {.name = "any", .hosts = {"*"}, .regions = {"east"}};
  const SiteTable table(with_any);
  EXPECT_EQ(site_for(table, "assets.example.com"), "exact");
  EXPECT_EQ(site_for(table, "127.0.0.1:8080"), "any");
  EXPECT_EQ(site_for(table, "[::1]:8080"), "any");
}

TEST(SiteMatch, the_path_is_decoded_once_and_never_normalised) {
  const SiteSettings site{.index = "index.html"};
  EXPECT_EQ(*key_for(site, "/a%20b/c+d"), "a b/c+d");
  EXPECT_EQ(*key_for(site, "/a%2520"), "a%20");
  EXPECT_EQ(*key_for(site, "/a//b/../c"), "a//b/../c");
  EXPECT_EQ(*key_for(site, "//a"), "/a");
}

TEST(SiteMatch, prefix_and_index_are_added) {
  const SiteSettings site{.prefix = "web/", .index = "index.html"};
  EXPECT_EQ(*key_for(site, "/"), "web/index.html");
  EXPECT_EQ(*key_for(site, "/docs/"), "web/docs/index.html");
  EXPECT_EQ(*key_for(site, "/docs"), "web/docs");
}

TEST(SiteMatch, what_cannot_be_a_key_is_refused) {
  const SiteSettings site{.index = ""};
  EXPECT_EQ(key_for(site, "/%zz").error().fault, Fault::kInvalid);
  EXPECT_EQ(key_for(site, "/a%2").error().fault, Fault::kInvalid);
  EXPECT_EQ(key_for(site, "/").error().fault, Fault::kNotFound);
  EXPECT_EQ(key_for(site, "/" + std::string(1025, 'a')).error().fault, Fault::kInvalid);
  EXPECT_TRUE(key_for(site, "/" + std::string(1024, 'a')));
  EXPECT_EQ(key_for(site, "/%2eevershore/x").error().fault, Fault::kNotFound);
}

}  // namespace
}  // namespace evershore::edge
