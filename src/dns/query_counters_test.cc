#include "dns/query_counters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace evershore::dns {
namespace {

using testing::ElementsAre;

Name name(std::string_view text) { return *Name::parse(text); }

TEST(QueryCounters, AZoneKeepsItsRowOverReloads) {
  ZoneRegister all;
  EXPECT_THAT(all.rows_of(std::array{name("one.example"), name("two.example")}), ElementsAre(1, 2));
  EXPECT_THAT(all.rows_of(std::array{name("two.example")}), ElementsAre(2));
  EXPECT_THAT(all.rows_of(std::array{name("three.example"), name("ONE.example")}), ElementsAre(3, 1));
  EXPECT_EQ(all.zones().size(), 4U);
}

TEST(QueryCounters, ZonesBeyondTheLastRowShareTheFirst) {
  ZoneRegister all;
  std::vector<Name> apexes;
  for (size_t i = 1; i <= kZoneRows; ++i) apexes.push_back(name(fmt::format("z{}.example", i)));
  const auto rows = all.rows_of(apexes);
  EXPECT_EQ(rows[kZoneRows - 2], kZoneRows - 1);
  EXPECT_EQ(rows[kZoneRows - 1], 0U);
}

TEST(QueryCounters, KnownTypesHaveAColumnAndAllOthersTheFirst) {
  for (size_t i = 1; i < kTypeColumns; ++i) EXPECT_EQ(type_column(kCountedTypes[i].type), i);
  for (const uint16_t type : {uint16_t{0}, uint16_t{3}, uint16_t{256}, uint16_t{258}, uint16_t{65'535}}) EXPECT_EQ(type_column(type), 0U);
}

}  // namespace
}  // namespace evershore::dns
