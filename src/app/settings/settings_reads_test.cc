// The settings of a site's reads: where they land, and what is wrong with them.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "app/settings/settings.h"

namespace evershore::app {
namespace {

constexpr std::string_view kSite = R"([regions.east]
endpoint = "http://127.0.0.1:9001"
bucket = "e"
[regions.west]
endpoint = "http://127.0.0.1:9002"
bucket = "w"
[sites.a]
hosts = ["a.example.com"]
regions = ["east", "west"]
)";

Loaded load(std::string_view text) { return parse_settings(fmt::format("{}{}", kSite, text), "/etc/evershore.toml"); }

std::string problems_of(std::string_view text) {
  std::string told;
  for (const Problem& problem : load(text).problems) told += fmt::format("{}: {}\n", problem.line, problem.message);
  return told;
}

TEST(SiteReads, want_the_newest_by_default) {
  EXPECT_EQ(load("").settings.sites.at("a").reads.mode, ReadsMode::kLatest);
  EXPECT_EQ(load("reads = \"any\"").settings.sites.at("a").reads.mode, ReadsMode::kAny);
  EXPECT_EQ(load("reads = \"latest\"").settings.sites.at("a").reads.mode, ReadsMode::kLatest);
  EXPECT_EQ(problems_of("reads = \"newest\""), "10: sites.a.reads: \"newest\" is not one of \"latest\", \"any\"\n");
}

}  // namespace
}  // namespace evershore::app
