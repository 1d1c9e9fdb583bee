// One state after the other: what is compiled once, what with each state, and that both together say what a fresh start would.
#include "dns/live_zones.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dns/answer.h"
#include "dns/compile.h"
#include "dns/journal.h"
#include "dns/master_text.h"
#include "dns/transfer.h"
#include "wire/dns/client.h"

namespace evershore::dns {
namespace {

using dnswire::kTypeA;
using dnswire::kTypeMx;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::string_view kZone =
    "$TTL 60\n"
    "@ IN NS ns1\n"
    "ns1 IN A 192.0.2.53\n"
    "plain IN A 192.0.2.1\n"
    "mail IN MX 10 plain\n"
    "out IN CNAME www.example.net.\n"
    "to-plain IN CNAME plain\n"
    "to-live IN CNAME live\n"
    "to-nothing IN CNAME nothing\n"
    "a.b.c IN A 192.0.2.2\n"
    "*.wild IN A 192.0.2.3\n"
    "cut IN NS ns.cut\n"
    "ns.cut IN A 192.0.2.4\n"
    "live-cut IN NS live-ns.live-cut\n";

class LiveZonesTest : public testing::Test {
 protected:
  LiveZonesTest() {
    settings_.zones = {{.name = "example.com", .file = "zone"}};
    add("live.example.com");
    add("live-ns.live-cut.example.com");
  }

  void add(std::string name) {
    settings_.records.push_back({.name = std::move(name),
                                 .type = "A",
                                 .policy = RecordPolicy::kFailover,
                                 .answers = {{.id = "p", .value = "192.0.2.10", .health_check = "p"}, {.id = "s", .value = "192.0.2.20"}}});
  }

  std::vector<Zone> load() {
    auto loaded = load_zones(settings_, {{"zone", std::string(kZone)}});
    for (const auto& problem : loaded.problems) ADD_FAILURE() << problem.message;
    return std::move(loaded.zones);
  }

  void state(Health primary) {
    const HealthSnapshot health{.epoch = 1, .checks = {{.name = "p", .health = primary}}};
    live().update(health, {}, {}, {});
    live().set_serial(0, ++serial_);
    if (!tree_) {
      tree_ = std::make_unique<NameTree>(std::vector{&live().zones()[0]});
      compiler_ = std::make_unique<ZoneCompiler>(*tree_);
    }
    snapshot_ = compiler_->compile({});
  }

  LiveZones& live() {
    if (!live_) live_ = std::make_unique<LiveZones>(load());
    return *live_;
  }

  // Answers, authorities and additionals as "owner data", with the code in front if it is not NOERROR.
  std::vector<std::string> ask(std::string_view name, uint16_t type) const {
    std::array<uint8_t, 4096> out;
    AnswerCounters counters;
    const auto query = dnswire::build_query(*Name::parse(name), type, 1, {});
    const size_t size = answer(query, *snapshot_, {.transport = Transport::kTcp}, out, counters);
    const auto response = dnswire::parse_response(std::span(out).first(size));
    std::vector<std::string> lines;
    if (!response) return {"no answer"};
    if (response->rcode != dnswire::Rcode::kNoError) lines.emplace_back("failed");
    for (const auto* section : {&response->answers, &response->authorities, &response->additionals}) {
      for (const auto& record : *section) lines.push_back(record.owner.text() + " " + record.value());
    }
    return lines;
  }

  DnsSettings settings_;
  uint32_t serial_ = 100;
  std::unique_ptr<LiveZones> live_;
  std::unique_ptr<NameTree> tree_;
  std::unique_ptr<ZoneCompiler> compiler_;
  std::shared_ptr<const CompiledSnapshot> snapshot_;
};

TEST_F(LiveZonesTest, NamesThatLeadToADecidedOneFollowEachState) {
  state(Health::kUp);
  EXPECT_THAT(ask("to-live.example.com", kTypeA), ElementsAre("to-live.example.com. live.example.com.", "live.example.com. 192.0.2.10"));
  EXPECT_THAT(ask("x.live-cut.example.com", kTypeA),
              ElementsAre("live-cut.example.com. live-ns.live-cut.example.com.", "live-ns.live-cut.example.com. 192.0.2.10"));
  state(Health::kDown);
  EXPECT_THAT(ask("to-live.example.com", kTypeA), ElementsAre("to-live.example.com. live.example.com.", "live.example.com. 192.0.2.20"));
  EXPECT_THAT(ask("x.live-cut.example.com", kTypeA),
              ElementsAre("live-cut.example.com. live-ns.live-cut.example.com.", "live-ns.live-cut.example.com. 192.0.2.20"));
}

TEST_F(LiveZonesTest, NegativeAnswersCarryTheSerialOfTheirState) {
  state(Health::kUp);
  const auto serial_is = [](const std::string& serial) { return ElementsAre(testing::_, testing::HasSubstr(" " + serial + " ")); };
  EXPECT_THAT(ask("missing.example.com", kTypeA), serial_is("101"));
  state(Health::kDown);
  EXPECT_THAT(ask("missing.example.com", kTypeA), serial_is("102"));
  EXPECT_THAT(ask("plain.example.com", kTypeMx), ElementsAre(testing::HasSubstr(" 102 "))) << "a fixed name without the type";
  EXPECT_THAT(ask("b.c.example.com", kTypeA), ElementsAre(testing::HasSubstr(" 102 "))) << "an empty non-terminal";
  EXPECT_THAT(ask("to-nothing.example.com", kTypeA), ElementsAre("failed", testing::_, testing::HasSubstr(" 102 ")));
}

TEST_F(LiveZonesTest, WhatNoStateChangesIsCompiledOnce) {
  state(Health::kUp);
  const auto fixed = snapshot_->fixed;
  state(Health::kDown);
  EXPECT_EQ(snapshot_->fixed, fixed);
  // The apex, two decided names, and those that lead to them or to the SOA.
  EXPECT_EQ(compiler_->varying(), 6U);
  EXPECT_THAT(ask("plain.example.com", kTypeA), ElementsAre("plain.example.com. 192.0.2.1"));
  EXPECT_THAT(ask("mail.example.com", kTypeMx), ElementsAre("mail.example.com. 10 plain.example.com."));
  EXPECT_THAT(ask("out.example.com", kTypeA), ElementsAre("out.example.com. www.example.net."));
  EXPECT_THAT(ask("to-plain.example.com", kTypeA), ElementsAre("to-plain.example.com. plain.example.com.", "plain.example.com. 192.0.2.1"));
  EXPECT_THAT(ask("any.wild.example.com", kTypeA), ElementsAre("any.wild.example.com. 192.0.2.3"));
  EXPECT_THAT(ask("x.cut.example.com", kTypeA), ElementsAre("cut.example.com. ns.cut.example.com.", "ns.cut.example.com. 192.0.2.4"));
}

TEST_F(LiveZonesTest, OnlyTheZoneWhoseAnswersChangedIsToldChanged) {
  settings_.zones.push_back({.name = "example.org", .nameservers = {"ns1.example.com"}});
  const HealthSnapshot up{.epoch = 1, .checks = {{.name = "p", .health = Health::kUp}}};
  const HealthSnapshot down{.epoch = 2, .checks = {{.name = "p", .health = Health::kDown}}};
  live().update(up, {}, {}, {});
  EXPECT_THAT(live().changed(), ElementsAre(true, true)) << "all is new";
  EXPECT_THAT(live().describe(), SizeIs(2));
  live().update(up, {}, {}, {});
  EXPECT_THAT(live().changed(), ElementsAre(false, false));
  EXPECT_THAT(live().describe(), IsEmpty());
  live().update(down, {}, {}, {});
  EXPECT_THAT(live().changed(), ElementsAre(true, false));
  const auto changes = live().describe();
  ASSERT_THAT(changes, SizeIs(2));
  EXPECT_THAT(changes[0].second.chosen, ElementsAre("p"));
  EXPECT_THAT(live().decisions()[changes[0].first].chosen, ElementsAre("s"));
}

std::vector<std::string> all_records(RecordSource& source) {
  std::vector<std::string> out;
  for (ZoneRecordView record; source.next(record);) out.push_back(record.owner->text() + " " + dnswire::type_name(record.type));
  return out;
}

TEST_F(LiveZonesTest, TransfersAndFilesHoldFixedAndDecidedRecordsInOneOrder) {
  state(Health::kUp);
  const auto zone = std::make_shared<const PlainZone>(live().zones()[0]);
  const auto records = all_records(*whole_zone(zone));
  EXPECT_THAT(records, SizeIs(17));  // 13 of the file, two decided, SOA twice
  EXPECT_EQ(records.front(), "example.com. SOA");
  EXPECT_EQ(records.back(), "example.com. SOA");
  const auto text = master_text(*zone);
  EXPECT_THAT(text, testing::HasSubstr("live.example.com. 60 IN A 192.0.2.10\n"));
  EXPECT_THAT(text, testing::HasSubstr("\nplain.example.com. 60 IN A 192.0.2.1\n"));
}

TEST_F(LiveZonesTest, ADifferenceSeesNamesThatAreFixedNowAndWereDecidedBefore) {
  state(Health::kUp);
  const PlainZone before = live().zones()[0];
  settings_.records[0] = {.name = "live.example.com", .type = "A", .ttl = 60s, .values = {"192.0.2.10"}};
  settings_.records.push_back({.name = "plain2.example.com", .type = "A", .ttl = 60s, .values = {"192.0.2.1"}});
  LiveZones after(load());
  after.update({.epoch = 1, .checks = {{.name = "p", .health = Health::kUp}}}, {}, {}, {});
  const auto difference = difference_between(before, after.zones()[0]);
  EXPECT_THAT(difference.removed, IsEmpty());
  ASSERT_THAT(difference.added, SizeIs(1));
  EXPECT_EQ(difference.added[0].owner.text(), "plain2.example.com.");
}

}  // namespace
}  // namespace evershore::dns
