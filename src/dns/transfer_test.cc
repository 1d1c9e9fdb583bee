// Transfers as a secondary sees them: requests in, messages out.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "dns/transfer_desk.h"
#include "dns/transfer_rules.h"
#include "wire/dns/client.h"
#include "wire/dns/message.h"
#include "wire/dns/rdata.h"
#include "wire/dns/writer.h"

namespace evershore::dns {
namespace {

using dnswire::kTypeA;
using dnswire::kTypeAxfr;
using dnswire::kTypeIxfr;
using dnswire::kTypeSoa;
using dnswire::Rcode;
using dnswire::TsigError;
using Kind = DeskAnswer::Kind;
using Bytes = std::vector<uint8_t>;
using testing::ElementsAre;
using testing::SizeIs;

constexpr uint64_t kNow = 1'800'000'000;
constexpr std::array<uint8_t, 4> kInside{192, 0, 2, 7};
constexpr std::array<uint8_t, 4> kOutside{198, 51, 100, 7};

Name name(std::string_view text) { return *Name::parse(text); }

std::shared_ptr<PlainZone> zone(uint32_t serial, std::string_view address, size_t hosts = 1) {
  auto out = std::make_shared<PlainZone>(PlainZone{.apex = name("example.com"), .contents = {}});
  out->contents[out->apex][kTypeSoa] = {.ttl = 3'600, .rdata = {*dnswire::rdata_from_text(kTypeSoa, "ns. h. 1 2 3 4 5")}};
  out->contents[name("empty.example.com")] = {};
  for (size_t i = 0; i < hosts; ++i) {
    out->contents[name(fmt::format("h{}.example.com", i))][kTypeA] = {.ttl = 60, .rdata = {*dnswire::rdata_from_text(kTypeA, address)}};
  }
  set_serial(*out, serial);
  return out;
}

struct Desk : testing::Test {
  Desk() {
    DnsSettings settings;
    settings.transfer.allow = {"192.0.2.0/24"};
    snapshot.rules = load_transfer_rules(settings).rules;
    const auto first = zone(10, "10.0.0.1");
    const auto second = zone(11, "10.0.0.2");
    auto& entry = snapshot.zones[name("example.com")];
    entry.journal.add(std::make_shared<const Difference>(difference_between(*first, *second)));
    entry.content = second;
    entry.serial = 11;
  }
  void require_key() {
    DnsSettings settings;
    settings.keys = {{.name = "k", .secret = Secret("c2VjcmV0")}};
    settings.transfer.keys = {"k"};
    snapshot.rules = load_transfer_rules(settings).rules;
  }
  DeskAnswer ask(const Bytes& packet, Transport transport = Transport::kTcp, std::span<const uint8_t> peer = kInside) {
    return look_at({.packet = packet, .transport = transport, .peer = peer, .now_seconds = kNow}, snapshot, counters);
  }
  Rcode refusal(const Bytes& packet, std::span<const uint8_t> peer = kInside) {
    const auto answer = ask(packet, Transport::kTcp, peer);
    EXPECT_EQ(answer.kind, Kind::kReply);
    return dnswire::parse_response(answer.reply)->rcode;
  }
  TransferSnapshot snapshot;
  TransferCounters counters;
};

Bytes axfr(std::string_view zone_name = "example.com") { return dnswire::build_query(name(zone_name), kTypeAxfr, 7); }

Bytes ixfr(uint32_t serial) {
  auto query = dnswire::build_query(name("example.com"), kTypeIxfr, 7);
  dnswire::Writer writer(query.size());
  writer.put_record(name("example.com"), kTypeSoa, 0, *dnswire::rdata_from_text(kTypeSoa, fmt::format(". . {} 0 0 0 0", serial)));
  const auto bytes = as_bytes(writer.bytes());
  query.insert(query.end(), bytes.begin(), bytes.end());
  dnswire::store16(&query[8], 1);
  return query;
}

std::vector<Bytes> messages(TransferStream& stream) {
  std::vector<Bytes> out;
  while (!stream.done()) out.push_back(stream.next(kNow));
  return out;
}

// "SOA 11", "h0.example.com. 10.0.0.1"
std::vector<std::string> records(std::span<const Bytes> all) {
  std::vector<std::string> out;
  for (const auto& message : all) {
    const auto parsed = dnswire::parse_response(message);
    EXPECT_TRUE(parsed.has_value());
    EXPECT_TRUE(parsed->authoritative());
    EXPECT_EQ(parsed->id, 7);
    for (const auto& record : parsed->answers) {
      out.push_back(record.type == kTypeSoa ? "SOA " + record.value().substr(7, 2) : record.owner.text() + " " + record.value());
    }
  }
  return out;
}

std::vector<std::string> streamed(DeskAnswer answer) {
  EXPECT_EQ(answer.kind, Kind::kStream);
  return answer.stream == nullptr ? std::vector<std::string>{} : records(messages(*answer.stream));
}

TEST_F(Desk, Line29_AxfrBeginsAndEndsWithTheSoa) {
  EXPECT_THAT(streamed(ask(axfr())), ElementsAre("SOA 11", "h0.example.com. 10.0.0.2", "SOA 11"));
  EXPECT_EQ(counters.whole.get(), 1U);
}

TEST_F(Desk, Line29_ManyRecordsShareAMessageAndAllArrive) {
  snapshot.zones[name("example.com")].content = zone(11, "10.0.0.1", 5'000);
  const auto answer = ask(axfr());
  const auto all = messages(*answer.stream);
  EXPECT_THAT(records(all), SizeIs(5'002));
  EXPECT_LT(all.size(), 15U);
  for (const auto& message : all) EXPECT_LE(message.size(), 16'384U);
}

TEST_F(Desk, Line30_ATransferShowsOneStateThoughTheZoneChangesMeanwhile) {
  snapshot.zones[name("example.com")].content = zone(11, "10.0.0.1", 5'000);
  const auto answer = ask(axfr());
  std::vector<Bytes> all{answer.stream->next(kNow)};
  snapshot.zones[name("example.com")].content = zone(12, "10.0.0.2", 10);
  for (auto& message : messages(*answer.stream)) all.push_back(std::move(message));
  const auto texts = records(all);
  EXPECT_THAT(texts, SizeIs(5'002));
  EXPECT_EQ(texts.front(), "SOA 11");
  EXPECT_EQ(texts.back(), "SOA 11");
}

TEST_F(Desk, Line29_AxfrOverUdpIsAnOrdinaryRefusal) {
  const auto query = axfr();
  EXPECT_FALSE(needs_a_look(query, snapshot, Transport::kUdp));
  EXPECT_EQ(ask(query, Transport::kUdp).kind, Kind::kOrdinary);
}

TEST_F(Desk, OrdinaryQueriesAreLeftAlone) {
  const auto query = dnswire::build_query(name("example.com"), kTypeA, 1, {.edns_payload_bytes = 1232});
  EXPECT_FALSE(needs_a_look(query, snapshot, Transport::kUdp));
  EXPECT_EQ(ask(query).kind, Kind::kOrdinary);
  EXPECT_FALSE(ask(query).signer.has_value());
}

TEST_F(Desk, WhoIsNotAllowedIsRefused) {
  EXPECT_EQ(refusal(axfr(), kOutside), Rcode::kRefused);
  EXPECT_EQ(refusal(ixfr(10), kOutside), Rcode::kRefused);
  snapshot.rules = {};
  EXPECT_EQ(refusal(axfr()), Rcode::kRefused);
  EXPECT_EQ(counters.refused.get(), 3U);
}

TEST_F(Desk, AZoneThatIsNotOursIsNotAuth) {
  EXPECT_EQ(refusal(axfr("example.org")), Rcode::kNotAuth);
  EXPECT_EQ(refusal(axfr("www.example.com")), Rcode::kNotAuth);
}

TEST_F(Desk, IxfrGivesTheDifferences) {
  EXPECT_THAT(streamed(ask(ixfr(10))),
              ElementsAre("SOA 11", "SOA 10", "h0.example.com. 10.0.0.1", "SOA 11", "h0.example.com. 10.0.0.2", "SOA 11"));
  EXPECT_EQ(counters.steps.get(), 1U);
}

TEST_F(Desk, IxfrOverSeveralStepsGoesThroughEachSerial) {
  auto& entry = snapshot.zones[name("example.com")];
  const auto third = zone(12, "10.0.0.3");
  entry.journal.add(std::make_shared<const Difference>(difference_between(*entry.content, *third)));
  entry.content = third;
  entry.serial = 12;
  EXPECT_THAT(streamed(ask(ixfr(10))), ElementsAre("SOA 12", "SOA 10", "h0.example.com. 10.0.0.1", "SOA 11", "h0.example.com. 10.0.0.2",
                                                   "SOA 11", "h0.example.com. 10.0.0.2", "SOA 12", "h0.example.com. 10.0.0.3", "SOA 12"));
}

TEST_F(Desk, IxfrFromAnUnknownSerialGetsTheWholeZone) {
  EXPECT_THAT(streamed(ask(ixfr(3))), ElementsAre("SOA 11", "h0.example.com. 10.0.0.2", "SOA 11"));
}

TEST_F(Desk, IxfrWithNothingNewerIsTheOneSoa) {
  EXPECT_THAT(streamed(ask(ixfr(11))), ElementsAre("SOA 11"));
  EXPECT_THAT(streamed(ask(ixfr(12))), ElementsAre("SOA 11"));
  EXPECT_EQ(counters.up_to_date.get(), 2U);
}

TEST_F(Desk, IxfrOverUdpIsTheOneSoaSoThatTcpIsTaken) {
  const auto query = ixfr(10);
  EXPECT_TRUE(needs_a_look(query, snapshot, Transport::kUdp));
  const auto answer = ask(query, Transport::kUdp);
  ASSERT_EQ(answer.kind, Kind::kReply);
  EXPECT_THAT(records(std::array{answer.reply}), ElementsAre("SOA 11"));
}

TEST_F(Desk, IxfrWithoutASerialIsMalformed) {
  EXPECT_EQ(refusal(dnswire::build_query(name("example.com"), kTypeIxfr, 7)), Rcode::kFormErr);
}

const dnswire::TsigKey kKey{*Name::parse("k"), HmacKind::kSha256, "secret"};

Bytes with_signature(Bytes query, const dnswire::TsigKey& key = kKey, uint64_t at = kNow) {
  dnswire::TsigSigner(key, "").sign(query, at);
  return query;
}

uint16_t tsig_error(const Bytes& message) { return (*dnswire::find_tsig(message))->error; }

TEST_F(Desk, Line29_AKeyIsDemandedWhereOneIsConfigured) {
  require_key();
  EXPECT_EQ(refusal(axfr()), Rcode::kRefused);
  EXPECT_THAT(streamed(ask(with_signature(axfr()))), SizeIs(3));
}

TEST_F(Desk, EveryMessageOfASignedTransferIsSignedInARow) {
  require_key();
  snapshot.zones[name("example.com")].content = zone(11, "10.0.0.1", 5'000);
  dnswire::TsigSigner asker(kKey, "");
  auto query = axfr();
  asker.sign(query, kNow);
  const auto answer = ask(query);
  std::string previous = asker.mac();
  bool first = true;
  for (const auto& message : messages(*answer.stream)) {
    const auto tsig = dnswire::find_tsig(message);
    ASSERT_TRUE(tsig.has_value());
    ASSERT_TRUE(tsig->has_value());
    if (first) EXPECT_EQ(dnswire::check_tsig(message, **tsig, std::span(&kKey, 1), previous, kNow).error, TsigError::kNone);
    first = false;
    EXPECT_NE((*tsig)->mac, previous);
    previous = (*tsig)->mac;
  }
}

TEST_F(Desk, Line29_WrongKeySignatureAndTimeAreNamed) {
  require_key();
  const auto other_name = ask(with_signature(axfr(), {name("other"), HmacKind::kSha256, "secret"}));
  EXPECT_EQ(dnswire::parse_response(other_name.reply)->rcode, Rcode::kNotAuth);
  EXPECT_EQ(tsig_error(other_name.reply), 17);
  const auto other_secret = ask(with_signature(axfr(), {name("k"), HmacKind::kSha256, "secreT"}));
  EXPECT_EQ(tsig_error(other_secret.reply), 16);
  const auto late = ask(with_signature(axfr(), kKey, kNow - 301));
  EXPECT_EQ(tsig_error(late.reply), 18);
  EXPECT_EQ(counters.bad_tsig.get(), 3U);
}

TEST_F(Desk, ASignedOrdinaryQueryIsAnsweredSigned) {
  require_key();
  const auto query = with_signature(dnswire::build_query(name("example.com"), kTypeSoa, 1));
  EXPECT_TRUE(needs_a_look(query, snapshot, Transport::kUdp));
  auto answer = ask(query, Transport::kUdp);
  EXPECT_EQ(answer.kind, Kind::kOrdinary);
  ASSERT_TRUE(answer.signer.has_value());
  Bytes out(kUdpAnswerBytesMax);
  const auto plain = dnswire::build_query(name("example.com"), kTypeSoa, 1);
  std::ranges::copy(plain, out.begin());
  const size_t size = sign_answer(out, plain.size(), {.packet = query, .transport = Transport::kUdp, .now_seconds = kNow}, *answer.signer);
  EXPECT_TRUE(dnswire::find_tsig(std::span(out).first(size))->has_value());
}

TEST_F(Desk, ASignedAnswerThatDoesNotFitIsCut) {
  require_key();
  const auto query = with_signature(dnswire::build_query(name("example.com"), kTypeA, 1));
  auto answer = ask(query, Transport::kUdp);
  Bytes out(kUdpAnswerBytesMax);
  const size_t size = sign_answer(out, 500, {.packet = query, .transport = Transport::kUdp, .now_seconds = kNow}, *answer.signer);
  EXPECT_LE(size, 512U);
  const auto parsed = dnswire::parse_response(std::span(out).first(size));
  ASSERT_TRUE(parsed.has_value());
  EXPECT_TRUE(parsed->truncated());
}

TEST(Networks, HoldAddressesOfBothFamilies) {
  Networks networks;
  ASSERT_TRUE(networks.add("192.0.2.128/25").has_value());
  ASSERT_TRUE(networks.add("2001:db8::/33").has_value());
  ASSERT_TRUE(networks.add("10.0.0.1").has_value());
  for (const auto* inside : {"192.0.2.128", "192.0.2.255", "::ffff:192.0.2.200", "2001:db8:7fff::1", "10.0.0.1"})
    EXPECT_TRUE(networks.contains(address_bytes(inside))) << inside;
  for (const auto* outside : {"192.0.2.127", "192.0.3.128", "2001:db8:8000::", "10.0.0.2", "::1"})
    EXPECT_FALSE(networks.contains(address_bytes(outside))) << outside;
  for (const auto* bad : {"", "/8", "192.0.2.0/33", "192.0.2/24", "2001:db8::/129", "192.0.2.0/-1"})
    EXPECT_FALSE(networks.add(bad).has_value()) << bad;
}

TEST(TransferRules, TellEveryProblemWithItsPlace) {
  DnsSettings settings;
  settings.keys = {{.name = "k", .secret = Secret("c2VjcmV0")}, {.name = "K", .algorithm = "md5", .secret = Secret("not base64!")}};
  settings.transfer = {.allow = {"nowhere"}, .keys = {"k", "absent"}, .notify = {}};
  std::vector<std::string> paths;
  for (const auto& problem : load_transfer_rules(settings).problems) paths.push_back(problem.path);
  EXPECT_THAT(paths, ElementsAre("dns.keys[1].name", "dns.keys[1].algorithm", "dns.keys[1].secret", "dns.transfer.allow[0]",
                                 "dns.transfer.keys[1]"));
}

}  // namespace
}  // namespace evershore::dns
