#include "dns/outside.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dns/live_zones.h"
#include "dns/lookup_test_support.h"
#include "dns/validate.h"

namespace evershore::dns {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;
using testing_support::address;
using testing_support::name;
using Change = OutsideBook::Change;
using Trouble = OutsideBook::Trouble;

Heard addresses(std::vector<std::string> texts, uint32_t ttl = 100) {
  Heard heard{.kind = Heard::Kind::kAddresses, .ttl_seconds = ttl};
  for (const auto& text : texts) heard.rdata.push_back(address(text));
  return heard;
}
Heard nothing(uint32_t ttl = 20) { return {.kind = Heard::Kind::kNothing, .ttl_seconds = ttl}; }
Heard failure() { return {.kind = Heard::Kind::kFailed, .why = "silence"}; }

struct Book : testing::Test {
  Book() {
    book.add({name("a.example.net")}, now);
    book.take_due(now, 10);
    // The other family is settled.
    book.take(v6, nothing(), now);
  }
  Mono due_in(const LookupQuestion& question) { return book.states().at(question).due; }
  std::vector<std::string> known() {
    const auto all = book.addresses();
    const auto at = all.find(v4);
    return at == all.end() ? std::vector<std::string>{} : at->second.rdata;
  }
  Mono now{1h};
  LookupQuestion v4{name("a.example.net"), dnswire::kTypeA};
  LookupQuestion v6{name("a.example.net"), dnswire::kTypeAaaa};
  OutsideBook book;
};

TEST_F(Book, new_names_are_due_at_once_for_both_families_and_once) {
  OutsideBook fresh;
  EXPECT_EQ(fresh.next_due(), kNever);
  fresh.add({v4.name}, now);
  EXPECT_EQ(fresh.next_due(), now);
  EXPECT_THAT(fresh.take_due(now, 1), ElementsAre(v4));
  EXPECT_THAT(fresh.take_due(now, 10), ElementsAre(v6));
  EXPECT_THAT(fresh.take_due(now, 10), IsEmpty());
  EXPECT_EQ(fresh.next_due(), kNever);
  EXPECT_FALSE(fresh.all_tried());
}

TEST_F(Book, addresses_are_asked_for_again_before_their_ttl_ends) {
  EXPECT_EQ(book.take(v4, addresses({"192.0.2.1"}, 100), now).change, Change::kAddresses);
  EXPECT_EQ(due_in(v4), now + 90s);
  EXPECT_TRUE(book.all_tried());
  EXPECT_EQ(book.take(v4, addresses({"192.0.2.1"}, 0), now).change, Change::kNone);
  EXPECT_EQ(due_in(v4), now + kAskAgainSoonest);
  book.take(v4, addresses({"192.0.2.1"}, 0x7FFF'FFFF), now);
  EXPECT_EQ(due_in(v4), now + kAskAgainLatest);
}

TEST_F(Book, the_same_addresses_change_nothing_though_a_resolver_counts_their_ttl_down) {
  book.take(v4, addresses({"192.0.2.1"}, 40), now);
  EXPECT_EQ(book.take(v4, addresses({"192.0.2.1"}, 4), now).change, Change::kNone);
  EXPECT_EQ(book.addresses().at(v4).ttl, 40U);
  EXPECT_EQ(book.take(v4, addresses({"192.0.2.1"}, 50), now).change, Change::kAddresses);
  EXPECT_EQ(book.take(v4, addresses({"192.0.2.2"}, 4), now).change, Change::kAddresses);
  EXPECT_EQ(book.addresses().at(v4).ttl, 4U);
}

TEST_F(Book, addresses_are_never_given_out_for_more_than_a_minute_nor_for_nothing) {
  book.take(v4, addresses({"192.0.2.1"}, 86'400), now);
  EXPECT_EQ(book.addresses().at(v4).ttl, kOutsideTtlMax);
  book.take(v4, addresses({"192.0.2.2"}, 0), now);
  EXPECT_EQ(book.addresses().at(v4).ttl, 1U);
}

TEST_F(Book, a_failure_keeps_what_is_known_for_as_long_as_it_lasts) {
  book.take(v4, addresses({"192.0.2.1"}), now);
  for (int i = 0; i < 1'000; ++i) {
    const auto step = book.take(v4, failure(), now);
    EXPECT_EQ(step.change, Change::kNone);
    EXPECT_EQ(step.trouble, i == 0 ? Trouble::kBegins : Trouble::kNone);
    now += 1h;
  }
  EXPECT_THAT(known(), ElementsAre(address("192.0.2.1")));
  EXPECT_EQ(book.failing(), 1U);
  EXPECT_EQ(book.states().at(v4).why, "silence");
  const auto back = book.take(v4, addresses({"192.0.2.1"}), now);
  EXPECT_EQ(back.change, Change::kNone);
  EXPECT_EQ(back.trouble, Trouble::kEnds);
  EXPECT_EQ(book.failing(), 0U);
}

TEST_F(Book, it_tries_again_after_1_2_4_8_and_then_each_10_seconds) {
  for (const auto wait : {1s, 2s, 4s, 8s, 10s, 10s}) {
    book.take(v4, failure(), now);
    EXPECT_EQ(due_in(v4), now + wait);
  }
}

TEST_F(Book, the_trouble_of_a_name_is_told_once_for_both_families) {
  EXPECT_EQ(book.take(v4, failure(), now).trouble, Trouble::kBegins);
  EXPECT_EQ(book.take(v6, failure(), now).trouble, Trouble::kNone);
  EXPECT_EQ(book.take(v4, nothing(), now).trouble, Trouble::kNone);
  EXPECT_EQ(book.take(v6, nothing(), now).trouble, Trouble::kEnds);
}

TEST_F(Book, the_word_that_there_is_nothing_empties_the_set) {
  book.take(v4, addresses({"192.0.2.1"}), now);
  EXPECT_EQ(book.take(v4, nothing(20), now).change, Change::kAddresses);
  EXPECT_THAT(known(), IsEmpty());
  EXPECT_EQ(due_in(v4), now + 20s);
  EXPECT_EQ(book.take(v4, nothing(86'400), now).change, Change::kNone);
  EXPECT_EQ(due_in(v4), now + 60s);
}

TEST_F(Book, what_is_not_wanted_any_more_is_forgotten_and_its_late_answer_too) {
  book.take(v4, addresses({"192.0.2.1"}), now);
  book.retain({name("b.example.net")});
  EXPECT_THAT(book.states(), IsEmpty());
  EXPECT_EQ(book.take(v4, addresses({"192.0.2.2"}), now).change, Change::kNone);
  EXPECT_THAT(book.states(), IsEmpty());
}

TEST_F(Book, names_beyond_the_limit_are_not_asked_for) {
  std::set<Name> many;
  for (size_t i = 0; i < kOutsideNamesMax + 10; ++i) many.insert(name("n" + std::to_string(i) + ".example.net"));
  OutsideBook full;
  full.add(many, now);
  EXPECT_THAT(full.states(), SizeIs(2 * kOutsideNamesMax));
}

TEST_F(Book, survives_a_restart_and_asks_anew) {
  book.take(v4, addresses({"192.0.2.1", "192.0.2.2"}, 100), now);
  OutsideBook next;
  next.restore(book.saved());
  next.add({v4.name}, now);
  EXPECT_EQ(next.addresses(), book.addresses());
  EXPECT_TRUE(next.all_tried());
  EXPECT_THAT(next.take_due(now, 10), ElementsAre(v4, v6));
}

TEST_F(Book, restores_nothing_from_lines_it_cannot_read) {
  OutsideBook next;
  next.restore("\n\na.example.net. A\na.example.net. MX 5 10\na.example.net. A x 192.0.2.1\na..b A 5 192.0.2.1\n\\ A 5\n");
  EXPECT_THAT(next.states(), IsEmpty());
}

struct OutsideNames : testing::Test {
  OutsideNames() {
    settings.zones = {{.name = "example.com", .file = "zone", .nameservers = {"ns.example.net"}}};
    settings.resolvers = {"192.0.2.53:53"};
    files = {{"zone", "$TTL 300\nout IN CNAME cdn.example.org.\n*.wild IN CNAME wild.example.org.\nwww IN A 192.0.2.80\n"}};
  }
  RecordSettings alias(std::string owner, std::vector<std::string> values) {
    return {.name = std::move(owner), .type = "ALIAS", .ttl = 30s, .values = std::move(values)};
  }
  PlainZones plain(const OutsideAddresses& outside, const HealthSnapshot& health = {}) {
    loaded = load_zones(settings, files);
    for (const auto& problem : loaded.problems) ADD_FAILURE() << problem.message;
    return plain_zones(loaded.zones, health, {}, {}, {}, {}, outside);
  }
  std::vector<std::string> told() {
    std::vector<std::string> out;
    for (const auto& problem : validate(settings, {"up"}, files)) out.push_back(problem.field + ": " + problem.message);
    return out;
  }
  DnsSettings settings;
  MasterFiles files;
  LoadedZones loaded;
};

TEST_F(OutsideNames, names_outside_are_found_directly_and_behind_cnames_and_wildcards) {
  settings.records = {alias("example.com", {"cdn.example.net", "192.0.2.1"}), alias("a.example.com", {"out.example.com"}),
                      alias("b.example.com", {"x.wild.example.com"}), alias("c.example.com", {"www.example.com"})};
  loaded = load_zones(settings, files);
  EXPECT_THAT(loaded.problems, IsEmpty());
  EXPECT_THAT(OutsideFinder(loaded.zones).of_all(),
              UnorderedElementsAre(name("cdn.example.net"), name("cdn.example.org"), name("wild.example.org")));
  EXPECT_THAT(direct_outside_names(settings), UnorderedElementsAre(name("cdn.example.net")));
}

TEST_F(OutsideNames, names_behind_every_answer_of_a_policy_are_found_whatever_health_says) {
  settings.records = {{.name = "example.com",
                       .type = "ALIAS",
                       .policy = RecordPolicy::kFailover,
                       .answers = {{.id = "p", .role = "primary", .value = "p.example.net", .health_check = "up"},
                                   {.id = "s", .role = "secondary", .value = "s.example.net"}}}};
  loaded = load_zones(settings, files);
  EXPECT_THAT(OutsideFinder(loaded.zones).of_all(), UnorderedElementsAre(name("p.example.net"), name("s.example.net")));
  const OutsideAddresses outside{{{name("p.example.net"), dnswire::kTypeA}, {.ttl = 60, .rdata = {address("192.0.2.1")}}},
                                 {{name("s.example.net"), dnswire::kTypeA}, {.ttl = 60, .rdata = {address("192.0.2.2")}}}};
  const auto apex = name("example.com");
  EXPECT_THAT(plain(outside, {.epoch = 1, .checks = {{.name = "up", .health = Health::kUp}}}).zones[0].contents.at(apex).at(1).rdata,
              ElementsAre(address("192.0.2.1")));
  EXPECT_THAT(plain(outside, {.epoch = 1, .checks = {{.name = "up", .health = Health::kDown}}}).zones[0].contents.at(apex).at(1).rdata,
              ElementsAre(address("192.0.2.2")));
}

TEST_F(OutsideNames, an_alias_has_the_addresses_outside_for_the_least_ttl) {
  settings.records = {alias("example.com", {"cdn.example.net"}), alias("a.example.com", {"out.example.com"})};
  const OutsideAddresses outside{{{name("cdn.example.net"), dnswire::kTypeA}, {.ttl = 60, .rdata = {address("192.0.2.1")}}},
                                 {{name("cdn.example.org"), dnswire::kTypeA}, {.ttl = 7, .rdata = {address("192.0.2.2")}}}};
  const auto zone = plain(outside).zones[0];
  EXPECT_EQ(zone.contents.at(name("example.com")).at(dnswire::kTypeA), (RecordSet{.ttl = 30, .rdata = {address("192.0.2.1")}}));
  EXPECT_EQ(zone.contents.at(name("a.example.com")).at(dnswire::kTypeA), (RecordSet{.ttl = 7, .rdata = {address("192.0.2.2")}}));
  EXPECT_FALSE(zone.contents.at(name("example.com")).contains(dnswire::kTypeAaaa));
}

TEST_F(OutsideNames, weighted_aliases_choose_among_names_outside) {
  settings.records = {
      {.name = "example.com",
       .type = "ALIAS",
       .policy = RecordPolicy::kWeighted,
       .answers = {{.id = "a", .value = "a.example.net", .weight = 1}, {.id = "b", .value = "b.example.net", .weight = 3}}}};
  const OutsideAddresses outside{{{name("a.example.net"), dnswire::kTypeA}, {.ttl = 60, .rdata = {address("192.0.2.1")}}},
                                 {{name("b.example.net"), dnswire::kTypeA}, {.ttl = 60, .rdata = {address("192.0.2.2")}}}};
  const auto set = plain(outside).zones[0].contents.at(name("example.com")).at(dnswire::kTypeA);
  ASSERT_NE(set.choice, nullptr);
  ASSERT_THAT(set.choice->options, SizeIs(2));
  EXPECT_THAT(set.choice->options[1].set.rdata, ElementsAre(address("192.0.2.2")));
  EXPECT_EQ(set.choice->options[1].weight, 3U);
}

TEST_F(OutsideNames, an_alias_that_leads_out_needs_a_resolver) {
  settings.resolvers.clear();
  settings.records = {alias("example.com", {"192.0.2.1", "cdn.example.net"}), alias("c.example.com", {"www.example.com"})};
  EXPECT_THAT(told(), ElementsAre("values[1]: \"cdn.example.net\" is in none of the zones here; an ALIAS that leads out of them needs "
                                  "dns.resolvers"));
  settings.records = {alias("a.example.com", {"out.example.com"}), alias("c.example.com", {"www.example.com"})};
  EXPECT_THAT(told(), ElementsAre(HasSubstr("answers: it leads to \"cdn.example.org\" in the end")));
}

}  // namespace
}  // namespace evershore::dns
