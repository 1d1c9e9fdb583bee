// The settings of a site's reads: where they land, and what is wrong with them.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "app/settings/settings.h"

namespace evershore::app {
namespace {

using namespace std::chrono_literals;

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

TEST(SiteReads, choose_by_weight_with_a_ramp) {
  const auto loaded = load(R"(choice = "weights"
weights = { east = 70, west = 0 }
failback = { mode = "immediate", ramp = ["0.5%", "10%", "100%"], step = "10s" }
)");
  ASSERT_TRUE(loaded.problems.empty()) << loaded.problems.front().message;
  const auto& site = loaded.settings.sites.at("a");
  EXPECT_EQ(site.reads.choice, ChoiceMode::kWeights);
  EXPECT_EQ(site.reads.weights, (std::map<std::string, uint32_t>{{"east", 70}, {"west", 0}}));
  EXPECT_EQ(site.failback.ramp, (RampSettings{{"0.5%", "10%", "100%"}, 10s}));
}

TEST(SiteReads, weights_that_cannot_be_meant_are_problems) {
  EXPECT_EQ(problems_of("choice = \"weights\""), "10: sites.a.choice: needs weights, one of them above 0: weights = { REGION = 1 }\n");
  EXPECT_EQ(problems_of("choice = \"weights\"\nweights = { east = 0 }"),
            "10: sites.a.choice: needs weights, one of them above 0: weights = { REGION = 1 }\n");
  EXPECT_EQ(problems_of("weights = { east = 1 }"), "10: sites.a.weights: have no effect without choice = \"weights\"\n");
  EXPECT_EQ(problems_of("choice = \"weights\"\nweights = { eats = 1 }"),
            "11: sites.a.weights.eats: \"eats\" is no region of this site; did you mean \"east\"?\n");
  EXPECT_EQ(problems_of("choice = \"weights\"\nweights = { east = 1001 }"),
            "11: sites.a.weights.east: 1001 is out of bounds; allowed is 0 to 1000\n");
  EXPECT_EQ(problems_of("choice = \"weights\"\nweights = { east = \"1\" }"), "11: sites.a.weights.east: must be a number, not a text\n");
}

TEST(SiteReads, ramps_rise) {
  EXPECT_EQ(problems_of("failback = { ramp = [\"1\"] }"),
            "10: sites.a.failback.ramp[0]: \"1\" is no share; write \"1%\", \"0.5%\" or \"100%\"\n");
  EXPECT_EQ(problems_of("failback = { ramp = [\"10%\", \"10%\"] }"),
            "10: sites.a.failback.ramp[1]: is not larger than the share before it\n");
  EXPECT_EQ(problems_of("failback = { step = \"10ms\" }"),
            "10: sites.a.failback.step: \"10ms\" is out of bounds; allowed is 100ms to 1d\n");
}

}  // namespace
}  // namespace evershore::app
