#include "dns/sign.h"
#include "dns/live_zones.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dns/sign_test_support.h"
#include "wire/dns/rdata.h"

namespace evershore::dns {
namespace {

using namespace std::chrono_literals;
using namespace testing_support;
using dnswire::kTypeA;
using dnswire::kTypeCdnskey;
using dnswire::kTypeCds;
using dnswire::kTypeDnskey;
using dnswire::kTypeNs;
using dnswire::kTypeNsec;
using dnswire::kTypeSoa;
using testing::ElementsAre;
using testing::SizeIs;

constexpr Wall kNow{std::chrono::hours(24 * 20'000)};

PlainZone zone_of_text(std::string_view text, std::string_view apex = "example.com") {
  DnsSettings settings;
  settings.zones = {{.name = std::string(apex), .file = "f", .dnssec = true}};
  const auto loaded = load_zones(settings, {{"f", std::string(text)}});
  for (const auto& problem : loaded.problems) ADD_FAILURE() << problem.message;
  return plain_zones(loaded.zones, {}, {}, {}).zones.at(0);
}

constexpr std::string_view kZone =
    "$TTL 300\n"
    "@ 600 IN SOA ns1 hostmaster 7 3600 600 604800 60\n"
    "@ IN NS ns1\n"
    "ns1 IN A 192.0.2.53\n"
    "b IN A 192.0.2.1\n"
    "*.w IN A 192.0.2.2\n"
    "a.b.c IN TXT x\n"
    "child IN NS ns1.child\n"
    "ns1.child IN A 192.0.2.54\n"
    "safe IN NS ns1\n"
    "safe IN DS 1 13 2 0102030405060708091011121314151617181920212223242526272829303132\n";

std::vector<std::string> chain_of(const PlainZone& zone) {
  std::vector<std::string> out;
  Name at = zone.apex;
  do {
    const auto& rdata = zone.contents.at(at).at(kTypeNsec).rdata.at(0);
    size_t size = 0;
    while (rdata[size] != 0) size += 1 + size_t{static_cast<uint8_t>(rdata[size])};
    out.push_back(at.text());
    at = *Name::from_wire(std::string_view(rdata).substr(0, size + 1));
  } while (at != zone.apex && out.size() < 100);
  return out;
}

TEST(NsecChain, RunsThroughAllNamesThatAreNotBelowADelegation) {
  auto zone = zone_of_text(kZone);
  add_nsec_chain(zone);
  EXPECT_THAT(chain_of(zone), ElementsAre("example.com.", "b.example.com.", "a.b.c.example.com.", "child.example.com.", "ns1.example.com.",
                                          "safe.example.com.", "*.w.example.com."));
  EXPECT_FALSE(zone.contents.at(*Name::parse("ns1.child.example.com")).contains(kTypeNsec));
  EXPECT_EQ(zone.contents.at(zone.apex).at(kTypeNsec).ttl, 60U) << "RFC 9077: the lesser of the SOA's TTL and its minimum";
}

TEST(NsecChain, ANameWithoutDataKeepsItsPlace) {
  auto zone = zone_of_text(kZone);
  zone.contents[*Name::parse("bare.example.com")];
  add_nsec_chain(zone);
  EXPECT_THAT(chain_of(zone), testing::Contains("bare.example.com."));
}

TEST(NsecChain, OfOneNamePointsAtItself) {
  auto zone = zone_of_text("@ 60 IN SOA ns.x. h.x. 1 2 3 4 5\n@ 60 IN NS ns.x.\n");
  add_nsec_chain(zone);
  EXPECT_THAT(chain_of(zone), ElementsAre("example.com."));
}

TEST(TypeBitmap, IsThatOfTheExampleInRfc4034Section4) {
  Node node;
  for (const uint16_t type : {uint16_t{1}, uint16_t{15}, uint16_t{1234}}) node[type].rdata = {"x"};
  std::string expected("\x00\x06\x40\x01\x00\x00\x00\x03\x04\x1b", 10);
  expected += std::string(26, '\0') + "\x20";
  EXPECT_EQ(type_bitmap(node, false), expected);
}

TEST(TypeBitmap, AtADelegationHasTheParentsTypesOnly) {
  const RecordSet some{.ttl = 1, .rdata = {"x"}};
  const Node node{{kTypeA, some}, {kTypeNs, some}, {dnswire::kTypeDs, some}};
  EXPECT_EQ(type_bitmap(node, true), std::string("\0\6\x20\0\0\0\0\x13", 8));
}

struct Signed : testing::Test {
  RecordSet set{.ttl = 300, .rdata = {std::string("\xc0\0\2\2", 4), std::string("\xc0\0\2\1", 4)}};
  Name www = *Name::parse("www.example.com");
  ZoneKey csk = key_from(kPemOfRfc6605, {.role = KeyRole::kCsk, .made = kNow});
  ZoneSigner signer{*Name::parse("example.com"), {csk}};

  static std::string dnskey(const ZoneKey& key) { return dnskey_rdata(key.facts.role, key.key.public_key()); }
};

TEST_F(Signed, ASignatureHoldsBeginsAnHourBackAndEndsInTwoWeeks) {
  signer.begin(kNow);
  const auto rrsigs = signer.signatures(www, kTypeA, set);
  ASSERT_THAT(rrsigs.rdata, SizeIs(1));
  EXPECT_EQ(rrsigs.ttl, 300U);
  EXPECT_TRUE(rrsig_holds(rrsigs.rdata[0], dnskey(csk), www, kTypeA, set));
  const auto fields = read_rrsig(rrsigs.rdata[0]);
  const auto now = static_cast<uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(kNow.time_since_epoch()).count());
  EXPECT_EQ(fields.inception, now - 3600);
  EXPECT_GE(fields.expiration, now + 14 * 86'400);
  EXPECT_LT(fields.expiration, now + 16 * 86'400);
  EXPECT_EQ(fields.labels, 3);
  EXPECT_EQ(fields.signer, *Name::parse("example.com"));
}

TEST_F(Signed, AWildcardsSignatureHoldsForWhatItStandsFor) {
  signer.begin(kNow);
  const auto& rrsigs = signer.signatures(*Name::parse("*.Example.com"), kTypeA, set);
  EXPECT_EQ(read_rrsig(rrsigs.rdata[0]).labels, 2);
  EXPECT_TRUE(rrsig_holds(rrsigs.rdata[0], dnskey(csk), *Name::parse("any.thing.example.com"), kTypeA, set));
}

TEST_F(Signed, TheSameSetIsSignedOnce) {
  signer.begin(kNow);
  const auto first = signer.signatures(www, kTypeA, set);
  signer.end();
  signer.begin(kNow + 1h);
  EXPECT_EQ(signer.signatures(*Name::parse("WWW.example.com"), kTypeA, set), first);
  EXPECT_EQ(signer.made(), 1U);
  set.rdata.pop_back();
  signer.signatures(www, kTypeA, set);
  set.ttl = 5;
  signer.signatures(www, kTypeA, set);
  EXPECT_EQ(signer.made(), 3U);
}

TEST_F(Signed, WhatNobodyNeededForLongIsForgotten) {
  signer.begin(kNow);
  signer.signatures(www, kTypeA, set);
  signer.end();
  for (uint64_t state = 0; state < kStatesKept; ++state) {
    signer.begin(kNow);
    signer.end();
  }
  EXPECT_EQ(signer.kept(), 1U);
  signer.begin(kNow);
  signer.end();
  EXPECT_EQ(signer.kept(), 0U);
}

TEST_F(Signed, SignaturesAreRenewedAWeekBeforeTheirEnd) {
  signer.begin(kNow);
  const auto first = signer.signatures(www, kTypeA, set);
  signer.end();
  const Wall due = signer.due();
  EXPECT_GE(due, kNow + 7 * 24h);
  EXPECT_LT(due, kNow + 9 * 24h);
  signer.begin(due - kRenewTogether - 1us);
  EXPECT_EQ(signer.signatures(www, kTypeA, set), first);
  signer.begin(due - kRenewTogether);
  EXPECT_NE(signer.signatures(www, kTypeA, set), first);
  signer.end();
  EXPECT_GT(signer.due(), due);
}

TEST_F(Signed, TheApexAnnouncesTheKeyAndOffersItToTheParent) {
  auto zone = zone_of_text(kZone);
  signer.begin(kNow);
  signer.complete(zone);
  const auto& apex = zone.contents.at(zone.apex);
  EXPECT_THAT(apex.at(kTypeDnskey).rdata, ElementsAre(dnskey(csk)));
  EXPECT_THAT(apex.at(kTypeCdnskey).rdata, ElementsAre(dnskey(csk)));
  EXPECT_THAT(apex.at(kTypeCds).rdata, ElementsAre(ds_rdata(zone.apex, dnskey(csk))));
}

TEST_F(Signed, AZoneIsSignedWholeAndOnlyWhereItIsTheZonesOwn) {
  auto zone = zone_of_text(kZone);
  signer.begin(kNow);
  signer.complete(zone);
  const auto signatures = zone_signatures(zone, signer);
  size_t sets = 0;
  for (const auto& [name, node] : signatures) {
    for (const auto& [type, rrsigs] : node) {
      ++sets;
      EXPECT_TRUE(rrsig_holds(rrsigs.rdata.at(0), dnskey(csk), name, type, zone.contents.at(name).at(type))) << name.text() << type;
    }
  }
  const auto types_at = [&](const char* name) {
    std::vector<uint16_t> out;
    for (const auto& [type, set_there] : signatures.at(*Name::parse(name))) out.push_back(type);
    return out;
  };
  EXPECT_THAT(types_at("child.example.com"), ElementsAre(kTypeNsec));
  EXPECT_THAT(types_at("safe.example.com"), ElementsAre(dnswire::kTypeDs, kTypeNsec));
  EXPECT_THAT(types_at("example.com"), ElementsAre(kTypeNs, kTypeSoa, kTypeNsec, kTypeDnskey, kTypeCds, kTypeCdnskey));
  EXPECT_FALSE(signatures.contains(*Name::parse("ns1.child.example.com")));
  EXPECT_EQ(sets, 6U + 2 + 2 + 2 + 1 + 2 + 2);
}

TEST_F(Signed, InACskRollBothSignUntilTheOldOneIsGone) {
  const auto heir = key_from(kOtherPem, {.role = KeyRole::kCsk, .made = kNow, .replaces = csk.facts.tag});
  signer.set_keys({csk, heir});
  signer.begin(kNow);
  EXPECT_THAT(signer.signatures(www, kTypeA, set).rdata, SizeIs(2));
  auto zone = zone_of_text(kZone);
  signer.complete(zone);
  EXPECT_THAT(zone.contents.at(zone.apex).at(kTypeCdnskey).rdata, ElementsAre(dnskey(csk))) << "not yet in every cache";
  signer.end();
  EXPECT_EQ(signer.due(), kNow + kCacheSpan);
  signer.begin(kNow + kCacheSpan);
  signer.complete(zone);
  EXPECT_THAT(zone.contents.at(zone.apex).at(kTypeCdnskey).rdata, ElementsAre(dnskey(heir)));
  EXPECT_THAT(zone.contents.at(zone.apex).at(kTypeDnskey).rdata, SizeIs(2));

  auto told = heir;
  told.facts.ds_published = kNow + 24h;
  signer.set_keys({csk, told});
  signer.begin(kNow + 24h + kRetireSpan);
  EXPECT_THAT(signer.signatures(www, kTypeA, set).rdata, SizeIs(1));
  EXPECT_TRUE(rrsig_holds(signer.signatures(www, kTypeA, set).rdata[0], dnskey(heir), www, kTypeA, set));
  signer.complete(zone);
  EXPECT_THAT(zone.contents.at(zone.apex).at(kTypeDnskey).rdata, ElementsAre(dnskey(heir)));
}

TEST_F(Signed, KskSignsTheKeysAndZskTheRest) {
  const auto ksk = key_from(kPemOfRfc6605, {.role = KeyRole::kKsk, .made = kNow});
  const auto zsk = key_from(kOtherPem, {.role = KeyRole::kZsk, .made = kNow});
  signer.set_keys({ksk, zsk});
  signer.begin(kNow);
  auto zone = zone_of_text(kZone);
  signer.complete(zone);
  const auto& keys = zone.contents.at(zone.apex).at(kTypeDnskey);
  EXPECT_THAT(keys.rdata, SizeIs(2));
  EXPECT_TRUE(rrsig_holds(signer.signatures(zone.apex, kTypeDnskey, keys).rdata.at(0), dnskey(ksk), zone.apex, kTypeDnskey, keys));
  EXPECT_TRUE(rrsig_holds(signer.signatures(www, kTypeA, set).rdata.at(0), dnskey(zsk), www, kTypeA, set));
  EXPECT_THAT(zone.contents.at(zone.apex).at(kTypeCds).rdata, ElementsAre(ds_rdata(zone.apex, dnskey(ksk))));
}

}  // namespace
}  // namespace evershore::dns
