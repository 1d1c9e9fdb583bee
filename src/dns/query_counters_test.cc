#include "dns/query_counters.h"

#include <gtest/gtest.h>

namespace evershore::dns {
namespace {

Name name(std::string_view text) { return *Name::parse(text); }

// Hashes of the name and all above it, longest first.
std::vector<uint64_t> hashes(std::string_view text) {
  std::vector<uint64_t> out;
  for (Name at = name(text);; at = at.parent()) {
    out.push_back(dnswire::hash_name(at));
    if (at.is_root()) return out;
  }
}

TEST(QueryCounters, AZoneHasARowAndTheLongestApexWins) {
  ZoneRegister all;
  const auto rows = all.rows_of(std::array{name("example.com"), name("child.example.com")});
  EXPECT_EQ(rows.row_of(hashes("example.com")), 1U);
  EXPECT_EQ(rows.row_of(hashes("a.b.example.com")), 1U);
  EXPECT_EQ(rows.row_of(hashes("www.child.example.com")), 2U);
  EXPECT_EQ(rows.row_of(hashes("example.net")), 0U);
  EXPECT_EQ(ZoneRows().row_of(hashes("example.com")), 0U);
}

TEST(QueryCounters, AZoneKeepsItsRowOverReloadsAndAGoneOneIsNotFoundAnyMore) {
  ZoneRegister all;
  all.rows_of(std::array{name("one.example"), name("two.example")});
  const auto without = all.rows_of(std::array{name("two.example")});
  EXPECT_EQ(without.row_of(hashes("one.example")), 0U);
  EXPECT_EQ(without.row_of(hashes("two.example")), 2U);
  EXPECT_EQ(all.rows_of(std::array{name("ONE.example")}).row_of(hashes("one.example")), 1U);
  EXPECT_EQ(all.zones().size(), 3U);
}

TEST(QueryCounters, ZonesBeyondTheLastRowShareTheFirst) {
  ZoneRegister all;
  std::vector<Name> apexes;
  for (size_t i = 1; i <= kZoneRows; ++i) apexes.push_back(name(fmt::format("z{}.example", i)));
  const auto rows = all.rows_of(apexes);
  for (size_t i = 1; i < kZoneRows; ++i) EXPECT_EQ(rows.row_of(hashes(fmt::format("www.z{}.example", i))), i);
  EXPECT_EQ(rows.row_of(hashes(fmt::format("www.z{}.example", kZoneRows))), 0U);
}

TEST(QueryCounters, KnownTypesHaveAColumnAndAllOthersTheFirst) {
  for (size_t i = 1; i < kTypeColumns; ++i) EXPECT_EQ(type_column(kCountedTypes[i].type), i);
  for (const uint16_t type : {uint16_t{0}, uint16_t{3}, uint16_t{256}, uint16_t{258}, uint16_t{65'535}}) EXPECT_EQ(type_column(type), 0U);
}

}  // namespace
}  // namespace evershore::dns
