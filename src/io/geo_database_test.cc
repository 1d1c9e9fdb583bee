#include "io/geo_database.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "io/files.h"
#include "io/test_support.h"

namespace evershore::io {
namespace {

// Made by tests/data/make_countries.py, which says what is in it.
const std::string kExample = std::string(EVERSHORE_SOURCE_DIR) + "/tests/data/countries.mmdb";

TEST(GeoDatabase, tells_each_network_once_with_what_is_known_of_it) {
  const auto networks = read_geo_database(kExample);
  ASSERT_TRUE(networks.has_value()) << networks.error().text;
  std::vector<std::string> lines;
  for (const auto& network : *networks) {
    lines.push_back(fmt::format("{} {}.{}.{}.{}/{} {} {}", network.v6 ? "v6" : "v4", network.address[0], network.address[1],
                                network.address[2], network.address[3], network.bits, network.country, network.continent));
  }
  EXPECT_THAT(lines, testing::UnorderedElementsAre("v4 127.0.0.0/30 XL ", "v4 192.0.2.0/25 DE EU", "v4 192.0.2.128/25 FR EU",
                                                   "v4 198.51.100.0/24 JP AS", "v4 203.0.113.0/24  OC", "v6 32.1.13.184/32 DE EU"));
}

TEST(GeoDatabase, a_file_that_is_none_is_told) {
  EXPECT_EQ(read_geo_database("/nowhere/countries.mmdb").error().fault, Fault::kNotFound);
  EXPECT_EQ(read_geo_database(std::string(EVERSHORE_SOURCE_DIR) + "/README.md").error().fault, Fault::kInvalid);
}

TEST(GeoDatabase, a_damaged_file_is_read_without_harm) {
  const std::string whole = *read_whole_file(kExample, 1 << 20);
  const std::string path = testing::TempDir() + "damaged.mmdb";
  for (size_t at = 0; at < whole.size(); at += 3) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
    std::ofstream(path, std::ios::binary) << damaged;
    const auto networks = read_geo_database(path);
    if (networks) EXPECT_LE(networks->size(), 1'000U) << at;
  }
}

}  // namespace
}  // namespace evershore::io
