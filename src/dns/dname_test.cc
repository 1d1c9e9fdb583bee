// DNAME: a whole subtree that is found elsewhere (RFC 6672).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "dns/answer.h"
#include "dns/compile.h"
#include "dns/live_zones.h"
#include "dns/sign_test_support.h"
#include "dns/validate.h"
#include "wire/dns/client.h"

namespace evershore::dns {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kZone =
    "$TTL 300\n"
    "@ IN SOA ns1 hostmaster 7 3600 600 604800 60\n"
    "@ IN NS ns1\n"
    "ns1 IN A 192.0.2.53\n"
    "old IN DNAME new\n"
    "old IN A 192.0.2.1\n"
    "www.new IN A 192.0.2.2\n"
    "away IN DNAME example.net.\n"
    "alias IN CNAME www.old\n"
    "lost IN CNAME nobody.old\n"
    "round IN DNAME round.round\n"
    "ping IN DNAME pong\n"
    "pong IN DNAME ping\n"
    "cname.new IN CNAME www.old\n"
    "*.wild.new IN A 192.0.2.3\n"
    "*.wild.new IN MX 5 mail.wild.new\n"
    "twice IN DNAME old\n"
    "cut.new IN NS ns.cut.new\n"
    "ns.cut.new IN A 192.0.2.4\n"
    "toround IN CNAME a.round\n"
    "a.up IN DNAME up\n"
    "b.up IN A 192.0.2.5\n"
    "toup IN CNAME b.a.a.a.up\n"
    "seesaw IN DNAME long.saw\n"
    "long.saw IN DNAME seesaw\n";

class Dname : public testing::Test {
 protected:
  dnswire::Response ask(std::string_view name, uint16_t type = dnswire::kTypeA, Transport transport = Transport::kUdp) {
    DnsSettings settings;
    settings.zones = {{.name = "example.com", .file = "zone"}};
    const auto loaded = load_zones(settings, {{"zone", std::string(kZone)}});
    for (const auto& problem : loaded.problems) ADD_FAILURE() << problem.message;
    const auto snapshot = compile(plain_zones(loaded.zones, {}, {}, {}).zones, {});
    std::vector<uint8_t> out(4096);
    const auto query = dnswire::build_query(*Name::parse(name), type, 7);
    out.resize(answer(query, *snapshot, {.transport = transport}, out, counters_));
    auto response = dnswire::parse_response(out);
    EXPECT_TRUE(response.has_value());
    return response ? *response : dnswire::Response{};
  }

  static std::vector<std::string> lines(const dnswire::Response& response) {
    std::vector<std::string> out;
    for (const auto& record : response.answers) {
      out.push_back(record.owner.text() + " " + std::to_string(record.ttl) + " " + dnswire::type_name(record.type) + " " + record.value());
    }
    return out;
  }

  AnswerCounters counters_;
};

TEST_F(Dname, a_name_below_is_answered_with_the_dname_and_its_cname) {
  const auto response = ask("WWW.deep.Old.example.com");
  EXPECT_EQ(response.rcode, dnswire::Rcode::kNxDomain);
  EXPECT_TRUE(response.authoritative());
  EXPECT_THAT(lines(response),
              ElementsAre("Old.example.com. 300 DNAME new.example.com.", "WWW.deep.Old.example.com. 300 CNAME WWW.deep.new.example.com."));
  EXPECT_EQ(response.authorities.size(), 1U);
  EXPECT_THAT(lines(ask("a.away.example.com", dnswire::kTypeTxt)),
              ElementsAre("away.example.com. 300 DNAME example.net.", "a.away.example.com. 300 CNAME a.example.net."));
  EXPECT_EQ(ask("a.away.example.com", dnswire::kTypeAny).answers.size(), 2U);
}

TEST_F(Dname, a_target_of_ours_is_followed) {
  EXPECT_THAT(lines(ask("www.Old.example.com")),
              ElementsAre("Old.example.com. 300 DNAME new.example.com.", "www.Old.example.com. 300 CNAME www.new.example.com.",
                          "www.new.example.com. 300 A 192.0.2.2"));
  EXPECT_THAT(lines(ask("www.old.example.com", dnswire::kTypeCname)),
              ElementsAre("old.example.com. 300 DNAME new.example.com.", "www.old.example.com. 300 CNAME www.new.example.com."));
  const auto no_data = ask("www.old.example.com", dnswire::kTypeTxt);
  EXPECT_EQ(no_data.rcode, dnswire::Rcode::kNoError);
  EXPECT_EQ(no_data.answers.size(), 2U);
  ASSERT_EQ(no_data.authorities.size(), 1U);
  EXPECT_EQ(no_data.authorities[0].owner, *Name::parse("example.com"));
  EXPECT_THAT(lines(ask("www.twice.example.com")),
              ElementsAre("twice.example.com. 300 DNAME old.example.com.", "www.twice.example.com. 300 CNAME www.old.example.com.",
                          "old.example.com. 300 DNAME new.example.com.", "www.old.example.com. 300 CNAME www.new.example.com.",
                          "www.new.example.com. 300 A 192.0.2.2"));
}

TEST_F(Dname, a_wildcard_or_a_delegation_may_be_at_the_target) {
  EXPECT_THAT(lines(ask("Q.wild.old.example.com", dnswire::kTypeMx)),
              ElementsAre("old.example.com. 300 DNAME new.example.com.", "Q.wild.old.example.com. 300 CNAME Q.wild.new.example.com.",
                          "Q.wild.new.example.com. 300 MX 5 mail.wild.new.example.com."));
  const auto referral = ask("a.cut.old.example.com");
  EXPECT_TRUE(referral.authoritative());
  EXPECT_EQ(referral.answers.size(), 2U);
  ASSERT_EQ(referral.authorities.size(), 1U);
  EXPECT_EQ(referral.authorities[0].owner, *Name::parse("cut.new.example.com"));
  EXPECT_EQ(referral.authorities[0].value(), "ns.cut.new.example.com.");
  ASSERT_EQ(referral.additionals.size(), 1U);
  EXPECT_EQ(referral.additionals[0].owner, *Name::parse("ns.cut.new.example.com"));
}

TEST_F(Dname, circles_end_and_no_dname_is_there_twice) {
  EXPECT_THAT(lines(ask("a.ping.example.com")),
              ElementsAre("ping.example.com. 300 DNAME pong.example.com.", "a.ping.example.com. 300 CNAME a.pong.example.com.",
                          "pong.example.com. 300 DNAME ping.example.com.", "a.pong.example.com. 300 CNAME a.ping.example.com."));
  const auto round = ask("a.round.example.com");
  EXPECT_EQ(round.rcode, dnswire::Rcode::kNoError);
  EXPECT_THAT(lines(round), ElementsAre("round.example.com. 300 DNAME round.round.example.com.",
                                        "a.round.example.com. 300 CNAME a.round.round.example.com."));
  EXPECT_EQ(ask("toround.example.com").answers.size(), 3U);
}

TEST_F(Dname, one_that_leads_upwards_is_applied_until_the_name_is_out_of_it) {
  const std::vector<std::string> steps = {"a.up.example.com. 300 DNAME up.example.com.",
                                          "b.a.a.a.up.example.com. 300 CNAME b.a.a.up.example.com.",
                                          "b.a.a.up.example.com. 300 CNAME b.a.up.example.com.",
                                          "b.a.up.example.com. 300 CNAME b.up.example.com.", "b.up.example.com. 300 A 192.0.2.5"};
  EXPECT_EQ(lines(ask("b.a.a.a.up.example.com")), steps);
  auto from_alias = steps;
  from_alias.insert(from_alias.begin(), "toup.example.com. 300 CNAME b.a.a.a.up.example.com.");
  EXPECT_EQ(lines(ask("toup.example.com")), from_alias);
  const auto at_itself = ask("a.a.a.up.example.com");
  EXPECT_EQ(at_itself.rcode, dnswire::Rcode::kNoError);
  EXPECT_EQ(at_itself.answers.size(), 3U);
  EXPECT_EQ(at_itself.authorities.size(), 1U);
}

TEST_F(Dname, however_many_steps_upwards_there_are_the_answer_has_an_end) {
  std::string name = "up.example.com";
  while (name.size() < 240) name = "a." + name;
  EXPECT_EQ(ask(name, dnswire::kTypeA, Transport::kTcp).answers.size(), 9U);
  EXPECT_EQ(ask("x.seesaw.example.com").answers.size(), 4U);
}

TEST_F(Dname, what_does_not_fit_is_left_out_whole_with_tc) {
  const auto whole = ask("Q.wild.old.example.com", dnswire::kTypeMx);
  EXPECT_FALSE(whole.truncated());
  const std::string label(63, 'x');
  const auto name = label.substr(0, 10) + "." + label + "." + label + "." + label + ".wild.old.example.com";
  EXPECT_FALSE(ask(name, dnswire::kTypeMx, Transport::kTcp).truncated());
  const auto cut = ask(name, dnswire::kTypeMx);
  EXPECT_TRUE(cut.truncated());
  EXPECT_EQ(cut.answers.size(), 2U);
}

TEST_F(Dname, its_own_name_has_its_own_records) {
  EXPECT_THAT(lines(ask("old.example.com")), ElementsAre("old.example.com. 300 A 192.0.2.1"));
  EXPECT_THAT(lines(ask("old.example.com", dnswire::kTypeDname)), ElementsAre("old.example.com. 300 DNAME new.example.com."));
}

TEST_F(Dname, a_name_that_becomes_too_long_is_yxdomain_with_the_dname) {
  std::string name = "round.example.com";
  while (name.size() + 64 < 250) name = std::string(60, 'a') + "." + name;
  name = std::string(253 - name.size() - 1, 'b') + "." + name;
  const auto response = ask(name);
  EXPECT_EQ(response.rcode, dnswire::Rcode::kYxDomain);
  EXPECT_THAT(response.answers, testing::SizeIs(1));
  EXPECT_EQ(counters_.by_rcode[6].get(), 1U);
}

TEST_F(Dname, a_chain_goes_through_it) {
  EXPECT_THAT(lines(ask("alias.example.com")),
              ElementsAre("alias.example.com. 300 CNAME www.old.example.com.", "old.example.com. 300 DNAME new.example.com.",
                          "www.old.example.com. 300 CNAME www.new.example.com.", "www.new.example.com. 300 A 192.0.2.2"));
  const auto lost = ask("lost.example.com");
  EXPECT_EQ(lost.rcode, dnswire::Rcode::kNxDomain);
  EXPECT_EQ(lost.answers.size(), 3U);
}

TEST_F(Dname, for_those_who_ask_with_do_it_is_signed_and_the_cname_made_from_it_is_not) {
  using namespace testing_support;
  DnsSettings settings;
  settings.zones = {{.name = "example.com", .file = "zone", .dnssec = true}};
  auto zones = plain_zones(load_zones(settings, {{"zone", std::string(kZone)}}).zones, {}, {}, {}).zones;
  const ZoneKey csk = key_from(kPemOfRfc6605, {.role = KeyRole::kCsk, .made = Wall{std::chrono::hours(24 * 20'000)}});
  ZoneSigner signer{*Name::parse("example.com"), {csk}};
  signer.begin(Wall{std::chrono::hours(24 * 20'000)});
  signer.complete(zones[0]);
  const auto snapshot = compile(zones, {.nsid = "", .signers = {&signer}});
  signer.end();
  for (const char* name : {"www.old.example.com", "alias.example.com"}) {
    std::array<uint8_t, 4096> out;
    const auto query = dnswire::build_query(*Name::parse(name), dnswire::kTypeA, 7, {.edns_payload_bytes = 1232, .dnssec_ok = true});
    const size_t size = answer(query, *snapshot, {.transport = Transport::kTcp}, out, counters_);
    const auto response = dnswire::parse_response(std::span(out).first(size));
    ASSERT_TRUE(response.has_value());
    const auto dname = std::ranges::find(response->answers, dnswire::kTypeDname, &dnswire::Record::type);
    ASSERT_NE(dname, response->answers.end());
    const auto& rrsig = *(dname + 1);
    ASSERT_EQ(rrsig.type, dnswire::kTypeRrsig);
    EXPECT_TRUE(rrsig_holds(rrsig.rdata, dnskey_rdata(KeyRole::kCsk, csk.key.public_key()), dname->owner, dnswire::kTypeDname,
                            {.ttl = dname->ttl, .rdata = {dname->rdata}}));
    const auto& cname = *(dname + 2);
    EXPECT_EQ(cname.type, dnswire::kTypeCname);
    EXPECT_EQ(cname.owner, *Name::parse("www.old.example.com"));
    if (dname + 3 != response->answers.end()) EXPECT_NE((dname + 3)->type, dnswire::kTypeRrsig);
  }
}

TEST(DnameZones, what_a_dname_hides_and_where_it_cannot_be_is_told) {
  const auto told = [](std::string_view text) {
    DnsSettings settings;
    settings.zones = {{.name = "example.com", .file = "zone", .nameservers = {"ns.example.net"}}};
    std::string all;
    for (const auto& problem : validate(settings, {}, {{"zone", "$TTL 60\n" + std::string(text)}})) all += problem.message + "\n";
    return all;
  };
  EXPECT_EQ(told("old IN DNAME new\n"), "");
  EXPECT_THAT(told("old IN DNAME new\nwww.old IN A 192.0.2.1\n"), HasSubstr("www.old.example.com lies below the DNAME of old.example.com"));
  EXPECT_THAT(told("@ IN DNAME example.net.\nwww IN A 192.0.2.1\n"), HasSubstr("lies below the DNAME of example.com"));
  EXPECT_THAT(told("old IN DNAME new\nold IN DNAME newer\n"), HasSubstr("there can be one"));
  EXPECT_THAT(told("old IN DNAME new\nold IN CNAME new\n"), HasSubstr("a CNAME must stand alone"));
  EXPECT_THAT(told("*.old IN DNAME new\n"), HasSubstr("a wildcard cannot have a DNAME"));
  EXPECT_THAT(told("old IN DNAME new\nold IN NS ns\n"), HasSubstr("beside a delegation"));
}

}  // namespace
}  // namespace evershore::dns
