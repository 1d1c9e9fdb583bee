#include "dns/places.h"

#include <gtest/gtest.h>

namespace evershore::dns {
namespace {

PlaceTable::Area area(std::string_view prefix, std::string name) { return {*parse_prefix(prefix), {std::move(name)}}; }

struct Places : testing::Test {
  std::shared_ptr<const PlaceTable> table = PlaceTable::build(std::vector{
      area("10.0.0.0/8", "office"),
      area("10.1.0.0/16", "lab"),
      area("10.1.128.0/17", "clean room"),
      area("192.0.2.0/24", "shop"),
      area("2001:db8::/32", "office"),
      area("2001:db8:1::/48", "lab"),
  });

  static Prefix at(std::string_view text) { return *parse_prefix(text); }
  PlaceTable::Found find(std::string_view text) const {
    const Prefix prefix = at(text);
    return table->find(std::span(prefix.address).first(prefix.v6 ? 16 : 4), prefix.bits);
  }
  std::vector<std::string> names(std::string_view text) const { return table->places()[find(text).place]; }
};
using Names = std::vector<std::string>;

TEST_F(Places, the_longest_prefix_wins_and_the_larger_ones_stand_behind_it) {
  EXPECT_EQ(names("10.2.3.4"), Names{"office"});
  EXPECT_EQ(names("10.1.3.4"), (Names{"lab", "office"}));
  EXPECT_EQ(names("10.1.200.4"), (Names{"clean room", "lab", "office"}));
  EXPECT_EQ(names("192.0.2.255"), Names{"shop"});
  EXPECT_EQ(names("192.0.3.0"), Names{});
  EXPECT_EQ(names("9.255.255.255"), Names{});
  EXPECT_EQ(names("11.0.0.0"), Names{});
  EXPECT_EQ(names("2001:db8:1::7"), (Names{"lab", "office"}));
  EXPECT_EQ(names("2001:db8:2::7"), Names{"office"});
  EXPECT_EQ(names("2001:db7::"), Names{});
}

TEST_F(Places, a_v4_address_in_v6_counts_as_v4) { EXPECT_EQ(names("::ffff:192.0.2.1"), Names{"shop"}); }

TEST_F(Places, a_prefix_longer_than_what_is_known_does_not_match) {
  EXPECT_EQ(names("10.1.128.0/17"), (Names{"clean room", "lab", "office"}));
  EXPECT_EQ(names("10.1.0.0/16"), (Names{"lab", "office"}));
  EXPECT_EQ(names("10.0.0.0/15"), Names{"office"});
  EXPECT_EQ(names("10.0.0.0/7"), Names{});
  EXPECT_EQ(find("10.0.0.0/7").scope_bits, 7);
}

TEST_F(Places, all_addresses_within_the_scope_are_at_the_same_place) {
  const char* asked[] = {"10.2.3.4", "10.1.3.4", "10.1.200.4", "192.0.2.9", "192.0.3.9", "8.8.8.8", "255.255.255.255", "0.0.0.0"};
  for (const char* text : asked) {
    const auto found = find(text);
    Prefix low = at(text);
    Prefix high = low;
    for (size_t bit = found.scope_bits; bit < 32; ++bit) {
      low.address[bit / 8] &= static_cast<uint8_t>(~(0x80 >> (bit % 8)));
      high.address[bit / 8] |= static_cast<uint8_t>(0x80 >> (bit % 8));
    }
    EXPECT_EQ(table->find(std::span(low.address).first(4), 32).place, found.place) << text;
    EXPECT_EQ(table->find(std::span(high.address).first(4), 32).place, found.place) << text;
  }
  EXPECT_EQ(find("192.0.2.9").scope_bits, 24);
  EXPECT_EQ(find("192.0.3.9").scope_bits, 24) << "one bit less would hold the shop";
  EXPECT_EQ(find("10.1.3.4").scope_bits, 17);
}

TEST_F(Places, a_table_without_prefixes_knows_no_place_and_answers_for_all) {
  const auto empty = PlaceTable::build({});
  const std::array<uint8_t, 4> address{192, 0, 2, 1};
  EXPECT_EQ(empty->find(address, 32).place, 0);
  EXPECT_EQ(empty->find(address, 32).scope_bits, 0);
  EXPECT_EQ(empty->find({}, 0).place, 0);
}

TEST(ParsePrefix, says_what_is_wrong) {
  EXPECT_TRUE(parse_prefix("192.0.2.1"));
  EXPECT_EQ(parse_prefix("192.0.2.1")->bits, 32);
  EXPECT_EQ(parse_prefix("0.0.0.0/0")->bits, 0);
  for (const char* bad : {"", "192.0.2.0/33", "192.0.2.1/24", "2001:db8::1/64", "2001:db8::/129", "east", "192.0.2.0/", "192.0.2.0/-1"}) {
    EXPECT_FALSE(parse_prefix(bad)) << bad;
  }
}

}  // namespace
}  // namespace evershore::dns
