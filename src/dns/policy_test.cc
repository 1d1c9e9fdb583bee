// Records with a policy, from the settings to the answer.
#include "dns/policy.h"
#include "dns/live_zones.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "dns/answer.h"
#include "dns/compile.h"
#include "dns/validate.h"
#include "wire/dns/client.h"

namespace evershore::dns {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

AnswerSettings at(std::string id, std::string value, std::string check = "") {
  return {.id = std::move(id), .value = std::move(value), .health_check = std::move(check)};
}

AnswerSettings weighing(uint32_t weight, AnswerSettings answer) {
  answer.weight = weight;
  return answer;
}

AnswerSettings evaluating(AnswerSettings answer) {
  answer.evaluate_target_health = true;
  return answer;
}

RecordSettings record(std::string name, std::string type, RecordPolicy policy, std::vector<AnswerSettings> answers) {
  return {.name = std::move(name), .type = std::move(type), .ttl = 5s, .policy = policy, .answers = std::move(answers)};
}

class Policies : public testing::Test {
 protected:
  Policies() { settings_.zones = {{.name = "example.com", .nameservers = {"ns1.example.com"}}}; }

  RecordSettings& add(RecordSettings settings) { return settings_.records.emplace_back(std::move(settings)); }

  void down(std::initializer_list<std::string_view> checks) {
    health_.checks.clear();
    for (const auto check : checks) health_.checks.push_back({.name = std::string(check), .health = Health::kDown});
    std::ranges::sort(health_.checks, {}, &CheckStatus::name);
  }

  void decide() {
    const auto loaded = load_zones(settings_, {});
    for (const auto& problem : loaded.problems) ADD_FAILURE() << problem.field << ": " << problem.message;
    places_.networks = loaded.networks;
    now_ = plain_zones(loaded.zones, health_, steering_, {}, places_, now_.usable);
    snapshot_ = compile(now_.zones, {.nsid = "", .places = places_});
  }

  std::vector<std::string> ask(std::string_view name, uint16_t type = dnswire::kTypeA, std::vector<uint8_t> from = {203, 0, 113, 9}) {
    std::array<uint8_t, 4096> out;
    const auto query = dnswire::build_query(*Name::parse(name), type, 7);
    const Asker asker{.transport = Transport::kTcp, .address = from, .entropy = ++asked_};
    const auto response = dnswire::parse_response(std::span(out).first(answer(query, *snapshot_, asker, out, counters_)));
    EXPECT_TRUE(response && response->rcode == dnswire::Rcode::kNoError) << name;
    std::vector<std::string> values;
    for (const auto& answer : response->answers) values.push_back(answer.value());
    return values;
  }

  // Every answer that comes up in many queries.
  std::set<std::vector<std::string>> answers(std::string_view name, uint16_t type = dnswire::kTypeA) {
    decide();
    std::set<std::vector<std::string>> all;
    for (int i = 0; i < 300; ++i) all.insert(ask(name, type));
    return all;
  }

  std::vector<std::string> problems() {
    std::vector<std::string> out;
    for (const auto& problem : validate(settings_, {"a", "b", "c"}, {})) out.push_back(problem.field + ": " + problem.message);
    return out;
  }

  DnsSettings settings_;
  HealthSnapshot health_;
  Steering steering_;
  Places places_;
  PlainZones now_;
  std::shared_ptr<const CompiledSnapshot> snapshot_;
  AnswerCounters counters_;
  uint64_t asked_ = 0;
};
using Set = std::set<std::vector<std::string>>;

// --- weighted, multivalue, failover ---

class Weighted : public Policies {
 protected:
  Weighted() {
    add(record(
        "www.example.com", "A", RecordPolicy::kWeighted,
        {weighing(1, at("one", "192.0.2.1", "a")), weighing(3, at("two", "192.0.2.2", "b")), weighing(0, at("zero", "192.0.2.3", "c"))}));
  }
};

TEST_F(Weighted, answers_with_one_value_by_its_share) {
  decide();
  std::map<std::string, int> got;
  for (int i = 0; i < 4'000; ++i) ++got[ask("www.example.com").at(0)];
  EXPECT_NEAR(got["192.0.2.1"], 1'000, 120);
  EXPECT_NEAR(got["192.0.2.2"], 3'000, 120);
  EXPECT_EQ(got.size(), 2U);
}

TEST_F(Weighted, leaves_out_what_is_down_and_keeps_weight_0_for_the_end) {
  down({"b"});
  EXPECT_EQ(answers("www.example.com"), (Set{{"192.0.2.1"}}));
  down({"a", "b"});
  EXPECT_EQ(answers("www.example.com"), (Set{{"192.0.2.3"}}));
  EXPECT_EQ(now_.decisions.at(0).why, routing::Why::kFailedOver);
  down({"a", "b", "c"});
  EXPECT_EQ(answers("www.example.com"), (Set{{"192.0.2.1"}, {"192.0.2.2"}})) << "all down: as if all were up";
}

TEST_F(Weighted, shows_all_its_members_to_transfers_and_the_heaviest_where_there_can_be_one) {
  add(record("cdn.example.com", "CNAME", RecordPolicy::kWeighted,
             {weighing(1, at("", "a.example.net")), weighing(2, at("", "b.example.net"))}));
  decide();
  EXPECT_THAT(now_.zones[0].contents.at(*Name::parse("www.example.com")).at(dnswire::kTypeA).rdata, SizeIs(2));
  EXPECT_THAT(now_.zones[0].contents.at(*Name::parse("cdn.example.com")).at(dnswire::kTypeCname).rdata,
              ElementsAre(std::string(Name::parse("b.example.net")->wire())));
  EXPECT_EQ(answers("cdn.example.com"), (Set{{"a.example.net."}, {"b.example.net."}}));
}

TEST_F(Policies, multivalue_gives_eight_of_more_and_other_clients_another_eight) {
  std::vector<AnswerSettings> many;
  for (int i = 0; i < 12; ++i) many.push_back(at("", "192.0.2." + std::to_string(i), i == 0 ? "a" : ""));
  add(record("www.example.com", "A", RecordPolicy::kMultivalue, many));
  down({"a"});
  decide();
  std::set<std::string> seen;
  for (uint8_t client = 0; client < 100; ++client) {
    const auto got = ask("www.example.com", dnswire::kTypeA, {198, 51, 100, client});
    EXPECT_EQ(got.size(), 8U);
    EXPECT_EQ(got, ask("www.example.com", dnswire::kTypeA, {198, 51, 100, client})) << "one client keeps its eight";
    seen.insert(got.begin(), got.end());
  }
  EXPECT_EQ(seen.size(), 11U);
  EXPECT_FALSE(seen.contains("192.0.2.0"));
}

TEST_F(Policies, failover_goes_through_its_tiers_in_their_order) {
  add(record("www.example.com", "A", RecordPolicy::kFailover,
             {at("one", "192.0.2.1", "a"), at("two", "192.0.2.2", "b"), at("three", "192.0.2.3", "c"), at("four", "192.0.2.4")}));
  EXPECT_EQ(answers("www.example.com"), (Set{{"192.0.2.1"}}));
  down({"a", "b"});
  EXPECT_EQ(answers("www.example.com"), (Set{{"192.0.2.3"}}));
  down({"a", "b", "c"});
  EXPECT_EQ(answers("www.example.com"), (Set{{"192.0.2.4"}}));
}

// --- when all are down ---

class AllDown : public Policies {
 protected:
  AllDown() {
    add(record("www.example.com", "A", RecordPolicy::kMultivalue,
               {at("one", "192.0.2.1", "a"), at("two", "192.0.2.2", "b"), at("sorry", "192.0.2.9")}));
    settings_.records[0].answers.back().health_check = "c";
  }
  RecordSettings& www() { return settings_.records[0]; }
};

TEST_F(AllDown, all_is_the_default) {
  down({"a", "b", "c"});
  EXPECT_EQ(answers("www.example.com"), (Set{{"192.0.2.1", "192.0.2.2", "192.0.2.9"}}));
  EXPECT_EQ(now_.decisions.at(0).why, routing::Why::kFailOpen);
}

TEST_F(AllDown, last_known_keeps_what_was_healthy_last) {
  www().when_all_down = WhenAllDown::kLastKnown;
  down({"a", "c"});
  EXPECT_EQ(answers("www.example.com"), (Set{{"192.0.2.2"}}));
  for (int i = 0; i < 2; ++i) {
    down({"a", "b", "c"});
    EXPECT_EQ(answers("www.example.com"), (Set{{"192.0.2.2"}}));
    EXPECT_EQ(now_.decisions.at(0).why, routing::Why::kLastKnown);
  }
  down({"b", "c"});
  EXPECT_EQ(answers("www.example.com"), (Set{{"192.0.2.1"}}));
}

TEST_F(AllDown, last_known_is_not_forgotten_while_nothing_is_known_after_a_start) {
  www().when_all_down = WhenAllDown::kLastKnown;
  const auto known = LastUsable{{{*Name::parse("www.example.com"), dnswire::kTypeA}, {false, true, false}}};
  now_.usable = known;
  health_.checks.clear();
  decide();
  EXPECT_EQ(now_.usable, known);
  down({"b"});
  decide();
  EXPECT_EQ(now_.usable, known) << "nothing else has been heard of";
  down({"a", "b", "c"});
  EXPECT_EQ(answers("www.example.com"), (Set{{"192.0.2.2"}}));
  health_.checks = {{.name = "a", .health = Health::kUp}, {.name = "b", .health = Health::kDown}, {.name = "c", .health = Health::kDown}};
  decide();
  EXPECT_EQ(now_.usable.begin()->second, (std::vector<bool>{true, false, false}));
}

TEST_F(AllDown, last_known_without_a_past_is_all) {
  www().when_all_down = WhenAllDown::kLastKnown;
  down({"a", "b", "c"});
  EXPECT_EQ(answers("www.example.com"), (Set{{"192.0.2.1", "192.0.2.2", "192.0.2.9"}}));
}

TEST_F(AllDown, fallback_is_given_then_and_only_then) {
  www().when_all_down = WhenAllDown::kFallback;
  www().fallback = "sorry";
  EXPECT_EQ(answers("www.example.com"), (Set{{"192.0.2.1", "192.0.2.2"}}));
  down({"a"});
  EXPECT_EQ(answers("www.example.com"), (Set{{"192.0.2.2"}}));
  down({"a", "b", "c"});
  EXPECT_EQ(answers("www.example.com"), (Set{{"192.0.2.9"}})) << "whatever its own health";
  EXPECT_EQ(now_.decisions.at(0).why, routing::Why::kFallback);
}

TEST_F(AllDown, none_leaves_the_name_without_data) {
  www().when_all_down = WhenAllDown::kNone;
  down({"a", "b", "c"});
  EXPECT_EQ(answers("www.example.com"), (Set{{}}));
  EXPECT_EQ(now_.decisions.at(0).why, routing::Why::kNoAnswer);
  down({"a", "b"});
  EXPECT_EQ(answers("www.example.com"), (Set{{"192.0.2.9"}}));
}

TEST_F(AllDown, unknown_is_not_down) {
  www().when_all_down = WhenAllDown::kNone;
  health_.checks = {
      {.name = "a", .health = Health::kUnknown}, {.name = "b", .health = Health::kDown}, {.name = "c", .health = Health::kDown}};
  EXPECT_EQ(answers("www.example.com"), (Set{{"192.0.2.1"}}));
}

// --- geo and latency ---

const std::vector<uint8_t> kInOffice{10, 2, 0, 1}, kInLab{10, 1, 0, 1}, kInGermany{192, 0, 2, 1}, kInFrance{198, 51, 100, 1},
    kNowhere{203, 0, 113, 9};

class Geo : public Policies {
 protected:
  Geo() {
    settings_.networks = {{"office", {"10.0.0.0/8"}}, {"lab", {"10.1.0.0/16"}}};
    settings_.geo_database = "countries.mmdb";
    const std::vector<PlaceTable::Area> areas{{*parse_prefix("192.0.2.0/24"), {"country/DE", "continent/EU"}},
                                              {*parse_prefix("198.51.100.0/24"), {"country/FR", "continent/EU"}},
                                              {*parse_prefix("10.0.0.0/8"), {"country/DE", "continent/EU"}}};
    places_.countries = PlaceTable::build(areas);
    auto& geo = add(
        record("www.example.com", "A", RecordPolicy::kGeo,
               {at("office", "10.0.0.1", "a"), at("germany", "10.0.0.2", "b"), at("europe", "10.0.0.3", "c"), at("others", "10.0.0.4")}));
    geo.answers[0].networks = {"office"};
    geo.answers[1].country = "DE";
    geo.answers[2].continent = "EU";
    geo.answers[3].for_others = true;
  }
  std::string from(const std::vector<uint8_t>& client) {
    const auto values = ask("www.example.com", dnswire::kTypeA, client);
    return values.empty() ? "no data" : values.front();
  }
};

TEST_F(Geo, the_smallest_area_wins) {
  decide();
  EXPECT_EQ(from(kInOffice), "10.0.0.1");
  EXPECT_EQ(from(kInLab), "10.0.0.1") << "a network inside one that has an answer";
  EXPECT_EQ(from(kInGermany), "10.0.0.2");
  EXPECT_EQ(from(kInFrance), "10.0.0.3");
  EXPECT_EQ(from(kNowhere), "10.0.0.4");
}

TEST_F(Geo, what_is_down_gives_way_to_the_next_larger_area) {
  down({"a"});
  decide();
  EXPECT_EQ(from(kInOffice), "10.0.0.2");
  down({"a", "b"});
  decide();
  EXPECT_EQ(from(kInOffice), "10.0.0.3");
  EXPECT_EQ(from(kInGermany), "10.0.0.3");
  down({"a", "b", "c"});
  decide();
  EXPECT_EQ(from(kInOffice), "10.0.0.4");
}

TEST_F(Geo, without_an_answer_for_others_they_get_no_data) {
  settings_.records[0].answers.pop_back();
  decide();
  EXPECT_EQ(from(kNowhere), "no data");
  EXPECT_EQ(from(kInFrance), "10.0.0.3");
  down({"a", "b", "c"});
  decide();
  EXPECT_EQ(from(kInGermany), "10.0.0.2") << "all that are for Germany are down: the smallest, as if it were up";
  EXPECT_EQ(from(kNowhere), "no data");
}

TEST_F(Geo, all_down_in_one_place_follows_the_setting) {
  settings_.records[0].answers.pop_back();
  settings_.records[0].when_all_down = WhenAllDown::kNone;
  down({"c"});
  decide();
  EXPECT_EQ(from(kInFrance), "no data");
  EXPECT_EQ(from(kInGermany), "10.0.0.2");
}

TEST_F(Geo, a_fallback_is_for_every_place_and_needs_no_area) {
  auto& www = settings_.records[0];
  www.answers[3].for_others = false;
  www.when_all_down = WhenAllDown::kFallback;
  www.fallback = "others";
  down({"c"});
  decide();
  EXPECT_EQ(from(kInFrance), "10.0.0.4");
  EXPECT_EQ(from(kInGermany), "10.0.0.2");
}

TEST_F(Geo, works_without_a_database_by_networks_alone) {
  settings_.geo_database.clear();
  places_.countries = nullptr;
  settings_.records[0].answers.erase(settings_.records[0].answers.begin() + 1, settings_.records[0].answers.begin() + 3);
  decide();
  EXPECT_EQ(from(kInOffice), "10.0.0.1");
  EXPECT_EQ(from(kInGermany), "10.0.0.4");
}

class Latency : public Policies {
 protected:
  Latency() {
    settings_.networks = {{"europe", {"192.0.2.0/24"}}, {"asia", {"198.51.100.0/24"}}};
    settings_.latency = {{"europe", {{"east", 90ms}, {"west", 12ms}}}, {"asia", {{"far", 30ms}, {"east", 200ms}}}};
    auto& www = add(record("www.example.com", "A", RecordPolicy::kLatency,
                           {at("east", "10.0.0.1", "a"), at("west", "10.0.0.2", "b"), at("far", "10.0.0.3", "c")}));
    for (auto& answer : www.answers) answer.region = answer.id;
  }
  std::string from(const std::vector<uint8_t>& client) { return ask("www.example.com", dnswire::kTypeA, client).at(0); }
};

TEST_F(Latency, the_nearest_healthy_region_answers) {
  decide();
  EXPECT_EQ(from({192, 0, 2, 1}), "10.0.0.2");
  EXPECT_EQ(from({198, 51, 100, 1}), "10.0.0.3");
  down({"b", "c"});
  decide();
  EXPECT_EQ(from({192, 0, 2, 1}), "10.0.0.1");
  EXPECT_EQ(from({198, 51, 100, 1}), "10.0.0.1");
}

TEST_F(Latency, where_nothing_was_measured_the_order_of_the_settings_counts) {
  decide();
  EXPECT_EQ(from({203, 0, 113, 1}), "10.0.0.1");
  down({"a"});
  decide();
  EXPECT_EQ(from({203, 0, 113, 1}), "10.0.0.2");
  down({"a", "b"});
  decide();
  EXPECT_EQ(from({192, 0, 2, 1}), "10.0.0.3") << "regions without a measurement come last";
}

// --- nesting ---

class Nested : public Policies {
 protected:
  Nested() {
    add(record("www.example.com", "CNAME", RecordPolicy::kFailover,
               {evaluating(at("east", "east.example.com")), evaluating(at("west", "west.example.com"))}));
    add(record("east.example.com", "A", RecordPolicy::kWeighted, {at("", "192.0.2.1", "a"), at("", "192.0.2.2", "b")}));
    add(record("west.example.com", "A", RecordPolicy::kMultivalue, {at("", "192.0.2.3", "c")}));
  }
};

TEST_F(Nested, an_answer_may_be_another_records_name) {
  EXPECT_EQ(answers("www.example.com"), (Set{{"east.example.com.", "192.0.2.1"}, {"east.example.com.", "192.0.2.2"}}));
  down({"a"});
  EXPECT_EQ(answers("www.example.com"), (Set{{"east.example.com.", "192.0.2.2"}}));
}

TEST_F(Nested, a_branch_without_a_healthy_member_gives_way) {
  down({"a", "b"});
  EXPECT_EQ(answers("www.example.com"), (Set{{"west.example.com.", "192.0.2.3"}}));
  EXPECT_EQ(now_.decisions.at(0).why, routing::Why::kFailedOver);
  down({"a", "b", "c"});
  EXPECT_EQ(answers("www.example.com"), (Set{{"east.example.com.", "192.0.2.1"}, {"east.example.com.", "192.0.2.2"}}));
}

TEST_F(Nested, a_member_without_a_check_keeps_its_branch_alive) {
  settings_.records[1].answers.push_back(at("", "192.0.2.7"));
  down({"a", "b"});
  EXPECT_EQ(answers("www.example.com"), (Set{{"east.example.com.", "192.0.2.7"}}));
}

TEST_F(Nested, without_evaluation_a_dead_branch_is_answered_still) {
  settings_.records[0].answers[0].evaluate_target_health = false;
  down({"a", "b"});
  EXPECT_EQ(answers("www.example.com").begin()->front(), "east.example.com.");
}

TEST_F(Nested, the_answers_own_check_and_its_targets_must_both_be_good) {
  settings_.records[0].answers[0].health_check = "d";
  down({"d"});
  EXPECT_EQ(answers("www.example.com"), (Set{{"west.example.com.", "192.0.2.3"}}));
}

TEST_F(Nested, aliases_carry_the_choice_of_their_target) {
  add(record("example.com", "ALIAS", RecordPolicy::kFailover,
             {evaluating(at("", "east.example.com")), evaluating(at("", "west.example.com"))}));
  EXPECT_EQ(answers("example.com"), (Set{{"192.0.2.1"}, {"192.0.2.2"}}));
  down({"a", "b"});
  EXPECT_EQ(answers("example.com"), (Set{{"192.0.2.3"}}));
}

TEST_F(Nested, an_alias_may_lead_to_an_alias_and_through_a_cname) {
  add({.name = "example.com", .type = "ALIAS", .ttl = 5s, .values = {"deep.example.com"}});
  add({.name = "deep.example.com", .type = "ALIAS", .ttl = 5s, .values = {"www.example.com"}});
  EXPECT_EQ(answers("example.com"), (Set{{"192.0.2.1"}, {"192.0.2.2"}}));
}

TEST_F(Nested, place_within_weight_is_chosen_in_two_steps) {
  settings_.networks = {{"office", {"10.0.0.0/8"}}};
  auto& geo = add(record("geo.example.com", "ALIAS", RecordPolicy::kGeo, {at("", "east.example.com"), at("", "west.example.com")}));
  geo.answers[0].networks = {"office"};
  geo.answers[1].for_others = true;
  EXPECT_EQ(answers("geo.example.com"), (Set{{"192.0.2.3"}}));
  std::set<std::string> office;
  for (int i = 0; i < 100; ++i) office.insert(ask("geo.example.com", dnswire::kTypeA, {10, 0, 0, 1}).at(0));
  EXPECT_THAT(office, ElementsAre("192.0.2.1", "192.0.2.2"));
}

// --- problems ---

struct ProblemRow {
  const char* sentence;
  void (*spoil)(DnsSettings&);
  const char* message;
};

const ProblemRow kProblems[] = {
    {"a failover of one",
     [](auto& s) {
       s.records[0].policy = RecordPolicy::kFailover;
       s.records[0].answers.resize(1);
     },
     "answers: policy \"failover\" needs two answers or more"},
    {"roles among three answers",
     [](auto& s) {
       s.records[0].policy = RecordPolicy::kFailover;
       s.records[0].answers[0].role = "primary";
     },
     "leave the roles out"},
    {"a weighted NS record",
     [](auto& s) {
       s.records[0].type = "NS";
       s.records[0].answers = {{.value = "ns.example.net"}};
     },
     "policy: a record of type NS says how the zone is served"},
    {"geo without an area",
     [](auto& s) {
       s.records[0].policy = RecordPolicy::kGeo;
       s.records[0].answers.resize(1);
     },
     "answers[0]: has no area"},
    {"a network that is not there",
     [](auto& s) {
       s.records[0].policy = RecordPolicy::kGeo;
       s.records[0].answers = {{.value = "192.0.2.1", .networks = {"moon"}}};
     },
     "answers[0].networks[0]: there is no network \"moon\""},
    {"a country without a database",
     [](auto& s) {
       s.records[0].policy = RecordPolicy::kGeo;
       s.records[0].answers = {{.value = "192.0.2.1", .country = "DE"}};
     },
     "answers[0].country: needs dns.geo_database"},
    {"one area twice",
     [](auto& s) {
       s.records[0].policy = RecordPolicy::kGeo;
       s.records[0].answers = {{.value = "192.0.2.1", .for_others = true}, {.value = "192.0.2.2", .for_others = true}};
     },
     "answers[1].default: another answer is for default already"},
    {"an area where it has no meaning", [](auto& s) { s.records[0].answers[1].for_others = true; }, "answers[1]: has an area"},
    {"a region where it has no meaning", [](auto& s) { s.records[0].answers[1].region = "east"; },
     "answers[1].region: is for policy \"latency\""},
    {"latency without a region",
     [](auto& s) {
       s.records[0].policy = RecordPolicy::kLatency;
       s.records[0].answers.resize(1);
     },
     "answers[0].region: is missing"},
    {"a measurement from nowhere", [](auto& s) { s.latency = {{"moon", {{"east", 1ms}}}}; }, "latency.moon: there is no network"},
    {"a measurement from a country without a database", [](auto& s) { s.latency = {{"country/DE", {{"east", 1ms}}}}; },
     "latency.country/DE: needs dns.geo_database"},
    {"one prefix in two networks", [](auto& s) { s.networks = {{"a", {"10.0.0.0/8"}}, {"b", {"10.0.0.0/8"}}}; },
     "networks.b[0]: 10.0.0.0/8 belongs to \"a\" already"},
    {"a fallback without its setting", [](auto& s) { s.records[0].fallback = "one"; }, "fallback: is for when_all_down"},
    {"no fallback where one is needed", [](auto& s) { s.records[0].when_all_down = WhenAllDown::kFallback; }, "fallback: is missing"},
    {"a fallback that is not there",
     [](auto& s) {
       s.records[0].when_all_down = WhenAllDown::kFallback;
       s.records[0].fallback = "moon";
     },
     "fallback: there is no answer with the id"},
    {"an evaluated address", [](auto& s) { s.records[0].answers[0].evaluate_target_health = true; },
     "answers[0].evaluate_target_health: is for records of type CNAME or ALIAS"},
    {"an evaluated stranger",
     [](auto& s) {
       s.records[0].type = "CNAME";
       s.records[0].answers = {{.value = "x.example.net", .evaluate_target_health = true}};
     },
     "x.example.net is no record with a policy here"},
};
TEST_F(Policies, every_mistake_is_told_with_its_place) {
  for (const ProblemRow& row : kProblems) {
    settings_.records = {record("www.example.com", "A", RecordPolicy::kWeighted,
                                {at("one", "192.0.2.1"), at("two", "192.0.2.2"), at("three", "192.0.2.3")})};
    settings_.networks.clear();
    settings_.latency.clear();
    EXPECT_THAT(problems(), IsEmpty());
    row.spoil(settings_);
    EXPECT_THAT(problems(), ElementsAre(HasSubstr(row.message))) << row.sentence;
  }
}

TEST_F(Policies, a_circle_of_records_is_told_with_its_way) {
  add(record("a.example.com", "CNAME", RecordPolicy::kWeighted, {at("", "b.example.com"), at("", "x.example.net")}));
  add(record("b.example.com", "CNAME", RecordPolicy::kFailover, {at("", "x.example.net"), at("", "a.example.com")}));
  EXPECT_THAT(problems(), UnorderedElementsAre(HasSubstr("a.example.com -> b.example.com -> a.example.com"),
                                               HasSubstr("b.example.com -> a.example.com -> b.example.com")));
}

TEST_F(Policies, too_many_outcomes_are_told_before_they_are_made) {
  std::vector<AnswerSettings> names;
  std::vector<AnswerSettings> addresses;
  for (int i = 0; i < 30; ++i) {
    names.push_back(at("", "deep.example.com"));
    addresses.push_back(at("", "192.0.2." + std::to_string(i)));
  }
  add(record("deep.example.com", "A", RecordPolicy::kWeighted, addresses));
  add(record("www.example.com", "CNAME", RecordPolicy::kWeighted, names));
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("it has 900 outcomes; there may be 512")));
}

}  // namespace
}  // namespace evershore::dns
