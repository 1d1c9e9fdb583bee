// The lines of a correct authority's check list, one test each.
#include "dns/answer.h"
#include "dns/live_zones.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "base/text.h"
#include "dns/compile.h"
#include "wire/dns/client.h"
#include "wire/dns/rdata.h"

namespace evershore::dns {
namespace {

using dnswire::QueryOptions;
using dnswire::Rcode;
using dnswire::Response;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

constexpr std::string_view kExampleZone =
    "$TTL 300\n"
    "@ 600 IN SOA ns1 hostmaster 7 3600 600 604800 60\n"
    "@ IN NS ns1\n"
    "@ IN MX 10 Mail\n"
    "ns1 IN A 192.0.2.53\n"
    "www IN A 192.0.2.1\n"
    "www IN A 192.0.2.2\n"
    "mail IN AAAA 2001:db8::25\n"
    "alias IN CNAME www\n"
    "alias2 IN CNAME alias\n"
    "out IN CNAME www.example.net.\n"
    "dangling IN CNAME missing\n"
    "loop1 IN CNAME loop2\n"
    "loop2 IN CNAME loop1\n"
    "deep.down.below IN TXT \"x\"\n"
    "*.wild IN A 192.0.2.7\n"
    "*.wild IN MX 10 mail.wild\n"
    "mail.wild IN A 192.0.2.8\n"
    "*.wildalias IN CNAME www\n"
    "child IN NS ns1.child\n"
    "child IN NS ns.example.net.\n"
    "ns1.child IN A 192.0.2.54\n"
    "ns1.child IN AAAA 2001:db8::54\n"
    "tochild IN CNAME www.child\n"
    "signed IN NS ns1.child\n"
    "signed IN DS 1 13 2 0102030405060708091011121314151617181920212223242526272829303132\n"
    "opaque IN TYPE65280 \\# 3 c00c01\n"
    "tosigned IN CNAME signed\n"
    "tocut IN CNAME child\n"
    "srv IN SRV 1 2 3 www\n";

struct World {
  DnsSettings settings;
  MasterFiles files{{"example.zone", std::string(kExampleZone)}};
  HealthSnapshot health;
  Steering steering;
  SiteAnswers sites;

  World() { settings.zones = {{.name = "example.com", .file = "example.zone"}}; }

  std::shared_ptr<const CompiledSnapshot> compiled(std::string nsid = "node-1") const {
    const auto loaded = load_zones(settings, files);
    for (const auto& problem : loaded.problems) ADD_FAILURE() << problem.field << ": " << problem.message;
    return compile(plain_zones(loaded.zones, health, steering, sites).zones, {.nsid = std::move(nsid)});
  }
};

class Answer : public testing::Test {
 protected:
  std::vector<uint8_t> raw(std::span<const uint8_t> query, Transport transport = Transport::kUdp, size_t room = 65'535) {
    std::vector<uint8_t> out(room);
    out.resize(answer(query, *snapshot(), {.transport = transport}, out, counters_));
    return out;
  }

  Response parse(const std::vector<uint8_t>& bytes) {
    auto response = dnswire::parse_response(bytes);
    EXPECT_TRUE(response.has_value()) << (response ? "" : response.error().text);
    return response ? *response : Response{};
  }

  Response ask(std::string_view name, uint16_t type, const QueryOptions& options = {}, Transport transport = Transport::kUdp) {
    return parse(raw(dnswire::build_query(*Name::parse(name), type, 77, options), transport));
  }

  static std::vector<std::string> lines(const std::vector<dnswire::Record>& records) {
    std::vector<std::string> out;
    for (const auto& record : records) {
      out.push_back(record.owner.text() + " " + std::to_string(record.ttl) + " " + dnswire::type_name(record.type) + " " + record.value());
    }
    return out;
  }

  const std::shared_ptr<const CompiledSnapshot>& snapshot() {
    if (!snapshot_) snapshot_ = world_.compiled();
    return snapshot_;
  }

  void expect_negative(const Response& response, Rcode rcode) {
    EXPECT_EQ(response.rcode, rcode);
    EXPECT_TRUE(response.authoritative());
    EXPECT_THAT(lines(response.authorities),
                ElementsAre("example.com. 60 SOA ns1.example.com. hostmaster.example.com. 7 3600 600 604800 60"));
  }

  World world_;
  std::shared_ptr<const CompiledSnapshot> snapshot_;
  AnswerCounters counters_;
};

std::vector<uint8_t> www_query() { return dnswire::build_query(*Name::parse("www.example.com"), dnswire::kTypeA, 77); }

TEST_F(Answer, Line1_AnswersAndShortPacketsAreDropped) {
  auto query = www_query();
  query[2] |= 0x80;
  EXPECT_THAT(raw(query), IsEmpty());
  EXPECT_THAT(raw(std::span(query).first(11)), IsEmpty());
  EXPECT_EQ(counters_.dropped.get(), 2U);
}

TEST_F(Answer, Line2_NoQuestionOrTwoIsFormErr) {
  for (const uint8_t count : {0, 2}) {
    auto query = www_query();
    query[5] = count;
    const auto response = parse(raw(query));
    EXPECT_EQ(response.rcode, Rcode::kFormErr);
    EXPECT_EQ(response.id, 77);
    EXPECT_FALSE(response.question.has_value());
  }
}

TEST_F(Answer, Line3_UnknownOpcodesGetNotImpWithIdOpcodeAndRd) {
  auto query = www_query();
  query[2] = 5 << 3 | 1;
  const auto response = parse(raw(query));
  EXPECT_EQ(response.rcode, Rcode::kNotImp);
  EXPECT_EQ(response.id, 77);
  EXPECT_EQ(response.flags & dnswire::kOpcodeMask, 5 << 11);
  EXPECT_TRUE(response.flags & dnswire::kFlagRd);
}

TEST_F(Answer, Line4_EchoesIdFlagsAndTheQuestionBitForBit) {
  auto query = dnswire::build_query(*Name::parse("wWw.ExAmPlE.cOm"), dnswire::kTypeA, 0xBEEF, {.recursion_desired = true});
  query[3] = 0xFF;  // RA, Z, AD, CD and an rcode, all set
  const auto bytes = raw(query);
  const auto response = parse(bytes);
  EXPECT_EQ(response.id, 0xBEEF);
  EXPECT_EQ(response.flags, dnswire::kFlagQr | dnswire::kFlagAa | dnswire::kFlagRd | dnswire::kFlagCd);
  EXPECT_TRUE(std::equal(query.begin() + 12, query.end(), bytes.begin() + 12));
  EXPECT_EQ(response.answers[0].owner.text(), "wWw.ExAmPlE.cOm.");
}

TEST_F(Answer, Line5_PointersAndReservedLabelsInTheQuestionAreFormErr) {
  for (const uint8_t length : {0xC0, 0x40, 0x80}) {
    auto query = www_query();
    query[12] = length;
    EXPECT_EQ(parse(raw(query)).rcode, Rcode::kFormErr);
  }
}

TEST_F(Answer, Line7_OutsideAllZonesAndOtherClassesAreRefused) {
  for (const auto* name : {"example.net", "com", ".", "xexample.com"}) {
    const auto response = ask(name, dnswire::kTypeA);
    EXPECT_EQ(response.rcode, Rcode::kRefused) << name;
    EXPECT_FALSE(response.authoritative());
    EXPECT_THAT(response.authorities, IsEmpty());
  }
  auto query = www_query();
  query[query.size() - 1] = dnswire::kClassChaos;
  EXPECT_EQ(parse(raw(query)).rcode, Rcode::kRefused);
}

TEST_F(Answer, Line8_NoDataAndNoNameAreTold) {
  expect_negative(ask("www.example.com", dnswire::kTypeAaaa), Rcode::kNoError);
  expect_negative(ask("missing.example.com", dnswire::kTypeA), Rcode::kNxDomain);
  expect_negative(ask("a.very.long.and.deep.missing.example.com", dnswire::kTypeA), Rcode::kNxDomain);
  expect_negative(ask("below.www.example.com", dnswire::kTypeA), Rcode::kNxDomain);
}

TEST_F(Answer, Line8_EmptyNonTerminalsAreNoData) {
  expect_negative(ask("down.below.example.com", dnswire::kTypeA), Rcode::kNoError);
  expect_negative(ask("below.example.com", dnswire::kTypeTxt), Rcode::kNoError);
  expect_negative(ask("wild.example.com", dnswire::kTypeA), Rcode::kNoError);
}

TEST_F(Answer, Line9_NegativeTtlIsTheLesserOfSoaTtlAndMinimum) {
  world_.files["example.zone"] = "@ 20 IN SOA ns1 h 7 1 2 3 60\n@ IN NS ns1\n";
  EXPECT_EQ(ask("missing.example.com", dnswire::kTypeA).authorities.at(0).ttl, 20U);
}

TEST_F(Answer, Line10_FollowsCnamesInsideTheZones) {
  const auto response = ask("alias2.example.com", dnswire::kTypeA);
  EXPECT_EQ(response.rcode, Rcode::kNoError);
  EXPECT_THAT(lines(response.answers),
              ElementsAre("alias2.example.com. 300 CNAME alias.example.com.", "alias.example.com. 300 CNAME www.example.com.",
                          "www.example.com. 300 A 192.0.2.1", "www.example.com. 300 A 192.0.2.2"));
}

TEST_F(Answer, Line10_TheCodeIsThatOfTheLastName) {
  const auto missing = ask("dangling.example.com", dnswire::kTypeA);
  EXPECT_THAT(lines(missing.answers), ElementsAre("dangling.example.com. 300 CNAME missing.example.com."));
  expect_negative(missing, Rcode::kNxDomain);
  const auto no_data = ask("alias.example.com", dnswire::kTypeTxt);
  EXPECT_THAT(no_data.answers, SizeIs(1));
  expect_negative(no_data, Rcode::kNoError);
}

TEST_F(Answer, Line10_LeavesTheZonesWithTheCnameAlone) {
  const auto response = ask("out.example.com", dnswire::kTypeA);
  EXPECT_EQ(response.rcode, Rcode::kNoError);
  EXPECT_THAT(lines(response.answers), ElementsAre("out.example.com. 300 CNAME www.example.net."));
  EXPECT_THAT(response.authorities, IsEmpty());
}

TEST_F(Answer, Line10_StopsAtLoops) {
  const auto response = ask("loop1.example.com", dnswire::kTypeA);
  EXPECT_EQ(response.rcode, Rcode::kNoError);
  EXPECT_THAT(response.answers, SizeIs(2));
}

TEST_F(Answer, Line11_CnameAndAnyQueriesDoNotFollow) {
  EXPECT_THAT(ask("alias2.example.com", dnswire::kTypeCname).answers, SizeIs(1));
  EXPECT_THAT(ask("alias2.example.com", dnswire::kTypeAny).answers, SizeIs(1));
}

TEST_F(Answer, Line12_AWildcardAnswersForMissingNamesAtAnyDepth) {
  EXPECT_THAT(lines(ask("x.wild.example.com", dnswire::kTypeA).answers), ElementsAre("x.wild.example.com. 300 A 192.0.2.7"));
  EXPECT_THAT(lines(ask("a.b.cde.wild.example.com", dnswire::kTypeA).answers), ElementsAre("a.b.cde.wild.example.com. 300 A 192.0.2.7"));
  EXPECT_THAT(lines(ask("*.wild.example.com", dnswire::kTypeA).answers), ElementsAre("*.wild.example.com. 300 A 192.0.2.7"));
  expect_negative(ask("x.wild.example.com", dnswire::kTypeTxt), Rcode::kNoError);
}

TEST_F(Answer, Line12_NamesInsideAWildcardAnswerStayRightForEveryLengthOfTheQuestion) {
  for (size_t length = 1; length <= 63; ++length) {
    const std::string name = std::string(length, 'x') + ".wild.example.com";
    EXPECT_THAT(lines(ask(name, dnswire::kTypeMx).answers), ElementsAre(name + ". 300 MX 10 mail.wild.example.com."));
  }
  EXPECT_THAT(lines(ask("q.wildalias.example.com", dnswire::kTypeA).answers),
              ElementsAre("q.wildalias.example.com. 300 CNAME www.example.com.", "www.example.com. 300 A 192.0.2.1",
                          "www.example.com. 300 A 192.0.2.2"));
}

TEST_F(Answer, Line12_AWildcardNeverCoversAnExistingNameOrWhatIsBelowIt) {
  expect_negative(ask("mail.wild.example.com", dnswire::kTypeMx), Rcode::kNoError);
  expect_negative(ask("x.mail.wild.example.com", dnswire::kTypeA), Rcode::kNxDomain);
}

TEST_F(Answer, Line13_ReferralsCarryNsAndGlueWithoutAa) {
  for (const auto* name : {"child.example.com", "a.b.child.example.com", "ns1.child.example.com"}) {
    const auto response = ask(name, dnswire::kTypeA);
    EXPECT_EQ(response.rcode, Rcode::kNoError);
    EXPECT_FALSE(response.authoritative());
    EXPECT_THAT(response.answers, IsEmpty());
    EXPECT_THAT(lines(response.authorities),
                ElementsAre("child.example.com. 300 NS ns1.child.example.com.", "child.example.com. 300 NS ns.example.net."));
    EXPECT_THAT(lines(response.additionals),
                ElementsAre("ns1.child.example.com. 300 A 192.0.2.54", "ns1.child.example.com. 300 AAAA 2001:db8::54"));
  }
}

TEST_F(Answer, Line13_GlueThatDoesNotFitSetsTc) {
  std::string zone(kExampleZone);
  for (int i = 0; i < 40; ++i) zone += "ns1.child IN AAAA 2001:db8::1:" + std::to_string(i) + "\n";
  world_.files["example.zone"] = zone;
  EXPECT_TRUE(ask("child.example.com", dnswire::kTypeA).truncated());
  EXPECT_FALSE(ask("child.example.com", dnswire::kTypeA, {}, Transport::kTcp).truncated());
}

TEST_F(Answer, Line13_DsIsAnsweredByTheParentSide) {
  const auto response = ask("signed.example.com", dnswire::kTypeDs);
  EXPECT_TRUE(response.authoritative());
  EXPECT_THAT(response.answers, SizeIs(1));
  expect_negative(ask("child.example.com", dnswire::kTypeDs), Rcode::kNoError);
  EXPECT_FALSE(ask("x.signed.example.com", dnswire::kTypeDs).authoritative());
}

TEST_F(Answer, Line13_DsIsAnsweredByTheParentSideAtTheEndOfAChainToo) {
  EXPECT_THAT(lines(ask("tosigned.example.com", dnswire::kTypeDs).answers),
              ElementsAre("tosigned.example.com. 300 CNAME signed.example.com.", testing::HasSubstr("signed.example.com. 300 DS ")));
  const auto none = ask("tocut.example.com", dnswire::kTypeDs);
  EXPECT_THAT(none.answers, SizeIs(1));
  expect_negative(none, Rcode::kNoError);
}

TEST_F(Answer, Line13_BothSidesOfACutInOneServer) {
  world_.settings.zones.push_back({.name = "child.example.com", .nameservers = {"ns1.child.example.com"}});
  world_.settings.records.push_back({.name = "www.child.example.com", .type = "A", .ttl = 60s, .values = {"192.0.2.99"}});
  EXPECT_TRUE(ask("www.child.example.com", dnswire::kTypeA).authoritative());
  const auto ds = ask("child.example.com", dnswire::kTypeDs);
  EXPECT_EQ(ds.authorities.at(0).owner.text(), "example.com.");
  EXPECT_THAT(ask("tochild.example.com", dnswire::kTypeA).answers, SizeIs(2));
}

TEST_F(Answer, Line10And13_ACnameIntoADelegationEndsInItsReferral) {
  const auto response = ask("tochild.example.com", dnswire::kTypeA);
  EXPECT_THAT(response.answers, SizeIs(1));
  EXPECT_THAT(response.authorities, SizeIs(2));
}

TEST_F(Answer, Line15_UnknownTypesAreServedOpaque) {
  EXPECT_THAT(lines(ask("opaque.example.com", 65280).answers), ElementsAre("opaque.example.com. 300 TYPE65280 \\# 3 c00c01"));
}

TEST_F(Answer, Line16_KeepsTheLetterCaseOfTargets) {
  EXPECT_THAT(lines(ask("EXAMPLE.com", dnswire::kTypeMx).answers), ElementsAre("EXAMPLE.com. 300 MX 10 Mail.EXAMPLE.com."));
}

TEST_F(Answer, Line17_AnyGetsOneSet) {
  const auto response = ask("example.com", dnswire::kTypeAny);
  ASSERT_FALSE(response.answers.empty());
  for (const auto& record : response.answers) EXPECT_EQ(record.type, response.answers[0].type);
  expect_negative(ask("www.example.com", dnswire::kTypeRrsig), Rcode::kNoError);
}

TEST_F(Answer, Line18_EdnsVersionsUnknownOptionsAndAbsence) {
  const auto bad_version = ask("www.example.com", dnswire::kTypeA, {.edns_payload_bytes = 1232, .edns_version = 1});
  EXPECT_EQ(bad_version.rcode, Rcode::kBadVers);
  EXPECT_TRUE(bad_version.edns.present);
  EXPECT_EQ(bad_version.edns.version, 0);
  EXPECT_THAT(bad_version.answers, IsEmpty());
  EXPECT_FALSE(ask("www.example.com", dnswire::kTypeA).edns.present);
  EXPECT_TRUE(ask("missing.example.com", dnswire::kTypeA, {.edns_payload_bytes = 1232}).edns.present);
}

TEST_F(Answer, Line19_TwoOptsAreFormErrAndDoIsEchoed) {
  auto query = dnswire::build_query(*Name::parse("www.example.com"), dnswire::kTypeA, 77, {.edns_payload_bytes = 1232});
  const std::vector<uint8_t> opt(query.end() - 11, query.end());
  query.insert(query.end(), opt.begin(), opt.end());
  query[11] = 2;
  EXPECT_EQ(parse(raw(query)).rcode, Rcode::kFormErr);
  EXPECT_TRUE(ask("www.example.com", dnswire::kTypeA, {.edns_payload_bytes = 1232, .dnssec_ok = true}).edns.dnssec_ok);
}

TEST_F(Answer, Line20_TruncationDropsWholeSetsAndKeepsOpt) {
  for (int i = 0; i < 200; ++i) world_.files["example.zone"] += "big 60 IN A 10.0.0." + std::to_string(i) + "\n";
  world_.files["example.zone"] += "tobig IN CNAME big\n";
  struct Row {
    std::optional<uint16_t> payload;
    size_t limit;
  };
  for (const auto& [payload, limit] : {Row{std::nullopt, 512}, Row{100, 512}, Row{900, 900}, Row{4096, 1232}}) {
    const auto bytes = raw(dnswire::build_query(*Name::parse("tobig.example.com"), dnswire::kTypeA, 1, {.edns_payload_bytes = payload}));
    EXPECT_LE(bytes.size(), limit);
    const auto response = parse(bytes);
    EXPECT_TRUE(response.truncated());
    EXPECT_THAT(response.answers, SizeIs(1));  // the CNAME; none of the 200
    EXPECT_EQ(response.edns.present, payload.has_value());
  }
  const auto whole = ask("tobig.example.com", dnswire::kTypeA, {}, Transport::kTcp);
  EXPECT_FALSE(whole.truncated());
  EXPECT_THAT(whole.answers, SizeIs(201));
  EXPECT_EQ(counters_.truncated.get(), 4U);
}

TEST_F(Answer, Line20_AnAnswerOfExactlyTheLimitIsWholeAndOneByteMoreIsNot) {
  // 12 header + 17 + 4 question + 2 + 10 + length of the TXT
  for (const size_t size : {512U, 513U}) {
    size_t left = size - 12 - 21 - 12;
    std::string text;
    while (left > 0) {
      const size_t take = std::min<size_t>(left, 200);
      text += " \"" + std::string(take - 1, 't') + "\"";
      left -= take;
    }
    world_.files["example.zone"] = "@ 20 IN SOA ns1 h 7 1 2 3 60\n@ IN NS ns1\ntxt IN TXT" + text + "\n";
    snapshot_.reset();
    const auto bytes = raw(dnswire::build_query(*Name::parse("txt.example.com"), dnswire::kTypeTxt, 1));
    EXPECT_EQ(parse(bytes).truncated(), size == 513);
    if (size == 512) EXPECT_EQ(bytes.size(), 512U);
  }
}

TEST_F(Answer, Line24_NsidOnRequest) {
  EXPECT_EQ(ask("www.example.com", dnswire::kTypeA, {.edns_payload_bytes = 1232, .nsid = true}).nsid, "node-1");
  EXPECT_EQ(ask("www.example.com", dnswire::kTypeA, {.edns_payload_bytes = 1232}).nsid, "");
}

TEST_F(Answer, Line24_ALongNsidIsCutSoThatEveryAnswerHasRoomForIt) {
  snapshot_ = world_.compiled(std::string(2'000, 'n'));
  std::string name = "example.com";
  while (name.size() + 2 <= 253) name.insert(0, "x.");
  const auto query = dnswire::build_query(*Name::parse(name), dnswire::kTypeA, 1, {.edns_payload_bytes = 512, .nsid = true});
  const auto bytes = raw(query);
  EXPECT_LE(bytes.size(), 512U);
  EXPECT_EQ(parse(bytes).nsid, std::string(128, 'n'));
}

TEST_F(Answer, Line27_UdpAndTcpGiveTheSameSet) {
  EXPECT_EQ(ask("www.example.com", dnswire::kTypeA).answers, ask("www.example.com", dnswire::kTypeA, {}, Transport::kTcp).answers);
}

TEST_F(Answer, Line29_ZoneTransfersAreRefused) {
  EXPECT_EQ(ask("example.com", dnswire::kTypeAxfr, {}, Transport::kTcp).rcode, Rcode::kRefused);
  EXPECT_EQ(ask("example.com", dnswire::kTypeIxfr).rcode, Rcode::kRefused);
}

TEST_F(Answer, Line34_AnAliasAtTheApexIsFlattened) {
  world_.settings.records = {
      {.name = "example.com", .type = "ALIAS", .ttl = 20s, .values = {"alias.example.com", "192.0.2.77", "2001:db8::77"}}};
  const auto v4 = ask("example.com", dnswire::kTypeA);
  EXPECT_THAT(lines(v4.answers),
              UnorderedElementsAre("example.com. 20 A 192.0.2.1", "example.com. 20 A 192.0.2.2", "example.com. 20 A 192.0.2.77"));
  EXPECT_THAT(lines(ask("example.com", dnswire::kTypeAaaa).answers), ElementsAre("example.com. 20 AAAA 2001:db8::77"));
  EXPECT_THAT(ask("example.com", dnswire::kTypeMx).answers, SizeIs(1));
}

TEST_F(Answer, Line35_ATargetWithOnlyIpv6IsNoDataForIpv4) {
  world_.settings.records = {{.name = "six.example.com", .type = "ALIAS", .ttl = 20s, .values = {"2001:db8::77"}}};
  expect_negative(ask("six.example.com", dnswire::kTypeA), Rcode::kNoError);
}

TEST(WorthAnswering, Line38_NotReflectorsNorMulticastNorBroadcast) {
  const std::array<uint8_t, 4> host{192, 0, 2, 1};
  EXPECT_TRUE(worth_answering(host, 40'000));
  EXPECT_TRUE(worth_answering(host, 53));
  for (const uint16_t port : {0, 7, 13, 17, 19}) EXPECT_FALSE(worth_answering(host, port)) << port;
  EXPECT_FALSE(worth_answering(std::array<uint8_t, 4>{224, 0, 0, 1}, 40'000));
  EXPECT_FALSE(worth_answering(std::array<uint8_t, 4>{255, 255, 255, 255}, 40'000));
  EXPECT_FALSE(worth_answering(std::array<uint8_t, 4>{0, 0, 0, 0}, 40'000));
  std::array<uint8_t, 16> v6{0x20, 0x01, 0x0d, 0xb8};
  EXPECT_TRUE(worth_answering(v6, 40'000));
  v6[0] = 0xFF;
  EXPECT_FALSE(worth_answering(v6, 40'000));
  EXPECT_FALSE(worth_answering(std::array<uint8_t, 16>{}, 40'000));
  EXPECT_FALSE(worth_answering(std::array<uint8_t, 16>{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 224, 0, 0, 1}, 40'000));
}

class Failover : public Answer {
 protected:
  Failover() {
    world_.settings.records = {{.name = "assets.example.com",
                                .type = "CNAME",
                                .ttl = 5s,
                                .policy = RecordPolicy::kFailover,
                                .answers = {{.id = "p", .role = "primary", .value = "p.example.net", .health_check = "p"},
                                            {.id = "s", .role = "secondary", .value = "s.example.net", .health_check = "s"}}}};
  }
  std::string answered(std::vector<CheckStatus> checks) {
    world_.health.checks = std::move(checks);
    snapshot_.reset();
    const auto response = ask("assets.example.com", dnswire::kTypeA);
    EXPECT_THAT(response.answers, SizeIs(1));
    EXPECT_EQ(response.answers.at(0).ttl, 5U);
    return response.answers.at(0).value();
  }
};

TEST_F(Failover, TheTableOfRoute53) {
  const auto check = [](std::string name, Health health) { return CheckStatus{.name = std::move(name), .health = health}; };
  EXPECT_EQ(answered({check("p", Health::kUp), check("s", Health::kUp)}), "p.example.net.");
  EXPECT_EQ(answered({check("p", Health::kDown), check("s", Health::kUp)}), "s.example.net.");
  EXPECT_EQ(answered({check("p", Health::kUp), check("s", Health::kDown)}), "p.example.net.");
}

TEST_F(Failover, Line39_AllDownAnswersThePrimaryAndUnknownIsNotDown) {
  EXPECT_EQ(answered({{.name = "p", .health = Health::kDown}, {.name = "s", .health = Health::kDown}}), "p.example.net.");
  EXPECT_EQ(answered({}), "p.example.net.");
  EXPECT_EQ(answered({{.name = "p", .health = Health::kDown}}), "s.example.net.");
}

TEST_F(Failover, ADrainedRegionCountsAsOut) {
  world_.settings.records[0].answers[0].health_check = "region/east";
  EXPECT_EQ(answered({}), "p.example.net.");
  world_.steering.drains["east"] = {.reason = "maintenance", .until = {}};
  EXPECT_EQ(answered({}), "s.example.net.");
}

TEST_F(Failover, TheDecisionIsTold) {
  world_.health.checks = {{.name = "p", .health = Health::kDown}};
  const auto loaded = load_zones(world_.settings, world_.files);
  const auto decisions = plain_zones(loaded.zones, world_.health, {}, {}).decisions;
  ASSERT_THAT(decisions, SizeIs(1));
  EXPECT_EQ(decisions[0].name, "assets.example.com");
  EXPECT_THAT(decisions[0].chosen, ElementsAre("s"));
  EXPECT_EQ(decisions[0].why, routing::Why::kFailedOver);
}

TEST_F(Answer, MultivalueLeavesOutWhatIsDownUnlessAllAre) {
  RecordSettings record{.name = "multi.example.com", .type = "A", .ttl = 5s, .policy = RecordPolicy::kMultivalue};
  for (const auto* id : {"1", "2"}) record.answers.push_back({.id = id, .value = "192.0.2.10" + std::string(id), .health_check = id});
  world_.settings.records = {record};
  world_.health.checks = {{.name = "1", .health = Health::kDown}};
  EXPECT_THAT(lines(ask("multi.example.com", dnswire::kTypeA).answers), ElementsAre("multi.example.com. 5 A 192.0.2.102"));
  world_.health.checks.push_back({.name = "2", .health = Health::kDown});
  snapshot_.reset();
  EXPECT_THAT(ask("multi.example.com", dnswire::kTypeA).answers, SizeIs(2));
}

TEST_F(Answer, ASitesRecordsAreItsEdgesEachFamilyForItself) {
  world_.settings.records = {{.name = "example.com", .type = "ALIAS", .ttl = 5s, .site = "assets"},
                             {.name = "six.example.com", .type = "AAAA", .ttl = 5s, .site = "assets"},
                             {.name = "none.example.com", .type = "A", .ttl = 5s, .site = "elsewhere"}};
  world_.sites["assets"] = {{"192.0.2.1", "edge/a"}, {"192.0.2.2", "edge/b"}, {"2001:db8::1", "edge/a"}};
  world_.health.checks = {{.name = "edge/a", .health = Health::kDown}};
  EXPECT_THAT(lines(ask("example.com", dnswire::kTypeA).answers), ElementsAre("example.com. 5 A 192.0.2.2"));
  EXPECT_THAT(lines(ask("example.com", dnswire::kTypeAaaa).answers), ElementsAre("example.com. 5 AAAA 2001:db8::1"));
  EXPECT_THAT(ask("six.example.com", dnswire::kTypeAaaa).answers, SizeIs(1));
  expect_negative(ask("none.example.com", dnswire::kTypeA), Rcode::kNoError);
}

TEST_F(Answer, EveryTruncationOfAQueryIsAnsweredOrDroppedSafely) {
  const auto whole =
      dnswire::build_query(*Name::parse("x.wild.example.com"), dnswire::kTypeMx, 77, {.edns_payload_bytes = 1232, .nsid = true});
  for (size_t size = 0; size < whole.size(); ++size) {
    const std::vector<uint8_t> part(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
    const auto bytes = raw(part, Transport::kUdp, kUdpAnswerBytesMax);
    if (size < 12) {
      EXPECT_THAT(bytes, IsEmpty());
    } else {
      EXPECT_EQ(parse(bytes).rcode, Rcode::kFormErr);
    }
  }
}

TEST_F(Answer, TheLongestNamesAreAnswered) {
  std::string name = "wild.example.com";
  while (name.size() + 2 <= 253) name.insert(0, "x.");
  EXPECT_THAT(ask(name, dnswire::kTypeMx).answers, SizeIs(1));
  std::string missing = "example.com";
  while (missing.size() + 2 <= 253) missing.insert(0, "x.");
  expect_negative(ask(missing, dnswire::kTypeA), Rcode::kNxDomain);
}

TEST(Serial, RisesWithTheClockAndNeverGoesBack) {
  EXPECT_EQ(next_serial(std::nullopt, 0, 1'000), 1'000U);
  EXPECT_EQ(next_serial(1'000, 0, 1'000), 1'001U);
  EXPECT_EQ(next_serial(1'001, 0, 2'000), 2'000U);
  EXPECT_EQ(next_serial(2'000, 0, 1'500), 2'001U);
  EXPECT_EQ(next_serial(std::nullopt, 2026'11'22'01U, 1'795'000'000U), 2026'11'22'01U);
  EXPECT_EQ(next_serial(0xFFFF'FFFFU, 0, 0xFFFF'0000U), 0U);
  EXPECT_TRUE(serial_after(0, 0xFFFF'FFFFU));
  EXPECT_FALSE(serial_after(5, 5));
}

TEST(Serial, IsReadAndSetInTheSoa) {
  World world;
  const auto loaded = load_zones(world.settings, world.files);
  auto zones = plain_zones(loaded.zones, {}, {}, {}).zones;
  EXPECT_EQ(serial_of(zones[0]), 7U);
  set_serial(zones[0], 0x01020304);
  EXPECT_EQ(serial_of(zones[0]), 0x01020304U);
}

}  // namespace
}  // namespace evershore::dns
