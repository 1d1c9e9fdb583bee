#include "dns/zone.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dns/master_file.h"
#include "dns/validate.h"
#include "wire/dns/rdata.h"

namespace evershore::dns {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

Name name(std::string_view text) { return *Name::parse(text); }

DnsSettings example(std::vector<RecordSettings> records) {
  DnsSettings settings;
  settings.zones = {{.name = "example.com", .nameservers = {"ns1.example.com", "ns2.example.net"}}};
  settings.records = std::move(records);
  return settings;
}

RecordSettings simple(std::string owner, std::string type, std::vector<std::string> values) {
  return {.name = std::move(owner), .type = std::move(type), .values = std::move(values)};
}

RecordSettings failover(std::string owner) {
  return {.name = std::move(owner),
          .type = "CNAME",
          .policy = RecordPolicy::kFailover,
          .answers = {{.id = "b", .role = "secondary", .value = "b.example.net."},
                      {.id = "a", .role = "primary", .value = "a.example.net.", .health_check = "web"}}};
}

std::vector<std::string> messages(const DnsSettings& settings, const MasterFiles& files = {}) {
  std::vector<std::string> out;
  for (const auto& problem : validate(settings, {"web"}, files)) out.push_back(problem.field + ": " + problem.message);
  return out;
}

TEST(LoadZones, MakesSoaAndNsFromTheSettings) {
  const auto loaded = load_zones(example({}), {});
  EXPECT_THAT(loaded.problems, IsEmpty());
  ASSERT_THAT(loaded.zones, SizeIs(1));
  const auto& apex = loaded.zones[0].fixed.at(name("example.com"));
  EXPECT_EQ(dnswire::rdata_to_text(dnswire::kTypeSoa, apex.at(dnswire::kTypeSoa).rdata[0]),
            "ns1.example.com. hostmaster.example.com. 0 3600 600 604800 60");
  EXPECT_THAT(apex.at(dnswire::kTypeNs).rdata, SizeIs(2));
}

TEST(LoadZones, PutsRecordsIntoTheDeepestZone) {
  auto settings = example({simple("a.sub.example.com", "A", {"192.0.2.1"})});
  settings.zones.push_back({.name = "sub.example.com", .nameservers = {"ns1.example.com"}});
  const auto loaded = load_zones(settings, {});
  EXPECT_THAT(loaded.problems, IsEmpty());
  EXPECT_TRUE(fixed_node(loaded.zones[1], name("a.sub.example.com")));
  EXPECT_FALSE(fixed_node(loaded.zones[0], name("a.sub.example.com")));
}

TEST(LoadZones, ThePrimaryOfAFailoverRecordComesFirstWhateverTheOrderInTheSettings) {
  const auto loaded = load_zones(example({failover("www.example.com")}), {});
  ASSERT_THAT(loaded.zones[0].decided, SizeIs(1));
  EXPECT_EQ(loaded.zones[0].decided[0].answers[0].id, "a");
}

TEST(LoadZones, JoinsAMasterFileAndTheRecords) {
  auto settings = example({simple("www.example.com", "A", {"192.0.2.2"})});
  settings.zones[0].file = "example.zone";
  settings.zones[0].nameservers.clear();
  const MasterFiles files{{"example.zone",
                           "$TTL 60\n"
                           "@ 300 IN SOA ns1 hostmaster 7 1 2 3 4\n"
                           "  IN NS ns1\n"
                           "ns1 IN A 192.0.2.53\n"
                           "www IN A 192.0.2.1\n"
                           "txt IN TXT \"a b\" ( \"c\"\n"
                           "      \"d\" )\n"
                           "odd IN TYPE65280 \\# 2 0a0b\n"}};
  const auto loaded = load_zones(settings, files);
  for (const auto& problem : loaded.problems) ADD_FAILURE() << problem.message;
  const auto at = [&](std::string_view owner) { return fixed_node(loaded.zones[0], name(owner)).value_or(Node()); };
  EXPECT_THAT(at("www.example.com").at(dnswire::kTypeA).rdata, SizeIs(2));
  EXPECT_EQ(at("txt.example.com").at(dnswire::kTypeTxt).rdata[0], "\3a b\1c\1d");
  EXPECT_EQ(at("odd.example.com").at(65280).rdata[0], "\x0a\x0b");
  EXPECT_EQ(at("example.com").at(dnswire::kTypeSoa).ttl, 300U);
}

TEST(LoadZones, ProblemsOfAMasterFileNameFileAndLine) {
  auto settings = example({});
  settings.zones[0].file = "example.zone";
  const MasterFiles files{{"example.zone",
                           "$TTL 60\n"
                           "www IN A 192.0.2.1\n"
                           "bad IN A 192.0.2.256\n"
                           "www IN MX 10 mail\n"
                           "elsewhere.example.net. IN A 192.0.2.1\n"
                           "$INCLUDE other.zone\n"
                           "www IN CNAME other\n"}};
  EXPECT_THAT(messages(settings, files),
              UnorderedElementsAre(HasSubstr("example.zone:3: "), HasSubstr("example.zone:6: other.zone cannot be read"),
                                   HasSubstr("example.zone:5: elsewhere.example.net lies outside"),
                                   HasSubstr("example.zone:7: www.example.com has a CNAME beside")));
}

TEST(MasterFile, EveryTruncationIsReadWithoutHarm) {
  const std::string whole =
      "$ORIGIN example.com.\n$TTL 1h\n@ IN SOA a b ( 1 2 3 4\n 5 ) ; end\nw\\.x 60 IN A 192.0.2.1\n IN TXT \"a;b\"\nt IN TYPE1 \\# 4 "
      "c0000201\n";
  for (size_t size = 0; size <= whole.size(); ++size) {
    size_t records = 0;
    const auto read = read_master_file("f", {{"f", whole.substr(0, size)}}, name("example.com"), [&](const MasterRecord&) { ++records; });
    EXPECT_LE(read.problems.size(), kMasterProblemsMax);
    if (size == whole.size()) EXPECT_EQ(records, 4U);
  }
}

struct Case {
  std::string what;
  DnsSettings settings;
  std::string message;
};

void PrintTo(const Case& row, std::ostream* out) { *out << row.what; }

class Settings : public testing::TestWithParam<Case> {};

TEST_P(Settings, NameTheProblem) { EXPECT_THAT(messages(GetParam().settings), ElementsAre(HasSubstr(GetParam().message))); }

DnsSettings with(DnsSettings settings, void (*change)(DnsSettings&)) {
  change(settings);
  return settings;
}

INSTANTIATE_TEST_SUITE_P(
    , Settings,
    testing::Values(
        Case{"CnameBesideOtherData", example({simple("w.example.com", "CNAME", {"a."}), simple("w.example.com", "A", {"192.0.2.1"})}),
             "type: w.example.com has a CNAME beside"},
        Case{"FailoverCnameBesideOtherData", example({failover("w.example.com"), simple("w.example.com", "A", {"192.0.2.1"})}),
             "CNAME beside"},
        Case{"CnameAtApex", example({simple("example.com", "CNAME", {"a."})}), "cannot stand at the apex"},
        Case{"FailoverCnameAtApex", example({failover("example.com")}), "cannot stand at the apex"},
        Case{"TwoValuesOfACname", example({simple("w.example.com", "CNAME", {"a.", "b."})}), "exactly one value"},
        Case{"TwoCnameRecords", example({simple("w.example.com", "CNAME", {"a."}), simple("w.example.com", "CNAME", {"b."})}),
             "there can be one"},
        Case{"OutsideAnyZone", example({simple("w.example.org", "A", {"192.0.2.1"})}), "name: \"w.example.org\" lies in none of the zones"},
        Case{"BadValue", example({simple("w.example.com", "A", {"192.0.2.1", "nonsense"})}),
             "values[1]: \"nonsense\" is not an IPv4 address"},
        Case{"BadType", example({simple("w.example.com", "QQ", {"x"})}), "type: \"QQ\""},
        Case{"QueryType", example({simple("w.example.com", "TYPE255", {"\\# 0"})}), "cannot be served"},
        Case{"NoAnswer", example({simple("w.example.com", "A", {})}), "there is no answer"},
        Case{"FailoverWithoutSecondary",
             with(example({failover("w.example.com")}), [](auto& s) { s.records[0].answers.erase(s.records[0].answers.begin()); }),
             "exactly one answer with role \"primary\""},
        Case{"FailoverWithTwoPrimaries",
             with(example({failover("w.example.com")}), [](auto& s) { s.records[0].answers[0].role = "primary"; }),
             "exactly one answer with role"},
        Case{"FailoverTwice", example({failover("w.example.com"), failover("w.example.com")}), "one name and type has one record"},
        Case{"PlainAfterFailover", example({failover("w.example.com"), simple("w.example.com", "CNAME", {"a."})}),
             "one name and type has one record"},
        Case{"PlainBeforeFailover", example({simple("w.example.com", "CNAME", {"a."}), failover("w.example.com")}),
             "one name and type has one record"},
        Case{"UnknownCheck", with(example({failover("w.example.com")}), [](auto& s) { s.records[0].answers[1].health_check = "wbe"; }),
             "answers[1].health_check: there is no health check \"wbe\""},
        Case{"SameIdTwice", with(example({failover("w.example.com")}), [](auto& s) { s.records[0].answers[1].id = "b"; }),
             "is there twice"},
        Case{"TtlTooShort", with(example({simple("w.example.com", "A", {"192.0.2.1"})}), [](auto& s) { s.records[0].ttl = 0s; }),
             "ttl: the TTL must be"},
        Case{"TtlTooLong",
             with(example({simple("w.example.com", "A", {"192.0.2.1"})}),
                  [](auto& s) { s.records[0].ttl = std::chrono::seconds(0x8000'0000LL); }),
             "ttl: the TTL must be"},
        Case{"TtlInMilliseconds", with(example({simple("w.example.com", "A", {"192.0.2.1"})}), [](auto& s) { s.records[0].ttl = 1500ms; }),
             "whole number of seconds"},
        Case{"DifferentTtls",
             with(example({simple("w.example.com", "A", {"192.0.2.1"}), simple("w.example.com", "A", {"192.0.2.2"})}),
                  [](auto& s) { s.records[0].ttl = 5s; }),
             "different TTLs"},
        Case{"NoNameservers", with(example({}), [](auto& s) { s.zones[0].nameservers.clear(); }), "at least one name server"},
        Case{"ZoneTwice",
             with(example({}),
                  [](auto& s) {
                    s.zones.push_back(s.zones[0]);
                    s.zones[1].name = "EXAMPLE.com";
                  }),
             "is there twice"},
        Case{"BadZoneName", with(example({}), [](auto& s) { s.zones[0].name = "a..b"; }), "empty label"},
        Case{"SimpleWithCheck",
             example({{.name = "w.example.com", .type = "A", .answers = {{.value = "192.0.2.1", .health_check = "web"}}}}),
             "policy \"simple\""},
        Case{"BelowADelegation", example({simple("d.example.com", "NS", {"ns.d.example.com"}), simple("x.d.example.com", "TXT", {"x"})}),
             "below the delegation of d.example.com"},
        Case{"AliasOutside", example({simple("example.com", "ALIAS", {"www.example.org"})}), "needs dns.resolvers"},
        Case{"AliasBesideAddress", example({simple("example.com", "ALIAS", {"192.0.2.1"}), simple("example.com", "A", {"192.0.2.1"})}),
             "ALIAS beside"},
        Case{"OwnNsecInASignedZone",
             with(example({simple("w.example.com", "NSEC", {"\\# 3 000000"})}), [](auto& s) { s.zones[0].dnssec = true; }), "made here"},
        Case{"SoaBelowTheApex", example({simple("w.example.com", "SOA", {"a. b. 1 2 3 4 5"})}), "is not the apex"},
        Case{"SiteOfAWrongType", example({{.name = "w.example.com", .type = "CNAME", .site = "s"}}), "type A, AAAA or ALIAS"}),
    [](const auto& row) { return row.param.what; });

TEST(Validate, ReportsAllProblemsAtOnceEachWithItsPlace) {
  const auto problems = validate(example({simple("w.example.org", "QQ", {}), simple("v.example.com", "A", {"x"})}), {});
  ASSERT_THAT(problems, SizeIs(3));
  EXPECT_EQ(problems[0].where, Problem::Where::kRecord);
  EXPECT_EQ(problems[2].index, 1U);
}

TEST(Validate, TheExampleOfTheManualIsClean) {
  auto settings = example({failover("assets.example.com"), simple("example.com", "ALIAS", {"assets.example.com"}),
                           simple("d.example.com", "NS", {"ns.d.example.com"}), simple("ns.d.example.com", "A", {"192.0.2.1"})});
  settings.resolvers = {"192.0.2.53:53"};
  EXPECT_THAT(messages(settings), IsEmpty());
}

}  // namespace
}  // namespace evershore::dns
