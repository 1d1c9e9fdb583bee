// Records whose answer depends on who asks: compiled picks, resolved per query.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "dns/answer.h"
#include "dns/compile.h"
#include "wire/dns/client.h"
#include "wire/dns/rdata.h"

namespace evershore::dns {
namespace {

using dnswire::kTypeA;
using dnswire::kTypeCname;
using dnswire::kTypeTxt;
using testing::ElementsAre;
using testing::IsEmpty;

RecordSet set_of(uint16_t type, std::vector<std::string> values) {
  RecordSet set{.ttl = 60};
  for (const auto& value : values) set.rdata.push_back(*dnswire::rdata_from_text(type, value));
  return set;
}

RecordSet choice_of(Choice choice) {
  RecordSet set = choice.options.front().set;
  set.choice = std::make_shared<const Choice>(std::move(choice));
  return set;
}

RecordSet drawn(uint16_t type, std::vector<std::pair<std::string, uint32_t>> options) {
  Choice choice;
  for (const auto& [value, weight] : options) choice.options.push_back({set_of(type, {value}), weight});
  return choice_of(std::move(choice));
}

class Choices : public testing::Test {
 protected:
  Choices() {
    zones_[0].contents[*Name::parse("example.com")] = {
        {dnswire::kTypeSoa, set_of(dnswire::kTypeSoa, {"ns1 hostmaster 7 3600 600 604800 60"})},
        {dnswire::kTypeNs, set_of(dnswire::kTypeNs, {"ns1.example.com"})}};
  }

  RecordSet& at(std::string_view name, uint16_t type) { return zones_[0].contents[*Name::parse(name)][type]; }

  dnswire::Response ask(std::string_view name, uint16_t type, std::vector<uint8_t> from = {192, 0, 2, 1},
                        const dnswire::QueryOptions& options = {}) {
    if (!snapshot_) snapshot_ = compile(zones_, options_);
    std::array<uint8_t, 4096> out;
    const auto query = dnswire::build_query(*Name::parse(name), type, id_, options);
    const size_t size = answer(query, *snapshot_, {.transport = Transport::kTcp, .address = from, .entropy = ++asked_}, out, counters_);
    auto response = dnswire::parse_response(std::span(out).first(size));
    EXPECT_TRUE(response.has_value());
    return response ? *response : dnswire::Response{};
  }

  static std::string joined(const dnswire::Response& response) {
    std::string text;
    for (const auto& record : response.answers) text += (text.empty() ? "" : " ") + record.value();
    return text;
  }

  std::map<std::string, int> tally(std::string_view name, uint16_t type, int times) {
    std::map<std::string, int> out;
    for (int i = 0; i < times; ++i) ++out[joined(ask(name, type))];
    return out;
  }

  static dnswire::QueryOptions behind(std::string_view prefix) {
    const Prefix at = *parse_prefix(prefix);
    return {.edns_payload_bytes = 1232,
            .client_subnet = dnswire::ClientSubnet{.present = true, .v6 = at.v6, .source_bits = at.bits, .address = at.address}};
  }

  std::vector<PlainZone> zones_{{.apex = *Name::parse("example.com"), .contents = {}}};
  CompileOptions options_{.nsid = "node-1", .client_subnet = true, .places = {}};
  std::shared_ptr<const CompiledSnapshot> snapshot_;
  uint64_t asked_ = 0;
  uint16_t id_ = 7;
  AnswerCounters counters_;
};

TEST_F(Choices, a_drawn_record_gives_each_option_its_share) {
  at("www.example.com", kTypeA) = drawn(kTypeA, {{"192.0.2.1", 1}, {"192.0.2.2", 3}, {"192.0.2.3", 0}});
  const auto got = tally("www.example.com", kTypeA, 4'000);
  EXPECT_NEAR(got.at("192.0.2.1"), 1'000, 120);
  EXPECT_NEAR(got.at("192.0.2.2"), 3'000, 120);
  EXPECT_FALSE(got.contains("192.0.2.3"));
}

TEST_F(Choices, the_querys_id_alone_makes_the_draw_too) {
  at("www.example.com", kTypeA) = drawn(kTypeA, {{"192.0.2.1", 1}, {"192.0.2.2", 1}});
  std::map<std::string, int> got;
  for (id_ = 0; id_ < 2'000; ++id_) {
    asked_ = 41;
    ++got[joined(ask("www.example.com", kTypeA))];
  }
  EXPECT_NEAR(got["192.0.2.1"], 1'000, 120);
}

TEST_F(Choices, a_drawn_cname_leads_on_into_our_zones_for_each_of_its_targets) {
  at("www.example.com", kTypeCname) = drawn(kTypeCname, {{"one.example.com", 1}, {"two.example.com", 1}, {"three.example.net", 2}});
  at("one.example.com", kTypeA) = set_of(kTypeA, {"192.0.2.1"});
  at("two.example.com", kTypeTxt) = set_of(kTypeTxt, {"two"});
  const auto a = tally("www.example.com", kTypeA, 400);
  EXPECT_THAT(a, testing::UnorderedElementsAre(testing::Key("one.example.com. 192.0.2.1"), testing::Key("two.example.com."),
                                               testing::Key("three.example.net.")));
  const auto txt = tally("www.example.com", kTypeTxt, 400);
  EXPECT_TRUE(txt.contains("two.example.com. \"two\""));
  EXPECT_TRUE(txt.contains("one.example.com."));
  EXPECT_EQ(tally("www.example.com", kTypeCname, 400).size(), 3U);
}

TEST_F(Choices, choices_behind_a_chain_and_behind_a_wildcard_are_made_too) {
  at("alias.example.com", kTypeCname) = set_of(kTypeCname, {"www.example.com"});
  at("www.example.com", kTypeA) = drawn(kTypeA, {{"192.0.2.1", 1}, {"192.0.2.2", 1}});
  at("*.wild.example.com", kTypeA) = drawn(kTypeA, {{"192.0.2.3", 1}, {"192.0.2.4", 1}});
  EXPECT_THAT(tally("alias.example.com", kTypeA, 200),
              ElementsAre(testing::Key("www.example.com. 192.0.2.1"), testing::Key("www.example.com. 192.0.2.2")));
  EXPECT_THAT(tally("any.thing.wild.example.com", kTypeA, 200), ElementsAre(testing::Key("192.0.2.3"), testing::Key("192.0.2.4")));
}

TEST_F(Choices, an_option_may_be_a_choice_itself) {
  Choice outer;
  outer.options.push_back({drawn(kTypeA, {{"192.0.2.1", 1}, {"192.0.2.2", 1}}), 1});
  outer.options.push_back({set_of(kTypeA, {"192.0.2.3"}), 1});
  at("www.example.com", kTypeA) = choice_of(std::move(outer));
  const auto got = tally("www.example.com", kTypeA, 4'000);
  EXPECT_NEAR(got.at("192.0.2.1"), 1'000, 150);
  EXPECT_NEAR(got.at("192.0.2.2"), 1'000, 150);
  EXPECT_NEAR(got.at("192.0.2.3"), 2'000, 150);
}

TEST_F(Choices, one_client_keeps_its_option_and_others_get_others) {
  Choice choice{.kind = Choice::Kind::kAsker, .options = {}};
  for (int i = 0; i < 9; ++i) choice.options.push_back({set_of(kTypeA, {"192.0.2." + std::to_string(i)}), 1});
  at("www.example.com", kTypeA) = choice_of(std::move(choice));
  EXPECT_EQ(tally("www.example.com", kTypeA, 100).size(), 1U);
  std::map<std::string, int> clients;
  for (uint8_t i = 0; i < 200; ++i) ++clients[joined(ask("www.example.com", kTypeA, {198, 51, 100, i}))];
  EXPECT_EQ(clients.size(), 9U);
}

class Placed : public Choices {
 protected:
  Placed() {
    options_.places.networks = PlaceTable::build(
        std::vector<PlaceTable::Area>{{*parse_prefix("192.0.2.0/24"), {"office"}}, {*parse_prefix("2001:db8::/32"), {"office"}}});
    Choice choice{.kind = Choice::Kind::kNetwork, .options = {}, .by_place = {0, 1}};
    choice.options.push_back({set_of(kTypeA, {"10.0.0.1"}), 1});
    choice.options.push_back({set_of(kTypeA, {"10.0.0.2"}), 1});
    at("www.example.com", kTypeA) = choice_of(std::move(choice));
  }
};

TEST_F(Placed, the_address_that_asks_decides) {
  EXPECT_EQ(joined(ask("www.example.com", kTypeA, {192, 0, 2, 1})), "10.0.0.2");
  EXPECT_EQ(joined(ask("www.example.com", kTypeA, {192, 0, 3, 1})), "10.0.0.1");
  EXPECT_EQ(joined(ask("www.example.com", kTypeA, {})), "10.0.0.1") << "a client of unknown address is nowhere";
}

TEST_F(Placed, the_clients_subnet_goes_before_and_the_scope_comes_back) {
  const auto inside = ask("www.example.com", kTypeA, {203, 0, 113, 1}, behind("192.0.2.128/25"));
  EXPECT_EQ(joined(inside), "10.0.0.2");
  EXPECT_EQ(inside.edns.client_subnet.scope_bits, 24);
  EXPECT_EQ(inside.edns.client_subnet.source_bits, 25);
  EXPECT_EQ(inside.edns.client_subnet.address, parse_prefix("192.0.2.128/25")->address);
  const auto outside = ask("www.example.com", kTypeA, {192, 0, 2, 1}, behind("203.0.113.0/24"));
  EXPECT_EQ(joined(outside), "10.0.0.1");
  EXPECT_EQ(outside.edns.client_subnet.scope_bits, 5);
  const auto v6 = ask("www.example.com", kTypeA, {203, 0, 113, 1}, behind("2001:db8:7::/48"));
  EXPECT_EQ(joined(v6), "10.0.0.2");
  EXPECT_EQ(v6.edns.client_subnet.scope_bits, 32);
}

TEST_F(Placed, a_subnet_of_no_length_and_records_that_do_not_vary_have_scope_0) {
  const auto hidden = ask("www.example.com", kTypeA, {192, 0, 2, 1}, behind("0.0.0.0/0"));
  EXPECT_EQ(joined(hidden), "10.0.0.2") << "the resolver's own address then";
  EXPECT_TRUE(hidden.edns.client_subnet.present);
  EXPECT_EQ(hidden.edns.client_subnet.scope_bits, 0);
  const auto soa = ask("example.com", dnswire::kTypeSoa, {192, 0, 2, 1}, behind("192.0.2.0/24"));
  EXPECT_TRUE(soa.edns.client_subnet.present);
  EXPECT_EQ(soa.edns.client_subnet.scope_bits, 0);
}

TEST_F(Placed, questions_about_servers_are_never_answered_by_subnet) {
  Choice choice{.kind = Choice::Kind::kNetwork, .options = {}, .by_place = {0, 1}};
  choice.options.push_back({set_of(kTypeCname, {"far.example.net"}), 1});
  choice.options.push_back({set_of(kTypeCname, {"near.example.net"}), 1});
  at("cdn.example.com", kTypeCname) = choice_of(std::move(choice));
  for (const uint16_t type : {dnswire::kTypeNs, dnswire::kTypeSoa, dnswire::kTypeDnskey, dnswire::kTypeDs}) {
    const auto response = ask("cdn.example.com", type, {203, 0, 113, 1}, behind("192.0.2.0/24"));
    EXPECT_EQ(joined(response), "far.example.net.") << type;
    EXPECT_EQ(response.edns.client_subnet.scope_bits, 0) << type;
  }
  EXPECT_EQ(joined(ask("cdn.example.com", kTypeA, {203, 0, 113, 1}, behind("192.0.2.0/24"))), "near.example.net.");
}

TEST_F(Placed, a_malformed_subnet_is_a_format_error_where_it_counts) {
  auto bits_behind = behind("192.0.2.0/24");
  bits_behind.client_subnet->source_bits = 23;
  bits_behind.client_subnet->address[2] = 3;
  EXPECT_EQ(ask("www.example.com", kTypeA, {192, 0, 2, 1}, bits_behind).rcode, dnswire::Rcode::kFormErr);
  auto with_scope = behind("192.0.2.0/24");
  with_scope.client_subnet->scope_bits = 24;
  EXPECT_EQ(ask("www.example.com", kTypeA, {192, 0, 2, 1}, with_scope).rcode, dnswire::Rcode::kFormErr);
}

TEST_F(Placed, where_the_option_is_off_it_is_as_any_unknown_one) {
  options_.client_subnet = false;
  const auto response = ask("www.example.com", kTypeA, {203, 0, 113, 1}, behind("192.0.2.0/24"));
  EXPECT_EQ(joined(response), "10.0.0.1");
  EXPECT_FALSE(response.edns.client_subnet.present);
  auto with_scope = behind("192.0.2.0/24");
  with_scope.client_subnet->scope_bits = 24;
  EXPECT_EQ(ask("www.example.com", kTypeA, {203, 0, 113, 1}, with_scope).rcode, dnswire::Rcode::kNoError);
}

TEST_F(Placed, an_empty_option_is_no_data) {
  Choice choice{.kind = Choice::Kind::kNetwork, .options = {}, .by_place = {0, 1}};
  choice.options.push_back({RecordSet{.ttl = 60}, 1});
  choice.options.push_back({set_of(kTypeA, {"10.0.0.2"}), 1});
  at("part.example.com", kTypeA) = choice_of(std::move(choice));
  const auto outside = ask("part.example.com", kTypeA, {203, 0, 113, 1});
  EXPECT_EQ(outside.rcode, dnswire::Rcode::kNoError);
  EXPECT_THAT(outside.answers, IsEmpty());
  EXPECT_EQ(outside.authorities.size(), 1U);
  EXPECT_EQ(joined(ask("part.example.com", kTypeA, {192, 0, 2, 1})), "10.0.0.2");
}

TEST_F(Choices, more_outcomes_than_there_may_be_answer_as_a_plain_server_would) {
  std::vector<std::pair<std::string, uint32_t>> many;
  for (int i = 0; i < 100; ++i) many.emplace_back("many" + std::to_string(i) + ".example.com", 1);
  at("www.example.com", kTypeCname) = drawn(kTypeCname, many);
  for (int i = 0; i < 100; ++i) {
    std::vector<std::pair<std::string, uint32_t>> addresses;
    for (int k = 0; k < 100; ++k) addresses.emplace_back("10.0." + std::to_string(i) + "." + std::to_string(k), 1);
    at("many" + std::to_string(i) + ".example.com", kTypeA) = drawn(kTypeA, addresses);
  }
  const auto response = ask("www.example.com", kTypeA);
  EXPECT_EQ(response.answers.size(), 2U);
  EXPECT_LT(snapshot_->state.bodies.size(), 100 * 100 + 4 * kOutcomesMax);
}

}  // namespace
}  // namespace evershore::dns
