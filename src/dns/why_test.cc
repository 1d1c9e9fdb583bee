#include "dns/why.h"
#include "dns/live_zones.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "dns/answer.h"
#include "dns/compile.h"
#include "dns/why_answer.h"
#include "wire/dns/client.h"

namespace evershore::dns {
namespace {

using namespace std::chrono_literals;
using dnswire::Rcode;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

constexpr Wall kStart{std::chrono::seconds(1'700'000'000)};
const std::array<uint8_t, 4> kFriend{192, 0, 2, 9};
const std::array<uint8_t, 4> kStranger{198, 51, 100, 9};

struct Why : testing::Test {
  Why() {
    settings.zones = {{.name = "example.com", .file = "example.zone"}};
    settings.records = {{.name = "www.example.com",
                         .type = "A",
                         .ttl = 5s,
                         .policy = RecordPolicy::kFailover,
                         .answers = {{.id = "one", .value = "192.0.2.1", .health_check = "c1"}, {.id = "two", .value = "192.0.2.2"}}},
                        {.name = "www.example.com", .type = "TXT", .policy = RecordPolicy::kMultivalue, .answers = {{.value = "hello"}}},
                        {.name = "*.wild.example.com",
                         .type = "CNAME",
                         .policy = RecordPolicy::kFailover,
                         .answers = {{.value = "www.example.com", .evaluate_target_health = true}, {.value = "other.example.net"}}},
                        {.name = "many.example.com", .type = "A", .policy = RecordPolicy::kMultivalue}};
    for (int i = 0; i < 90; ++i)
      settings.records.back().answers.push_back({.id = fmt::format("a{}", i), .value = fmt::format("10.0.0.{}", i)});
    decide(Health::kUp);
  }

  void decide(Health c1, std::string check_why = "3 of 3 probes good") {
    state.health = {.epoch = 1, .checks = {{.name = "c1", .health = c1, .why = std::move(check_why), .since = now}}};
    const auto loaded = load_zones(settings, files);
    for (const auto& problem : loaded.problems) ADD_FAILURE() << problem.field << ": " << problem.message;
    ASSERT_TRUE(state.allowed.add("192.0.2.0/24").has_value());
    state.records = why_records(loaded.zones);
    const auto plain = plain_zones(loaded.zones, state.health, state.steering, state.sites);
    log.note(plain.decisions, now);
    state.decisions = log.entries();
    snapshot = compile(plain.zones, {.nsid = "node-1"});
    now += 60s;
  }

  std::vector<std::string> sentences(std::string_view name) {
    const auto why = why_of(state, *snapshot, *Name::parse(name));
    return why ? why_sentences(*why) : std::vector<std::string>();
  }

  // What the DNS says; "" = as always.
  std::optional<dnswire::Response> ask(std::string_view name, uint16_t type = dnswire::kTypeTxt, Transport transport = Transport::kTcp,
                                       std::span<const uint8_t> from = kFriend) {
    const auto query = dnswire::build_query(*Name::parse(name), type, 7, {.edns_payload_bytes = 1'232, .nsid = true});
    const auto told = asks_why(query) ? why_answer(query, state, *snapshot, from) : nullptr;
    if (told == nullptr) return std::nullopt;
    std::vector<uint8_t> out(65'535);
    const auto counters = std::make_unique<AnswerCounters>();
    out.resize(answer(query, *told, {.transport = transport, .address = from}, out, *counters));
    auto response = dnswire::parse_response(out);
    EXPECT_TRUE(response.has_value());
    return *response;
  }

  DnsSettings settings;
  MasterFiles files{{"example.zone", "$TTL 300\n@ IN SOA ns1 h 1 2 3 4 5\n@ IN NS ns1\nns1 IN A 192.0.2.53\n*.fixed IN A 192.0.2.3\n"}};
  Wall now = kStart;
  DecisionLog log;
  WhyState state;
  std::shared_ptr<const CompiledSnapshot> snapshot;
};

TEST_F(Why, ARecordTellsItsAnswerThePolicyTheReasonAndItsChecks) {
  EXPECT_THAT(sentences("www.example.com"),
              ElementsAre("www.example.com A (failover, ttl 5 s) answers one: preferred, nothing speaks against it; since "
                          "2023-11-14T22:13:20Z, the node's start",
                          "A one = 192.0.2.1: given; check c1 is up since 2023-11-14T22:13:20Z: 3 of 3 probes good",
                          "A two = 192.0.2.2: not given; no check, so always healthy",
                          AllOf(StartsWith("www.example.com TXT (multivalue, ttl 60 s) answers \"hello\": "), HasSubstr("since")),
                          "TXT \"hello\": given; no check, so always healthy"));
}

TEST_F(Why, AFailedOverRecordTellsSinceWhenAndWhoIsToBlame) {
  decide(Health::kDown, "3 of 3 probes failed, last: timeout after 1 s");
  const auto told = sentences("WWW.example.com");
  EXPECT_EQ(
      told.at(0),
      "WWW.example.com A (failover, ttl 5 s) answers two: failed over, what comes before it is not usable; since 2023-11-14T22:14:20Z");
  EXPECT_EQ(told.at(1),
            "A one = 192.0.2.1: not given; check c1 is down since 2023-11-14T22:14:20Z: 3 of 3 probes failed, last: timeout after 1 s");
  EXPECT_EQ(told.at(2), "A two = 192.0.2.2: given; no check, so always healthy");
}

TEST_F(Why, WildcardsStandForNamesThatAreNotThereAndTellWhatLiesBehind) {
  const auto told = sentences("a.wild.example.com");
  ASSERT_THAT(told, SizeIs(4));
  EXPECT_EQ(told[0], "a.wild.example.com: answered by *.wild.example.com");
  EXPECT_THAT(told[1], StartsWith("*.wild.example.com CNAME (failover"));
  EXPECT_EQ(told[2], "CNAME www.example.com.: given; no check, so always healthy; with what www.example.com chooses from it is usable");
}

TEST_F(Why, NamesWithoutAPolicyAreFixedOrMissingAndOthersZonesAreNotOurs) {
  EXPECT_THAT(sentences("ns1.example.com"),
              ElementsAre("ns1.example.com: fixed; nothing there has a policy, so health does not change it"));
  EXPECT_THAT(sentences("x.fixed.example.com"),
              ElementsAre("x.fixed.example.com: fixed by *.fixed.example.com; nothing there has a policy, so health does not change it"));
  EXPECT_THAT(sentences("nothing.example.com"), ElementsAre("nothing.example.com: there is no such name"));
  EXPECT_THAT(sentences("example.net"), IsEmpty());
}

TEST_F(Why, ADrainAndAFallbackAreTold) {
  settings.records[0].answers = {{.id = "east", .value = "192.0.2.1", .health_check = "region/east"},
                                 {.id = "sorry", .value = "192.0.2.9"}};
  settings.records[0].when_all_down = WhenAllDown::kFallback;
  settings.records[0].fallback = "sorry";
  state.steering.drains["east"] = {.reason = "new disks", .until = {}};
  decide(Health::kUp);
  const auto told = sentences("www.example.com");
  EXPECT_THAT(told.at(0), HasSubstr("answers sorry: fallback, nothing is usable"));
  EXPECT_THAT(told.at(1), AllOf(StartsWith("A east = 192.0.2.1: not given; "), HasSubstr("; drained by people")));
  EXPECT_EQ(told.at(2), "A sorry = 192.0.2.9: given; no check, so always healthy");
}

TEST_F(Why, ASitesRecordTellsTheEdgesOfItsFamily) {
  settings.records = {{.name = "www.example.com", .type = "A", .site = "assets"}};
  state.sites["assets"] = {{.address = "192.0.2.4", .check = "c1"}, {.address = "2001:db8::4", .check = "c1"}};
  decide(Health::kUp);
  EXPECT_THAT(sentences("www.example.com"), ElementsAre(StartsWith("www.example.com A (site, ttl 60 s) answers 192.0.2.4: "),
                                                        StartsWith("A 192.0.2.4: given; check c1 is up")));
}

TEST_F(Why, TheDnsTellsItInTxtWithTtlZeroAndTheAskedLetterCase) {
  const auto response = ask("_WhY.www.example.com");
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->rcode, Rcode::kNoError);
  EXPECT_TRUE(response->authoritative());
  EXPECT_EQ(response->question->text(), "_WhY.www.example.com.");
  EXPECT_EQ(response->nsid, "node-1");
  ASSERT_THAT(response->answers, SizeIs(5));
  EXPECT_EQ(response->answers[0].ttl, 0U);
  EXPECT_THAT(response->answers[0].value(), StartsWith("\"www.example.com A (failover"));
}

TEST_F(Why, LongSentencesAreCutIntoStringsOfAtMost255Bytes) {
  const std::string long_why(700, 'x');
  decide(Health::kDown, long_why);
  const auto response = ask("_why.www.example.com");
  const auto& rdata = response->answers.at(1).rdata;
  std::string whole;
  for (size_t at = 0; at < rdata.size(); at += 1 + static_cast<uint8_t>(rdata[at])) {
    whole += rdata.substr(at + 1, static_cast<uint8_t>(rdata[at]));
  }
  EXPECT_THAT(whole, HasSubstr(long_why));
}

TEST_F(Why, WhatDoesNotFitIntoADatagramComesOverTcp) {
  const auto cut = ask("_why.many.example.com", dnswire::kTypeTxt, Transport::kUdp);
  EXPECT_TRUE(cut->truncated());
  EXPECT_THAT(cut->answers, IsEmpty());
  EXPECT_THAT(ask("_why.many.example.com")->answers, SizeIs(91));
}

TEST_F(Why, StrangersOtherTypesAndOtherZonesAreAnsweredAsAlways) {
  EXPECT_FALSE(ask("_why.www.example.com", dnswire::kTypeTxt, Transport::kUdp, kStranger).has_value());
  EXPECT_FALSE(ask("_why.www.example.com", dnswire::kTypeA).has_value());
  EXPECT_FALSE(ask("_why.www.example.net").has_value());
  EXPECT_FALSE(ask("\\127why.www.example.com").has_value());
  EXPECT_FALSE(ask("_who.www.example.com").has_value());
}

TEST_F(Why, QuestionsThatAreNoneAreLeftAlone) {
  auto query = dnswire::build_query(*Name::parse("_why.www.example.com"), dnswire::kTypeTxt, 7);
  for (size_t size = 0; size < query.size(); ++size) {
    const auto part = std::span(query).first(size);
    EXPECT_TRUE(!asks_why(part) || why_answer(part, state, *snapshot, kFriend) == nullptr) << size;
  }
  query[2] |= 0x80;  // an answer
  EXPECT_EQ(why_answer(query, state, *snapshot, kFriend), nullptr);
}

}  // namespace
}  // namespace evershore::dns
