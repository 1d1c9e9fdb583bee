#include "edge/website.h"

#include <gtest/gtest.h>

namespace evershore::edge {
namespace {

Visited visit(std::string key, std::string_view query = "", bool tls = false) {
  return {.key = std::move(key), .host = "www.example.com:8080", .query = query, .tls = tls};
}

struct Row {
  const char* sentence;
  RedirectSettings rule;
  Visited visited;
  uint16_t error = 0;
  const char* location = nullptr;  // nullptr: the rule does not apply
  uint16_t status = 301;
};

TEST(Website, a_rule_of_the_bucket_becomes_a_location) {
  const Row rows[] = {
      {"a prefix is replaced",
       {.key_prefix = "docs/", .replace_key_prefix_with = "documents/", .replaces_prefix = true},
       visit("docs/a b.html"),
       0,
       "/documents/a%20b.html"},
      {"another key is left alone", {.key_prefix = "docs/", .replaces_prefix = true}, visit("doc/a"), 0, nullptr},
      {"a prefix is taken away", {.key_prefix = "old/", .replaces_prefix = true}, visit("old/x"), 0, "/x"},
      {"the whole key is replaced", {.key_prefix = "images/", .replace_key_with = "gone.html"}, visit("images/1.png"), 0, "/gone.html"},
      {"a rule for an error waits for it",
       {.error_status = 404, .host = "old.example.com", .replace_key_prefix_with = "report-404/", .replaces_prefix = true},
       visit("x"),
       0,
       nullptr},
      {"and applies then, without a prefix to everything",
       {.error_status = 404, .host = "old.example.com", .replace_key_prefix_with = "report-404/", .replaces_prefix = true},
       visit("x"),
       404,
       "http://old.example.com/report-404/x"},
      {"another error is none of its", {.error_status = 404, .replace_key_with = "x"}, visit("a"), 403, nullptr},
      {"both conditions have to hold", {.key_prefix = "b", .error_status = 404, .replace_key_with = "x"}, visit("a"), 404, nullptr},
      {"host alone keeps the scheme", {.host = "b.example.com"}, visit("k", "", true), 0, "https://b.example.com/k"},
      {"protocol alone keeps the host", {.protocol = "https", .status = 307}, visit("k"), 0, "https://www.example.com:8080/k", 307},
      {"a fragment is written as it is", {.error_status = 404, .replace_key_with = "#!/home"}, visit("k", "a=1"), 404, "/#!/home"},
      {"so is a query of the rule's own",
       {.error_status = 404, .host = "api.example.com", .replace_key_prefix_with = "resize?key=", .replaces_prefix = true},
       visit("300x300/\xc3\xa9.png", "a=1"),
       404,
       "http://api.example.com/resize?key=300x300/%C3%A9.png"},
      {"else the visitor's query is kept", {.replace_key_with = "x"}, visit("k", "a=%20b"), 0, "/x?a=%20b"},
      {"what would name another host does not",
       {.protocol = "", .replace_key_prefix_with = "", .replaces_prefix = true},
       visit("/evil.example"),
       0,
       "/%2Fevil.example"},
      {"what would end the field does not",
       {.replace_key_prefix_with = "a b", .replaces_prefix = true},
       visit("x\r\ny"),
       0,
       "/a%20bx%0D%0Ay"},
  };
  for (const Row& row : rows) {
    const auto got = redirect_for(std::span(&row.rule, 1), row.visited, row.error);
    ASSERT_EQ(got.has_value(), row.location != nullptr) << row.sentence;
    if (got) EXPECT_EQ(*got, (Redirect{row.status, row.location})) << row.sentence;
  }
}

TEST(Website, the_first_rule_that_applies_counts) {
  const RedirectSettings rules[] = {{.key_prefix = "a/", .replace_key_with = "one"}, {.key_prefix = "a", .replace_key_with = "two"}};
  EXPECT_EQ(redirect_for(rules, visit("a/x"), 0)->location, "/one");
  EXPECT_EQ(redirect_for(rules, visit("ax"), 0)->location, "/two");
  EXPECT_FALSE(redirect_for(rules, visit("x"), 0));
}

TEST(Website, all_requests_go_to_another_host_with_path_and_query) {
  EXPECT_EQ(redirect_all({.host = "b.example.com"}, "/a%20b?c=d", true), (Redirect{301, "https://b.example.com/a%20b?c=d"}));
  EXPECT_EQ(redirect_all({.host = "b.example.com", .protocol = "http"}, "//x", true), (Redirect{301, "http://b.example.com//x"}));
}

TEST(Website, a_folder_is_what_could_have_an_index_below_it) {
  SiteSettings site;
  EXPECT_TRUE(may_be_folder(site, visit("docs")));
  EXPECT_FALSE(may_be_folder(site, visit("docs/")));
  EXPECT_FALSE(may_be_folder(site, visit("")));
  site.index = "";
  EXPECT_FALSE(may_be_folder(site, visit("docs")));
  site.index = "index.html";
  site.behaviour.folder_redirect = false;
  EXPECT_FALSE(may_be_folder(site, visit("docs")));
  EXPECT_EQ(folder_redirect(visit("a b", "q")), (Redirect{302, "/a%20b/?q"}));
  EXPECT_EQ(folder_redirect(visit("/evil.example")), (Redirect{302, "/%2Fevil.example/"}));
}

TEST(Website, an_object_that_is_a_redirect) {
  http::ResponseHead head;
  head.headers = {
      {"X-Amz-Website-Redirect-Location", "/new"}, {"Content-Type", "text/html"}, {"ETag", "\"v\""}, {"Cache-Control", "max-age=5"}};
  auto redirect = head;
  EXPECT_TRUE(apply_object_redirect(redirect));
  EXPECT_EQ(redirect.status, 301);
  EXPECT_EQ(redirect.headers.get("location"), "/new");
  EXPECT_EQ(redirect.headers.get("cache-control"), "max-age=5");
  EXPECT_EQ(redirect.headers.size(), 2u);
  head.headers.set("X-Amz-Website-Redirect-Location", "javascript:x");
  EXPECT_FALSE(apply_object_redirect(head));
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers.size(), 3u);
}

TEST(Website, pages_for_errors_and_what_they_answer) {
  SiteSettings site;
  EXPECT_FALSE(error_page_for(site, 404));
  site.error_document = "404.html";
  EXPECT_EQ(error_page_for(site, 404)->document, "404.html");
  EXPECT_EQ(error_page_for(site, 404)->answer, 404u);
  EXPECT_FALSE(error_page_for(site, 403));
  site.negative_ttl = std::chrono::seconds(3);
  EXPECT_EQ(negative_ttl_of(site), std::chrono::seconds(3));
  site.behaviour.error_pages = {{.status = 403, .document = "login.html", .answer = 200},
                                {.status = 404, .document = "app.html", .ttl = std::chrono::seconds(10)}};
  EXPECT_EQ(error_page_for(site, 403)->answer, 200u);
  EXPECT_EQ(error_page_for(site, 404)->document, "app.html");
  EXPECT_EQ(error_page_for(site, 404)->answer, 404u);
  EXPECT_EQ(negative_ttl_of(site), std::chrono::seconds(10));
}

}  // namespace
}  // namespace evershore::edge
