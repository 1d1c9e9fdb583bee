// Lines of a correct authority's check list (docs/operating/dns-conformance.md) that have no test in answer_test.cc.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dns/answer.h"
#include "dns/compile.h"
#include "dns/live_zones.h"
#include "dns/validate.h"
#include "wire/dns/client.h"
#include "wire/dns/rdata.h"

namespace evershore::dns {
namespace {

using namespace std::chrono_literals;
using dnswire::Rcode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class Conformance : public testing::Test {
 protected:
  Conformance() { settings_.zones = {{.name = "example.com", .file = "zone", .nameservers = {"ns.example.net"}}}; }

  dnswire::Response ask(const Name& name, uint16_t type, Transport transport = Transport::kUdp) {
    const auto loaded = load_zones(settings_, {{"zone", zone_}});
    for (const auto& problem : loaded.problems) ADD_FAILURE() << problem.message;
    const auto snapshot = compile(plain_zones(loaded.zones, health_, {}, {}).zones, {});
    std::vector<uint8_t> out(16'384);
    out.resize(answer(dnswire::build_query(name, type, 7), *snapshot, {.transport = transport}, out, counters_));
    auto response = dnswire::parse_response(out);
    EXPECT_TRUE(response.has_value());
    return response ? *response : dnswire::Response{};
  }
  dnswire::Response ask(std::string_view name, uint16_t type) { return ask(*Name::parse(name), type); }

  std::vector<std::string> told() {
    std::vector<std::string> out;
    for (const auto& problem : validate(settings_, {}, {{"zone", zone_}})) out.push_back(problem.message);
    return out;
  }

  DnsSettings settings_;
  std::string zone_ = "$TTL 60\n";
  HealthSnapshot health_;
  AnswerCounters counters_;
};

TEST_F(Conformance, Line6_OnlyAsciiLettersAreAlikeAndLabelsMayHoldAnyByte) {
  zone_ += "\\000\\.\\200Q IN A 192.0.2.1\n\\@ IN A 192.0.2.2\n";
  EXPECT_THAT(ask("\\000\\.\\200q.EXAMPLE.com", dnswire::kTypeA).answers, SizeIs(1));
  EXPECT_EQ(ask("\\000\\.\\232q.example.com", dnswire::kTypeA).rcode, Rcode::kNxDomain);  // 0xC8 and 0xE8 differ in the case bit
  EXPECT_EQ(ask("\\032\\.\\200q.example.com", dnswire::kTypeA).rcode, Rcode::kNxDomain);
  EXPECT_THAT(ask("\\064.example.com", dnswire::kTypeA).answers, SizeIs(1));
  EXPECT_EQ(ask("\\096.example.com", dnswire::kTypeA).rcode, Rcode::kNxDomain);  // '`' is '@' with the case bit
}

TEST_F(Conformance, Line14_ASetHasOneTtlAndNoDuplicates) {
  zone_ += "www 30 IN A 192.0.2.1\nwww 30 IN A 192.0.2.1\nwww 30 IN A 192.0.2.2\n";
  const auto response = ask("www.example.com", dnswire::kTypeA);
  ASSERT_THAT(response.answers, SizeIs(2));
  EXPECT_EQ(response.answers[0].ttl, response.answers[1].ttl);
  zone_ += "www 40 IN A 192.0.2.3\n";
  EXPECT_THAT(told(), ElementsAre(HasSubstr("different TTLs")));
}

TEST_F(Conformance, Line14_ASetThatDoesNotFitIsLeftOutWhole) {
  for (int i = 1; i < 100; ++i) zone_ += "many IN A 192.0.2." + std::to_string(i) + "\n";
  const auto cut = ask("many.example.com", dnswire::kTypeA);
  EXPECT_TRUE(cut.truncated());
  EXPECT_THAT(cut.answers, IsEmpty());
  EXPECT_THAT(ask(*Name::parse("many.example.com"), dnswire::kTypeA, Transport::kTcp).answers, SizeIs(99));
}

TEST_F(Conformance, Line26_TheTtlOfADecidedAnswerIsThatOfItsRecordWhateverHealthSays) {
  settings_.records = {{.name = "www.example.com",
                        .type = "A",
                        .ttl = 7s,
                        .policy = RecordPolicy::kFailover,
                        .answers = {{.id = "p", .role = "primary", .value = "192.0.2.1", .health_check = "p"},
                                    {.id = "s", .role = "secondary", .value = "192.0.2.2"}}}};
  for (const auto state : {Health::kUp, Health::kDown, Health::kUnknown}) {
    health_ = {.epoch = 1, .checks = {{.name = "p", .health = state}}};
    const auto response = ask("www.example.com", dnswire::kTypeA);
    ASSERT_THAT(response.answers, SizeIs(1));
    EXPECT_EQ(response.answers[0].ttl, 7U);
  }
}

TEST_F(Conformance, Line26_ATtlIsFromOneSecondTo31Bits) {
  zone_ += "www 0 IN A 192.0.2.1\n";
  EXPECT_THAT(told(), ElementsAre(HasSubstr("the TTL must be from 1 s")));
  zone_ = "$TTL 60\nwww 2147483647 IN A 192.0.2.1\n";
  EXPECT_EQ(ask("www.example.com", dnswire::kTypeA).answers.at(0).ttl, 2'147'483'647U);
}

TEST_F(Conformance, Line10_ACnameBesideOtherDataIsRefusedAtLoad) {
  zone_ += "www IN CNAME a\nwww IN A 192.0.2.1\n";
  EXPECT_THAT(told(), testing::Not(IsEmpty()));
  EXPECT_THAT(told().front(), HasSubstr("a CNAME must stand alone"));
}

TEST_F(Conformance, Line28_AZoneNeedsNameServersAndASoaOnlyAtItsApex) {
  settings_.zones[0].nameservers.clear();
  EXPECT_THAT(told(), ElementsAre(HasSubstr("at least one name server")));
  settings_.zones[0].nameservers = {"ns.example.net"};
  zone_ += "www IN SOA ns h 1 2 3 4 5\n";
  EXPECT_THAT(told(), ElementsAre(HasSubstr("a SOA stands only there")));
}

TEST_F(Conformance, Line34_ServiceBindingsInAliasFormAreServedAtTheApex) {
  settings_.records = {{.name = "example.com", .type = "HTTPS", .ttl = 60s, .values = {"0 d111.cdn.example.net."}},
                       {.name = "_8443._https.example.com", .type = "SVCB", .ttl = 60s, .values = {"1 . alpn=h2,h3 port=8443"}}};
  zone_ += "file IN HTTPS 1 . alpn=\"h2\" ipv4hint=192.0.2.1\n";
  EXPECT_EQ(ask("example.com", dnswire::kTypeHttps).answers.at(0).value(), "0 d111.cdn.example.net.");
  EXPECT_EQ(ask("_8443._https.example.com", dnswire::kTypeSvcb).answers.at(0).value(), "1 . alpn=\"h2,h3\" port=8443");
  EXPECT_EQ(ask("file.example.com", dnswire::kTypeHttps).answers.at(0).value(), "1 . alpn=\"h2\" ipv4hint=192.0.2.1");
}

TEST_F(Conformance, BadServiceBindingsAreRefusedInSettingsAndFiles) {
  settings_.records = {{.name = "example.com", .type = "HTTPS", .ttl = 60s, .values = {"1 . mandatory=port"}}};
  EXPECT_THAT(told(), ElementsAre(HasSubstr("mandatory may only name keys that are there")));
  settings_.records.clear();
  for (const char* bad : {"1 . mandatory=port", "1 . no-default-alpn", "1 . port=1 port=2"}) {
    zone_ = "$TTL 60\nwww IN HTTPS " + std::string(bad) + "\n";
    EXPECT_THAT(told(), SizeIs(1)) << bad;
  }
}

}  // namespace
}  // namespace evershore::dns
