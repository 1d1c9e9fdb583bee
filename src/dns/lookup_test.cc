#include "dns/lookup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dns/lookup_test_support.h"

namespace evershore::dns {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using Kind = Heard::Kind;
using testing_support::address;
using testing_support::name;
using testing_support::reply;
using testing_support::Said;

constexpr uint16_t kId = 0x1234;
const LookupQuestion kQuestion{name("www.example.net"), dnswire::kTypeA};

Heard heard(const Said& said) { return hear(reply(kQuestion, kId, said), kQuestion, kId); }

TEST(Hear, takes_the_addresses_in_order_without_duplicates_and_the_least_ttl) {
  const auto all = heard({.answers = {{"www.example.net", "A", 60, "192.0.2.9"},
                                      {"WWW.example.net", "A", 30, "192.0.2.1"},
                                      {"www.example.net", "A", 60, "192.0.2.9"},
                                      {"other.example.net", "A", 1, "192.0.2.66"}}});
  EXPECT_EQ(all.kind, Kind::kAddresses);
  EXPECT_THAT(all.rdata, ElementsAre(address("192.0.2.1"), address("192.0.2.9")));
  EXPECT_EQ(all.ttl_seconds, 30U);
}

TEST(Hear, follows_cnames_in_any_order_and_their_ttl_counts) {
  const auto all = heard({.answers = {{"b.example.org", "A", 300, "192.0.2.1"},
                                      {"a.example.org", "CNAME", 20, "b.example.org"},
                                      {"www.example.net", "CNAME", 300, "a.example.org"}}});
  EXPECT_EQ(all.kind, Kind::kAddresses);
  EXPECT_EQ(all.ttl_seconds, 20U);
}

TEST(Hear, a_circle_of_cnames_ends) {
  EXPECT_EQ(heard({.answers = {{"www.example.net", "CNAME", 20, "www.example.net"}}}).kind, Kind::kFailed);
}

TEST(Hear, more_addresses_than_the_limit_are_cut_the_same_way_each_time) {
  Said said;
  for (int i = 0; i < 40; ++i) said.answers.push_back({"www.example.net", "A", 60, "192.0.2." + std::to_string(i)});
  const auto first = heard(said);
  EXPECT_THAT(first.rdata, SizeIs(kLookupAddressesMax));
  std::ranges::reverse(said.answers);
  EXPECT_EQ(heard(said).rdata, first.rdata);
}

TEST(Hear, nothing_is_what_a_soa_from_above_proves) {
  const std::string soa = "ns. h. 1 2 3 4 40";
  for (const auto rcode : {dnswire::Rcode::kNoError, dnswire::Rcode::kNxDomain}) {
    const auto nothing = heard({.rcode = rcode, .authorities = {{"example.net", "SOA", 300, soa}}});
    EXPECT_EQ(nothing.kind, Kind::kNothing);
    EXPECT_EQ(nothing.ttl_seconds, 40U);
    EXPECT_EQ(heard({.rcode = rcode}).kind, Kind::kFailed);
    EXPECT_EQ(heard({.rcode = rcode, .authorities = {{"example.org", "SOA", 300, soa}}}).kind, Kind::kFailed);
  }
  const auto behind = heard({.rcode = dnswire::Rcode::kNxDomain,
                             .answers = {{"www.example.net", "CNAME", 7, "gone.example.org"}},
                             .authorities = {{"example.org", "SOA", 300, soa}}});
  EXPECT_EQ(behind.kind, Kind::kNothing);
  EXPECT_EQ(behind.ttl_seconds, 7U);
}

TEST(Hear, other_codes_are_failures) {
  const auto refused = heard({.rcode = dnswire::Rcode::kRefused});
  EXPECT_EQ(refused.kind, Kind::kFailed);
  EXPECT_THAT(refused.why, HasSubstr("REFUSED"));
  EXPECT_EQ(heard({.rcode = dnswire::Rcode::kServFail}).kind, Kind::kFailed);
}

TEST(Hear, what_does_not_answer_the_question_is_foreign) {
  const Said said{.answers = {{"www.example.net", "A", 60, "192.0.2.9"}}};
  const auto packet = reply(kQuestion, kId, said);
  EXPECT_EQ(hear(packet, kQuestion, kId + 1).kind, Kind::kForeign);
  EXPECT_EQ(hear(packet, {kQuestion.name, dnswire::kTypeAaaa}, kId).kind, Kind::kForeign);
  EXPECT_EQ(hear(packet, {name("example.net"), dnswire::kTypeA}, kId).kind, Kind::kForeign);
  EXPECT_EQ(hear(std::span(packet).first(packet.size() - 1), kQuestion, kId).kind, Kind::kForeign);
  EXPECT_EQ(hear({}, kQuestion, kId).kind, Kind::kForeign);
  auto query = packet;
  query[2] &= 0x7F;
  EXPECT_EQ(hear(query, kQuestion, kId).kind, Kind::kForeign);
  auto other_class = packet;
  other_class[dnswire::kHeaderBytes + kQuestion.name.wire().size() + 3] = 3;
  EXPECT_EQ(hear(other_class, kQuestion, kId).kind, Kind::kForeign);
}

TEST(Hear, a_truncated_answer_says_so_whatever_is_in_it) {
  EXPECT_EQ(heard({.truncated = true, .answers = {{"www.example.net", "A", 60, "192.0.2.9"}}}).kind, Kind::kTruncated);
}

TEST(BuildLookup, asks_for_recursion_with_edns) {
  const auto packet = build_lookup(kQuestion, kId);
  dnswire::Query query;
  ASSERT_EQ(dnswire::parse_query(packet, query), dnswire::Verdict::kOk);
  EXPECT_EQ(query.id, kId);
  EXPECT_NE(query.flags & dnswire::kFlagRd, 0);
  EXPECT_EQ(query.type, dnswire::kTypeA);
  EXPECT_EQ(query.edns.payload_bytes, 1232);
}

}  // namespace
}  // namespace evershore::dns
