#include "dns/run/dns_publisher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/fake_scheduler.h"
#include "dns/answer.h"
#include "wire/dns/client.h"

namespace evershore::dns {
namespace {

using namespace std::chrono_literals;
using Change = DnsPublisher::Change;

struct Publisher : testing::Test {
  Publisher() {
    settings.zones = {{.name = "example.com", .nameservers = {"ns1.example.com"}}};
    settings.records = {{.name = "www.example.com",
                         .type = "A",
                         .ttl = 5s,
                         .policy = RecordPolicy::kFailover,
                         .answers = {{.id = "p", .role = "primary", .value = "192.0.2.1", .health_check = "p"},
                                     {.id = "s", .role = "secondary", .value = "192.0.2.2"}}}};
  }
  Change health(Health primary) { return publisher.update({.epoch = 1, .checks = {{.name = "p", .health = primary}}}, {}, {}); }
  std::string answered() {
    const auto query = dnswire::build_query(*dnswire::Name::parse("www.example.com"), dnswire::kTypeA, 1);
    std::array<uint8_t, kUdpAnswerBytesMax> out;
    AnswerCounters counters;
    const size_t bytes = answer(query, *publisher.snapshots().read(), {}, out, counters);
    const auto response = dnswire::parse_response(std::span(out).first(bytes));
    return response && !response->answers.empty() ? response->answers[0].value() : "none";
  }
  uint32_t serial() { return serial_of(publisher.zones().at(0)); }

  FakeScheduler clock;
  DnsSettings settings;
  DnsPublisher publisher{clock, Log(), "node-1"};
};

HealthSnapshot both(Health primary, Health secondary) {
  return HealthSnapshot{.epoch = 1, .checks = {{.name = "p", .health = primary}, {.name = "s", .health = secondary}}};
}

TEST_F(Publisher, RefusesEverythingBeforeTheFirstSettings) { EXPECT_EQ(answered(), "none"); }

TEST_F(Publisher, FollowsHealth) {
  EXPECT_TRUE(publisher.configure(settings, {}).empty());
  EXPECT_EQ(answered(), "192.0.2.1");
  EXPECT_EQ(health(Health::kDown), Change::kPublished);
  EXPECT_EQ(answered(), "192.0.2.2");
  EXPECT_EQ(publisher.decisions().at(0).why, routing::Why::kFailedOver);
  EXPECT_EQ(health(Health::kUp), Change::kPublished);
  EXPECT_EQ(answered(), "192.0.2.1");
}

TEST_F(Publisher, TheSerialRisesWithTheContentOnly) {
  publisher.configure(settings, {});
  const uint32_t first = serial();
  EXPECT_EQ(first, static_cast<uint32_t>(24 * 3600 * 20'000));
  EXPECT_EQ(health(Health::kUp), Change::kNone);
  EXPECT_EQ(serial(), first);
  EXPECT_EQ(health(Health::kDown), Change::kPublished);
  EXPECT_EQ(serial(), first + 1);
  clock.run_for(60s);
  EXPECT_EQ(health(Health::kDown), Change::kNone);
  EXPECT_EQ(health(Health::kUp), Change::kPublished);
  EXPECT_EQ(serial(), first + 60);
}

TEST_F(Publisher, ReloadingTheSameSettingsChangesNothing) {
  publisher.configure(settings, {});
  health(Health::kDown);
  const auto published = publisher.counters().published.get();
  const uint32_t before = serial();
  EXPECT_TRUE(publisher.configure(settings, {}).empty());
  EXPECT_EQ(serial(), before);
  EXPECT_EQ(publisher.counters().published.get(), published);
  EXPECT_EQ(answered(), "192.0.2.2");
}

TEST_F(Publisher, Line28_BrokenSettingsKeepTheOldZones) {
  publisher.configure(settings, {});
  settings.records[0].answers[0].value = "nonsense";
  EXPECT_EQ(publisher.configure(settings, {}).size(), 1U);
  EXPECT_EQ(answered(), "192.0.2.1");
}

TEST_F(Publisher, AZoneThatIsTakenOutIsRefusedAndItsSerialGoesOnWhenItComesBack) {
  publisher.configure(settings, {});
  health(Health::kDown);
  const uint32_t before = serial();
  publisher.configure({}, {});
  EXPECT_EQ(answered(), "none");
  publisher.configure(settings, {});
  EXPECT_EQ(answered(), "192.0.2.2");
  EXPECT_EQ(serial(), before);
}

TEST_F(Publisher, Line30_EachChangeIsAStepForSecondaries) {
  publisher.configure(settings, {});
  const uint32_t first = serial();
  health(Health::kDown);
  health(Health::kUp);
  const auto transfers = publisher.transfers().read();
  const auto& zone = transfers->zones.at(*dnswire::Name::parse("example.com"));
  EXPECT_EQ(zone.serial, first + 2);
  EXPECT_EQ(serial_of(*zone.content), first + 2);
  const auto steps = zone.journal.since(first);
  ASSERT_TRUE(steps.has_value());
  ASSERT_EQ(steps->size(), 2U);
  EXPECT_EQ(steps->at(0)->added.at(0).rdata, std::string("\xC0\x00\x02\x02", 4));
  EXPECT_EQ(steps->at(1)->removed, steps->at(0)->added);
}

TEST_F(Publisher, Line28_SerialsNeverGoBackOverARestart) {
  publisher.configure(settings, {});
  for (int i = 0; i < 200; ++i) health(i % 2 == 0 ? Health::kDown : Health::kUp);
  const uint32_t last = serial();
  const auto saved = publisher.saved_serials();
  DnsPublisher next{clock, Log(), "node-1"};
  next.restore_serials(saved);
  next.configure(settings, {});
  EXPECT_TRUE(serial_after(serial_of(next.zones().at(0)), last));
  clock.run_for(600s);
  DnsPublisher later{clock, Log(), "node-1"};
  later.restore_serials(saved);
  later.configure(settings, {});
  EXPECT_EQ(serial_of(later.zones().at(0)), static_cast<uint32_t>(24 * 3600 * 20'000 + 600));  // the clock's seconds again
}

TEST_F(Publisher, TellsOfEachPublishingWhenItIsOut) {
  std::vector<std::string> answers;
  publisher.on_published([&] { answers.push_back(answered()); });
  publisher.configure(settings, {});
  health(Health::kUp);
  health(Health::kDown);
  EXPECT_THAT(answers, testing::ElementsAre("192.0.2.1", "192.0.2.2"));
}

TEST_F(Publisher, BrokenTransferSettingsKeepTheOldZones) {
  publisher.configure(settings, {});
  settings.transfer.keys = {"absent"};
  EXPECT_EQ(publisher.configure(settings, {}).size(), 1U);
  EXPECT_EQ(answered(), "192.0.2.1");
}

TEST_F(Publisher, TellsSinceWhenARecordAnswersWhatItDoes) {
  publisher.configure(settings, {});
  const Wall start = clock.wall();
  clock.run_for(60s);
  health(Health::kUp);  // now known to be up: another reason
  clock.run_for(60s);
  health(Health::kUp);
  EXPECT_EQ(publisher.decision_log().entries().at(0).since, start);
  health(Health::kDown);
  EXPECT_EQ(publisher.decision_log().entries().at(0).since, clock.wall());
  EXPECT_EQ(publisher.decision_log().entries().at(0).changes, 1U);
}

TEST_F(Publisher, TellsWhyToTheNetworksOfTheSettingsOnlyAndAlwaysTheNewestState) {
  publisher.configure(settings, {});
  health(Health::kUp);
  EXPECT_TRUE(publisher.why().read()->allowed.empty());
  EXPECT_EQ(publisher.why_state().health.health_of("p"), Health::kUp);
  settings.why = {"192.0.2.0/24"};
  publisher.configure(settings, {});
  EXPECT_TRUE(publisher.why().read()->allowed.contains(std::array<uint8_t, 4>{192, 0, 2, 1}));
  health(Health::kDown);
  EXPECT_EQ(publisher.why().read()->health.health_of("p"), Health::kDown);
  EXPECT_EQ(publisher.why().read()->decisions.at(0).now.chosen, std::vector<std::string>{"s"});
  settings.why.clear();
  publisher.configure(settings, {});
  EXPECT_TRUE(publisher.why().read()->allowed.empty());
}

TEST_F(Publisher, TheLastKnownAnswersSurviveARestart) {
  settings.records[0].when_all_down = WhenAllDown::kLastKnown;
  settings.records[0].answers[1].health_check = "s";
  std::string saved;
  int saves = 0;
  publisher.on_usable([&](std::string text) {
    saved = std::move(text);
    ++saves;
  });
  publisher.configure(settings, {});
  publisher.update(both(Health::kUp, Health::kUp), {}, {});
  publisher.update(both(Health::kDown, Health::kUp), {}, {});
  EXPECT_EQ(saved, "www.example.com. 1 01\n");
  publisher.update(both(Health::kDown, Health::kDown), {}, {});
  EXPECT_EQ(answered(), "192.0.2.2");
  EXPECT_EQ(saves, 2);

  DnsPublisher later(clock, Log(), "node-1");
  later.restore_usable(saved);
  later.configure(settings, {});
  later.update(both(Health::kDown, Health::kUnknown), {}, {});
  later.update(both(Health::kDown, Health::kDown), {}, {});
  EXPECT_EQ(later.decisions().at(0).chosen, std::vector<std::string>{"s"});
  EXPECT_EQ(later.decisions().at(0).why, routing::Why::kLastKnown);
}

TEST_F(Publisher, CountsQueriesByZoneAlsoAcrossReloads) {
  settings.zones.push_back({.name = "www.example.com", .nameservers = {"ns1.example.com"}});
  settings.records.clear();
  const auto counters = std::make_unique<AnswerCounters>();
  const auto ask = [&](std::string_view name, uint16_t type) {
    std::array<uint8_t, kUdpAnswerBytesMax> out;
    answer(dnswire::build_query(*dnswire::Name::parse(name), type, 1), *publisher.snapshots().read(), {}, out, *counters);
  };
  publisher.configure(settings, {});
  ask("a.b.example.com", dnswire::kTypeA);
  ask("www.example.com", dnswire::kTypeSoa);
  ask("a.www.example.com", dnswire::kTypeA);
  ask("example.net", dnswire::kTypeA);
  settings.zones.erase(settings.zones.begin());
  publisher.configure(settings, {});
  ask("a.www.example.com", dnswire::kTypeA);
  ask("example.com", dnswire::kTypeA);
  const auto count = [&](size_t row, uint16_t type) { return counters->by_zone_and_type[row][type_column(type)].get(); };
  ASSERT_EQ(publisher.counted_zones().size(), 3U);
  EXPECT_EQ(publisher.counted_zones()[1].text(), "example.com.");
  EXPECT_EQ(count(1, dnswire::kTypeA), 1U);
  EXPECT_EQ(count(2, dnswire::kTypeSoa), 1U);
  EXPECT_EQ(count(2, dnswire::kTypeA), 2U);
  EXPECT_EQ(count(0, dnswire::kTypeA), 2U);
}

TEST_F(Publisher, CountsQueriesByWhyTheirNameAnswersAsItDoes) {
  const auto counters = std::make_unique<AnswerCounters>();
  const auto ask = [&](std::string_view name) {
    std::array<uint8_t, kUdpAnswerBytesMax> out;
    answer(dnswire::build_query(*dnswire::Name::parse(name), dnswire::kTypeA, 1), *publisher.snapshots().read(), {}, out, *counters);
  };
  const auto count = [&](routing::Why why) { return counters->by_outcome[outcome_column(why)].get(); };
  publisher.configure(settings, {});
  publisher.update(both(Health::kUp, Health::kUp), {}, {});
  ask("www.example.com");
  ask("missing.example.com");
  ask("example.net");
  EXPECT_EQ(count(routing::Why::kPreferred), 1U);
  EXPECT_EQ(counters->by_outcome[0].get(), 1U) << "in our zones, but nothing decides there";
  publisher.update(both(Health::kDown, Health::kUp), {}, {});
  ask("www.example.com");
  EXPECT_EQ(count(routing::Why::kFailedOver), 1U);
}

TEST_F(Publisher, AReasonWithoutAnotherAnswerIsCountedButNotTransferred) {
  settings.records[0].answers[1].health_check = "s";
  publisher.configure(settings, {});
  publisher.update(both(Health::kUp, Health::kUp), {}, {});
  const auto serial = serial_of(publisher.zones()[0]);
  publisher.update(both(Health::kUp, Health::kDown), {}, {});
  publisher.update(both(Health::kDown, Health::kDown), {}, {});
  EXPECT_EQ(publisher.decisions().at(0).why, routing::Why::kFailOpen);
  EXPECT_EQ(serial_of(publisher.zones()[0]), serial) << "the answer is what it was";
  const auto& outcomes = publisher.snapshots().read()->outcomes;
  EXPECT_THAT(outcomes, testing::Contains(outcome_column(routing::Why::kFailOpen)));
}

TEST_F(Publisher, AZoneThatComesBackForAnotherIsServedAgain) {
  const auto two = settings.zones;
  settings.records.clear();
  const auto serves = [&](std::string_view apex) {
    const auto& table = publisher.snapshots().read()->fixed->table;
    return table.closest(*dnswire::Name::parse(apex)) != nullptr;
  };
  publisher.configure(settings, {});
  settings.zones = {{.name = "example.org", .nameservers = {"ns1.example.net"}}};
  publisher.configure(settings, {});
  settings.zones = two;
  publisher.configure(settings, {});
  EXPECT_TRUE(serves("example.com"));
  EXPECT_FALSE(serves("example.org"));
}

TEST_F(Publisher, AnUnreadableMasterFileIsAProblemOfItsZone) {
  settings.zones[0].file = "/nonexistent/example.zone";
  std::vector<Problem> problems;
  EXPECT_TRUE(read_master_files(settings, problems).empty());
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].field, "file");
}

}  // namespace
}  // namespace evershore::dns
