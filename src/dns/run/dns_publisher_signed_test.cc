// Signed zones over time: what is signed anew when, and what secondaries see of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <tuple>

#include "base/fake_scheduler.h"
#include "base/text.h"
#include "dns/answer.h"
#include "dns/run/dns_publisher.h"
#include "io/files.h"
#include "wire/dns/client.h"
#include "wire/dns/message.h"

namespace evershore::dns {
namespace {

using namespace std::chrono_literals;
using Change = DnsPublisher::Change;
using dnswire::kTypeRrsig;

struct SignedPublisher : testing::Test {
  SignedPublisher() : data(testing::TempDir() + "/signed-publisher-" + to_hex(io::random_bytes(8))) {
    settings.zones = {{.name = "example.com", .nameservers = {"ns1.example.com"}, .dnssec = true}};
    settings.records = {{.name = "www.example.com",
                         .type = "A",
                         .ttl = 5s,
                         .policy = RecordPolicy::kFailover,
                         .answers = {{.id = "p", .role = "primary", .value = "192.0.2.1", .health_check = "p"},
                                     {.id = "s", .role = "secondary", .value = "192.0.2.2"}}},
                        {.name = "mail.example.com", .type = "A", .ttl = 300s, .values = {"192.0.2.25"}}};
    make_key({.role = KeyRole::kCsk, .made = clock.wall()});
  }
  ~SignedPublisher() override { std::filesystem::remove_all(data); }

  StoredKey make_key(KeyFacts facts) {
    auto stored = *read_keys(data, apex);
    return *dns::make_key(data, apex, facts, stored);
  }
  ZoneKeys keys() {
    std::vector<Problem> problems;
    auto read = read_zone_keys(settings, data, clock.wall(), problems);
    EXPECT_TRUE(problems.empty());
    return read;
  }
  Change health(Health primary) { return publisher.update({.epoch = 1, .checks = {{.name = "p", .health = primary}}}, {}, {}); }
  std::vector<dnswire::Record> ask(std::string_view name, uint16_t type) {
    const auto query = dnswire::build_query(*Name::parse(name), type, 1, {.edns_payload_bytes = 1232, .dnssec_ok = true});
    std::array<uint8_t, 4096> out;
    AnswerCounters counters;
    const size_t bytes = answer(query, *publisher.snapshots().read(), {.transport = Transport::kTcp}, out, counters);
    const auto response = dnswire::parse_response(std::span(out).first(bytes));
    return response ? response->answers : std::vector<dnswire::Record>{};
  }
  const TransferZone& transfer() {
    held = publisher.transfers().read();
    return held->zones.at(apex);
  }
  using Line = std::tuple<Name, uint16_t, uint32_t, std::string>;
  std::set<Line> lines() {
    std::set<Line> out;
    auto source = whole_zone(transfer().content);
    ZoneRecordView record;
    while (source->next(record)) {
      if (record.type != dnswire::kTypeSoa) out.emplace(*record.owner, record.type, record.ttl, record.rdata);
    }
    return out;
  }

  FakeScheduler clock;
  std::string data;
  Name apex = *Name::parse("example.com");
  DnsSettings settings;
  DnsPublisher publisher{clock, Log(), "node-1"};
  std::shared_ptr<const TransferSnapshot> held;
};

TEST_F(SignedPublisher, SecondariesGetTheSignedZone) {
  ASSERT_TRUE(publisher.configure(settings, {}, nullptr, keys()).empty());
  std::multiset<std::pair<Name, uint16_t>> seen;
  for (const auto& [owner, type, ttl, rdata] : lines()) {
    seen.emplace(owner, type);
    if (type == kTypeRrsig) EXPECT_EQ(ttl, dnswire::load32(as_bytes(rdata).data() + 4)) << "RFC 4034 3: an RRSIG has the TTL of its set";
  }
  EXPECT_EQ(seen.count({apex, dnswire::kTypeDnskey}), 1U);
  EXPECT_EQ(seen.count({apex, kTypeRrsig}), 6U) << "SOA, NS, NSEC, DNSKEY, CDS, CDNSKEY";
  EXPECT_EQ(seen.count({*Name::parse("www.example.com"), kTypeRrsig}), 2U);
  EXPECT_EQ(seen.count({*Name::parse("www.example.com"), dnswire::kTypeNsec}), 1U);
}

TEST_F(SignedPublisher, AFlipChangesOneSetAndItsSignature) {
  publisher.configure(settings, {}, nullptr, keys());
  health(Health::kUp);
  const auto mail = ask("mail.example.com", dnswire::kTypeA);
  const auto before = lines();
  const uint32_t serial = transfer().serial;
  ASSERT_EQ(health(Health::kDown), Change::kPublished);
  EXPECT_EQ(ask("www.example.com", dnswire::kTypeA).at(0).value(), "192.0.2.2");
  EXPECT_EQ(ask("mail.example.com", dnswire::kTypeA), mail) << "its signature is the one it had";
  const auto steps = transfer().journal.since(serial);
  ASSERT_TRUE(steps.has_value());
  ASSERT_EQ(steps->size(), 1U);
  const auto& step = *steps->at(0);
  EXPECT_EQ(step.removed.size(), 3U) << "the address, its signature, the SOA's signature";
  EXPECT_EQ(step.added.size(), 3U);
  auto applied = before;
  for (const auto& record : step.removed) EXPECT_EQ(applied.erase({record.owner, record.type, record.ttl, record.rdata}), 1U);
  for (const auto& record : step.added) applied.emplace(record.owner, record.type, record.ttl, record.rdata);
  EXPECT_EQ(applied, lines());
}

TEST_F(SignedPublisher, AnotherStateOfHealthThatChangesNothingSignsNothing) {
  publisher.configure(settings, {}, nullptr, keys());
  health(Health::kUp);
  const auto before = lines();
  clock.run_for(24h);
  EXPECT_EQ(health(Health::kUp), Change::kNone);
  EXPECT_EQ(publisher.refresh_keys(keys()), Change::kNone);
  EXPECT_EQ(lines(), before);
}

TEST_F(SignedPublisher, SignaturesAreRenewedInTimeForEver) {
  publisher.configure(settings, {}, nullptr, keys());
  health(Health::kUp);
  size_t published = 0;
  for (int hour = 0; hour < 24 * 60; ++hour) {
    clock.run_for(1h);
    if (publisher.refresh_keys(keys()) == Change::kPublished) ++published;
    const auto now = std::chrono::duration_cast<std::chrono::seconds>(clock.wall().time_since_epoch()).count();
    for (const auto& [owner, type, ttl, rdata] : lines()) {
      if (type != kTypeRrsig) continue;
      ASSERT_GT(dnswire::load32(as_bytes(rdata).data() + 8), now + 6 * 86'400) << owner.text();
    }
  }
  EXPECT_GT(published, 20U);
  EXPECT_LT(published, 300U) << "not every hour";
}

TEST_F(SignedPublisher, ARollIsSeenWithoutAReload) {
  publisher.configure(settings, {}, nullptr, keys());
  const auto old_key = read_keys(data, apex)->at(0).key.facts;
  auto heir = make_key({.role = KeyRole::kCsk, .made = clock.wall(), .replaces = old_key.tag});
  EXPECT_EQ(publisher.refresh_keys(keys()), Change::kPublished);
  EXPECT_EQ(ask("example.com", dnswire::kTypeDnskey).size(), 4U) << "two keys, two signatures";
  EXPECT_EQ(ask("mail.example.com", dnswire::kTypeA).size(), 3U);
  clock.run_for(kCacheSpan);
  EXPECT_EQ(publisher.refresh_keys(keys()), Change::kPublished) << "CDS speaks of the new key now";
  auto facts = heir.key.facts;
  facts.ds_published = clock.wall();
  ASSERT_TRUE(write_facts(heir, facts));
  EXPECT_EQ(publisher.refresh_keys(keys()), Change::kPublished);
  clock.run_for(kRetireSpan);
  EXPECT_EQ(publisher.refresh_keys(keys()), Change::kPublished);
  EXPECT_EQ(ask("example.com", dnswire::kTypeDnskey).size(), 2U);
  EXPECT_EQ(ask("mail.example.com", dnswire::kTypeA).size(), 2U);
}

TEST_F(SignedPublisher, AZoneBecomesSignedAndUnsignedByItsSettings) {
  publisher.configure(settings, {}, nullptr, keys());
  settings.zones[0].dnssec = false;
  publisher.configure(settings, {}, nullptr, keys());
  EXPECT_EQ(ask("mail.example.com", dnswire::kTypeA).size(), 1U);
  EXPECT_TRUE(ask("example.com", dnswire::kTypeDnskey).empty());
  const uint32_t serial = transfer().serial;
  settings.zones[0].dnssec = true;
  publisher.configure(settings, {}, nullptr, keys());
  EXPECT_EQ(ask("mail.example.com", dnswire::kTypeA).size(), 2U);
  EXPECT_TRUE(serial_after(transfer().serial, serial));
}

TEST_F(SignedPublisher, AZoneWithoutAKeyIsAProblem) {
  std::filesystem::remove_all(data);
  std::vector<Problem> problems;
  EXPECT_TRUE(read_zone_keys(settings, data, clock.wall(), problems).empty());
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_THAT(problems[0].message, testing::HasSubstr("evershore dns keys make"));
}

}  // namespace
}  // namespace evershore::dns
