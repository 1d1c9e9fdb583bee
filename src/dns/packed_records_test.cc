#include "dns/packed_records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dns/record_pool.h"
#include "wire/dns/types.h"

namespace evershore::dns {
namespace {

using dnswire::kTypeA;
using dnswire::kTypeTxt;
using testing::ElementsAre;

Name name(std::string_view text) { return *Name::parse(text); }

PackedRecords example() {
  RecordPacker packer;
  packer.begin_name(name("a.example").wire());
  packer.begin_set(kTypeA, 60);
  packer.add_rdata("\1\2\3\4");
  packer.add_rdata("\5\6\7\10");
  packer.begin_set(kTypeTxt, 70);
  packer.add_rdata(std::string(300, 't'));
  packer.begin_name(name("B.example").wire());
  packer.begin_set(kTypeTxt, 80);
  packer.add_rdata("");
  return std::move(packer).finish();
}

TEST(PackedRecords, GiveBackWhatWasPacked) {
  const auto packed = example();
  ASSERT_EQ(packed.names(), 2U);
  const auto node = packed.node(0);
  EXPECT_EQ(node.at(kTypeA).ttl, 60U);
  EXPECT_THAT(node.at(kTypeA).rdata, ElementsAre("\1\2\3\4", "\5\6\7\10"));
  EXPECT_THAT(node.at(kTypeTxt).rdata, ElementsAre(std::string(300, 't')));
  EXPECT_EQ(packed.name(1).text(), "B.example.") << "letters as they were written";
  EXPECT_THAT(packed.node(1).at(kTypeTxt).rdata, ElementsAre(""));
}

TEST(PackedRecords, NamesAreFoundWhateverTheirLetters) {
  const auto packed = example();
  EXPECT_EQ(packed.find(name("A.EXAMPLE")), 0U);
  EXPECT_EQ(packed.find(name("b.example")), 1U);
  EXPECT_EQ(packed.find(name("c.example")), std::nullopt);
  EXPECT_EQ(packed.find(name("example")), std::nullopt);
  EXPECT_EQ(PackedRecords().find(name("a.example")), std::nullopt);
}

TEST(RecordPool, SortsByOwnerThenTypeAndKeepsTheOrderWithin) {
  RecordPool pool;
  const auto add = [&](std::string_view owner, uint16_t type, std::string_view rdata) {
    pool.add(name(owner), {.owner = {}, .type = type, .ttl = 5, .rdata = rdata, .source = 1, .line = 2});
  };
  add("www.example", kTypeTxt, "z");
  add("WWW.example", kTypeA, "2");
  add("a-very-long-label-indeed.example", kTypeA, "x");
  add("www.example", kTypeA, "1");
  add("a-very-long-label-also.example", kTypeA, "y");
  pool.sort();
  std::vector<std::string> order;
  for (size_t i = 0; i < pool.size(); ++i) order.emplace_back(pool[i].rdata);
  EXPECT_THAT(order, ElementsAre("2", "1", "z", "y", "x")) << "a shorter first label sorts first";
  EXPECT_EQ(pool.end_of_owner(0), 3U);
  EXPECT_EQ(pool.end_of_owner(3), 4U);
  EXPECT_EQ(pool[0].ttl, 5U);
  EXPECT_EQ(pool[0].source, 1U);
  EXPECT_EQ(pool[0].line, 2U);
}

}  // namespace
}  // namespace evershore::dns
