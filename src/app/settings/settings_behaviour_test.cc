// The settings of how a site behaves: where they land, and what is wrong with them.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "app/settings/settings.h"

namespace evershore::app {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kSite = R"([regions.east]
endpoint = "http://127.0.0.1:9001"
bucket = "e"
[sites.a]
hosts = ["a.example.com"]
regions = ["east"]
)";

std::string problems_of(std::string_view text) {
  std::string told;
  for (const Problem& problem : parse_settings(fmt::format("{}{}", kSite, text), "/etc/evershore.toml").problems)
    told += fmt::format("{}: {}\n", problem.line, problem.message);
  return told;
}

TEST(SiteBehaviour, lands_in_its_fields) {
  const auto loaded = parse_settings(fmt::format("{}{}", kSite, R"(
folder_redirect = false
redirect_all = { host = "www.example.com", protocol = "https" }
redirects = [
  { key_prefix = "old/", replace_key_prefix_with = "" },
  { http_error_code_equals = 404, host = "b.example.com:8443", replace_key_with = "x?y#z", http_redirect_code = 302 },
]
error_pages = [{ status = 403, document = "login.html", answer = 200 }, { status = 404, document = "404.html", ttl = "10s" }]
cors = [{ origins = ["*"], methods = ["GET", "HEAD"], headers = ["*"], expose = ["ETag"], max_age = "1h" }]
access = { methods = ["GET"], referers = ["*.Example.com"], referer_absent = false }
signed = { keys = [{ id = "k1", secret = "0123456789abcdef" }], prefixes = ["private/"] }
compress = false
compression = { types = ["text/*"], min_size = "2KiB", max_size = "1MiB" }
[sites.a.headers]
security = true
set = { "X-Shop" = "a, b" }
override = { "Cache-Control" = "max-age=60" }
remove = ["Server"]
)"),
                                     "/etc/evershore.toml");
  ASSERT_TRUE(loaded.problems.empty()) << loaded.problems.front().message;
  const auto& got = loaded.settings.sites.at("a").behaviour;
  EXPECT_FALSE(got.folder_redirect);
  EXPECT_EQ(got.redirect_all, (RedirectAllSettings{"www.example.com", "https"}));
  EXPECT_EQ(got.redirects, (std::vector<RedirectSettings>{
                               {.key_prefix = "old/", .replaces_prefix = true},
                               {.error_status = 404, .host = "b.example.com:8443", .replace_key_with = "x?y#z", .status = 302}}));
  EXPECT_EQ(got.error_pages, (std::vector<ErrorPageSettings>{{.status = 403, .document = "login.html", .answer = 200},
                                                             {.status = 404, .document = "404.html", .ttl = 10s}}));
  EXPECT_EQ(
      got.cors,
      (std::vector<CorsRuleSettings>{{.origins = {"*"}, .methods = {"GET", "HEAD"}, .headers = {"*"}, .expose = {"ETag"}, .max_age = 1h}}));
  EXPECT_EQ(got.access, (AccessSettings{.methods = {"GET"}, .referers = {"*.example.com"}, .referer_absent = false}));
  EXPECT_EQ(got.signing, (SignedSettings{.keys = {{"k1", Secret("0123456789abcdef")}}, .prefixes = {"private/"}}));
  EXPECT_EQ(got.compression, (CompressionSettings{.on = false, .types = {"text/*"}, .least_bytes = 2048, .most_bytes = 1 << 20}));
  EXPECT_EQ(got.headers,
            (HeaderPolicySettings{
                .set = {{"X-Shop", "a, b"}}, .override = {{"Cache-Control", "max-age=60"}}, .remove = {"Server"}, .security = true}));
}

TEST(SiteBehaviour, what_is_wrong_is_told_at_its_place) {
  struct Row {
    const char* text;
    const char* problems;
  };
  const Row rows[] = {
      {"redirects = [{ key_prefix = \"a\" }]",
       "7: sites.a.redirects[0]: leads nowhere: give host, protocol, replace_key_prefix_with or replace_key_with\n"},
      {"redirects = [{ replace_key_prefix_with = \"a\", replace_key_with = \"b\" }]",
       "7: sites.a.redirects[0].replace_key_with: stands beside replace_key_prefix_with; give one\n"},
      {"redirects = [{ host = \"b\", http_redirect_code = 304 }]",
       "7: sites.a.redirects[0].http_redirect_code: 304 is no redirect; allowed are 301, 302, 303, 307 and 308\n"},
      {"redirects = [{ host = \"http://b\" }]",
       "7: sites.a.redirects[0].host: \"http://b\" is not a host; write \"www.example.com\" or \"www.example.com:8443\"\n"},
      {"redirects = [{ host = \"b\", http_error_code_equals = 200 }]",
       "7: sites.a.redirects[0].http_error_code_equals: 200 is out of bounds; allowed is 400 to 599\n"},
      {"redirects = [{ host = \"b\", hosts = \"c\" }]", "7: unknown key \"hosts\" in sites.a.redirects[0]; did you mean \"host\"?\n"},
      {"redirect_all = { protocol = \"https\" }", "7: sites.a.redirect_all.host: is missing\n"},
      {"error_pages = [{ document = \"x\" }]", "7: sites.a.error_pages[0].status: is missing\n"},
      {"error_pages = [{ status = 404 }]", "7: sites.a.error_pages[0].document: is missing\n"},
      {"error_pages = [{ status = 418, document = \"x\" }]",
       "7: sites.a.error_pages[0].status: 418 is no error of the edge; those are 400, 403, 404, 405, 416 and 503\n"},
      {"error_pages = [{ status = 404, document = \"x\", answer = 302 }]",
       "7: sites.a.error_pages[0].answer: 302 cannot be the answer; allowed are 200 and 400 to 599\n"},
      {"error_pages = [{ status = 403, document = \"x\", ttl = \"1s\" }]", "7: sites.a.error_pages[0].ttl: only a 404 is remembered\n"},
      {"error_pages = [{ status = 403, document = \"x\" }, { status = 403, document = \"y\" }]",
       "7: sites.a.error_pages[1]: there is a page for 403 already\n"},
      {"cors = [{ origins = [\"https://*.*\"], methods = [\"GET\"] }]",
       "7: sites.a.cors[0].origins[0]: \"https://*.*\" has more than one '*'\n"},
      {"access = { methods = [\"PUT\"] }", "7: sites.a.access.methods[0]: PUT needs forward = \"requests\": this site is read-only\n"},
      {"signed = { keys = [{ id = \"k\", secret = \"short\" }] }",
       "7: sites.a.signed.keys[0].secret: is too short; make one with: openssl rand -hex 32\n"},
      {"signed = { keys = [{ id = \"k\" }] }", "7: sites.a.signed.keys[0].secret: is missing\n"},
      {"signed = { keys = [{ id = \"k\", secret = \"0123456789abcdef\" }, { id = \"k\", secret = \"0123456789abcdeg\" }] }",
       "7: sites.a.signed.keys[1].id: \"k\" is there twice\n"},
      {"signed = { prefixes = [\"a/\"] }", "7: sites.a.signed.keys: is missing\n"},
      {"compression = { min_size = \"2MB\", max_size = \"1MB\" }", "7: sites.a.compression.min_size: is more than max_size\n"},
      {"compression = { types = [\"html\"] }",
       "7: sites.a.compression.types[0]: \"html\" is not a media type; write \"application/json\" or \"text/*\"\n"},
      {"compress = false\nprecompressed = true", "8: sites.a.precompressed: needs compress = true\n"},
      {"headers = { set = { \"Content-Length\" = \"1\" } }",
       "7: sites.a.headers.set.Content-Length: Content-Length is not for a policy to change\n"},
      {"headers = { override = { \"X A\" = \"1\" } }", "7: sites.a.headers.override.X A: \"X A\" is not the name of a field\n"},
      {"headers = { override = { \"X-A\" = \"a\\nb\" } }", "7: sites.a.headers.override.X-A: a field's value has no control characters\n"},
      {"headers = { remove = [\"etag\"] }", "7: sites.a.headers.remove[0]: etag is not for a policy to change\n"},
  };
  for (const Row& row : rows) EXPECT_EQ(problems_of(row.text), row.problems) << row.text;
}

}  // namespace
}  // namespace evershore::app
