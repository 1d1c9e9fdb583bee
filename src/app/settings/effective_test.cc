#include <gtest/gtest.h>

#include <algorithm>

#include "app/settings/settings.h"

namespace evershore::app {
namespace {

constexpr const char* kFile = R"([node]
name = "n1"
[regions.east]
endpoint = "http://127.0.0.1:9001"
bucket = "b"
access_key = "KEY"
secret_key = "hunter2"
check = { interval = "2s" }
[sites.assets]
hosts = ["a.example", "b.example"]
regions = ["east"]
[[alerts]]
on = ["region"]
webhook = "https://hooks.example/T000/B000/hunter2"
)";

EffectiveSetting one(const std::vector<EffectiveSetting>& all, const std::string& path) {
  const auto at = std::ranges::find(all, path, &EffectiveSetting::path);
  return at == all.end() ? EffectiveSetting{.path = "absent"} : *at;
}

TEST(EffectiveSettings, tell_each_value_and_where_it_is_from) {
  const Loaded loaded = parse_settings(kFile, "/etc/evershore.toml");
  ASSERT_TRUE(loaded.problems.empty()) << format_problem(loaded.problems.front());
  const auto all = effective_settings(loaded.settings, loaded.lines);
  EXPECT_EQ(one(all, "node.name").value, "n1");
  EXPECT_EQ(one(all, "node.name").line, 2u);
  EXPECT_TRUE(one(all, "node.data").restart);
  EXPECT_EQ(one(all, "node.data").line, 0u) << "the default";
  EXPECT_EQ(one(all, "regions.east.check.interval").value, "2s");
  EXPECT_EQ(one(all, "regions.east.check.interval").line, 8u);
  EXPECT_EQ(one(all, "sites.assets.hosts").value, "a.example, b.example");
  EXPECT_EQ(one(all, "sites.assets.failback.mode").line, 0u);
  EXPECT_FALSE(one(all, "sites.assets.failback.mode").value.empty());
}

TEST(EffectiveSettings, keep_secrets) {
  const Loaded loaded = parse_settings(kFile, "/etc/evershore.toml");
  const auto all = effective_settings(loaded.settings, loaded.lines);
  for (const auto& each : all) EXPECT_FALSE(each.value.contains("hunter2")) << each.path;
  EXPECT_EQ(one(all, "regions.east.secret_key").value, "set");
  EXPECT_EQ(one(all, "admin.token").value, "not set");
  EXPECT_EQ(one(all, "alerts[0].webhook").value, "https://hooks.example/...");
}

}  // namespace
}  // namespace evershore::app
