// How the edge meets its clients, and whom the process becomes: what is read, and what is refused.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "app/settings/settings.h"

namespace evershore::app {
namespace {

using namespace std::chrono_literals;

Loaded load(std::string_view text) { return parse_settings(text, "/etc/evershore/evershore.toml"); }

std::string problems_of(std::string_view text) {
  std::string told;
  for (const Problem& problem : load(text).problems) told += fmt::format("{}:{}: {}\n", problem.line, problem.column, problem.message);
  return told;
}

TEST(FrontSettings, AreReadAndPathsOfLogsStartFromTheFilesFolder) {
  const auto loaded = load(R"(
[node]
user = "nobody"
[edge]
access_log = { path = "log/access", format = "combined" }
limits = { connections = 100, connections_per_client = 7, header_timeout = "3s", rate = "2KiB", rate_window = "5s", header_bytes = "16KiB" }
proxy_protocol = { from = ["10.0.0.0/8"] }
trusted_proxies = ["192.0.2.1", "2001:db8::/32"]
client_field = "forwarded"
)");
  ASSERT_TRUE(loaded.problems.empty()) << loaded.problems.front().message;
  const auto& edge = loaded.settings.edge;
  EXPECT_EQ(loaded.settings.node.user, "nobody");
  EXPECT_EQ(edge.access_log.path, "/etc/evershore/log/access");
  EXPECT_EQ(edge.access_log.format, AccessFormat::kCombined);
  EXPECT_EQ(edge.limits.connections_max, 100U);
  EXPECT_EQ(edge.limits.connections_per_client_max, 7U);
  EXPECT_EQ(edge.limits.header_timeout, 3s);
  EXPECT_EQ(edge.limits.rate_bytes_min, 2'048U);
  EXPECT_EQ(edge.limits.rate_window, 5s);
  EXPECT_EQ(edge.limits.header_bytes_max, 16'384U);
  EXPECT_EQ(edge.proxies.protocol_from, std::vector<std::string>{"10.0.0.0/8"});
  EXPECT_EQ(edge.proxies.trusted.size(), 2U);
  EXPECT_EQ(edge.proxies.field, ClientField::kForwarded);
  EXPECT_EQ(load("[edge]\naccess_log = { path = \"stdout\" }\n").settings.edge.access_log.path, "stdout");
}

TEST(FrontSettings, WithoutThemTheContractsLimitsHold) {
  const auto limits = load("").settings.edge.limits;
  EXPECT_EQ(limits.header_bytes_max, 32U * 1024);
  EXPECT_EQ(limits.request_line_bytes_max, 16U * 1024);
}

TEST(FrontSettings, AreRefusedWithTheirPlace) {
  EXPECT_EQ(problems_of("[node]\nuser = \"no-such-user\"\n"), "2:8: node.user: there is no user \"no-such-user\" here\n");
  EXPECT_EQ(problems_of("[edge]\ntrusted_proxies = [\"0.0.0.0/0\"]\n"),
            "2:20: edge.trusted_proxies[0]: holds everybody: name the proxies' own networks\n");
  EXPECT_NE(problems_of("[edge]\nproxy_protocol = { from = [\"ten\"] }\n").find("is not a network"), std::string::npos);
  EXPECT_EQ(problems_of("[edge]\naccess_log = { format = \"json\" }\n"), "2:1: edge.access_log.path: is missing\n");
  EXPECT_NE(problems_of("[edge]\naccess_log = { path = \"a\", format = \"xml\" }\n").find("edge.access_log.format"), std::string::npos);
  EXPECT_NE(problems_of("[edge]\nlimits = { header_bytes = \"1KiB\" }\n").find("edge.limits.request_line_bytes: is more than header_bytes"),
            std::string::npos);
  EXPECT_NE(problems_of("[edge]\nlimits = { connections = 0 }\n").find("edge.limits.connections"), std::string::npos);
  EXPECT_NE(problems_of("[edge]\nlimits = { connection = 1 }\n").find("did you mean \"connections\"?"), std::string::npos);
}

}  // namespace
}  // namespace evershore::app
