// Answers to those who ask with DO, checked as a validating resolver would: every signature, every proof.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "dns/answer.h"
#include "dns/canonical.h"
#include "dns/compile.h"
#include "dns/live_zones.h"
#include "dns/sign_test_support.h"
#include "wire/dns/client.h"
#include "wire/dns/rdata.h"

namespace evershore::dns {
namespace {

using namespace std::chrono_literals;
using namespace testing_support;
using dnswire::kTypeA;
using dnswire::kTypeCname;
using dnswire::kTypeDnskey;
using dnswire::kTypeDs;
using dnswire::kTypeMx;
using dnswire::kTypeNs;
using dnswire::kTypeNsec;
using dnswire::kTypeRrsig;
using dnswire::kTypeSoa;
using dnswire::kTypeTxt;
using dnswire::QueryOptions;
using dnswire::Rcode;
using dnswire::Record;
using dnswire::Response;
using testing::IsEmpty;
using testing::SizeIs;

constexpr Wall kNow{std::chrono::hours(24 * 20'000)};

constexpr std::string_view kSignedZone =
    "$TTL 300\n"
    "@ 600 IN SOA ns1 hostmaster 7 3600 600 604800 60\n"
    "@ IN NS ns1\n"
    "@ IN MX 10 mail\n"
    "ns1 IN A 192.0.2.53\n"
    "www IN A 192.0.2.1\n"
    "www IN A 192.0.2.2\n"
    "mail IN AAAA 2001:db8::25\n"
    "alias IN CNAME www\n"
    "alias2 IN CNAME alias\n"
    "out IN CNAME www.example.net.\n"
    "dangling IN CNAME missing\n"
    "nodata IN CNAME mail\n"
    "loop1 IN CNAME loop2\n"
    "loop2 IN CNAME loop1\n"
    "deep.down.below IN TXT \"x\"\n"
    "*.wild IN A 192.0.2.7\n"
    "*.wild IN MX 10 mail.wild\n"
    "mail.wild IN A 192.0.2.8\n"
    "sub.mail.wild IN A 192.0.2.9\n"
    "*.wildalias IN CNAME www\n"
    "*.wildgone IN CNAME gone\n"
    "*.wildcut IN CNAME www.child\n"
    "*.wildwild IN CNAME some.wild\n"
    "towild IN CNAME any.wild\n"
    "child IN NS ns1.child\n"
    "ns1.child IN A 192.0.2.54\n"
    "tochild IN CNAME www.child\n"
    "safe IN NS ns1.child\n"
    "safe IN DS 1 13 2 0102030405060708091011121314151617181920212223242526272829303132\n"
    "other IN CNAME www.plain.example.\n"
    "zz IN TXT last\n";

constexpr std::string_view kPlainZone =
    "$TTL 300\n"
    "@ IN SOA ns1 hostmaster 7 3600 600 604800 60\n"
    "@ IN NS ns1\n"
    "www IN A 192.0.2.99\n"
    "in IN CNAME www.example.com.\n";

class SignedAnswers : public testing::Test {
 protected:
  SignedAnswers() {
    DnsSettings settings;
    settings.zones = {{.name = "example.com", .file = "a", .dnssec = true}, {.name = "plain.example", .file = "b"}};
    const auto loaded = load_zones(settings, {{"a", std::string(kSignedZone)}, {"b", std::string(kPlainZone)}});
    for (const auto& problem : loaded.problems) ADD_FAILURE() << problem.message;
    zones_ = plain_zones(loaded.zones, {}, {}, {}).zones;
  }

  const CompiledSnapshot& snapshot() {
    if (snapshot_) return *snapshot_;
    signer_.begin(kNow);
    signer_.complete(zones_[0]);
    snapshot_ = compile(zones_, {.nsid = "", .signers = {&signer_}});
    signer_.end();
    return *snapshot_;
  }

  Response ask(std::string_view name, uint16_t type, bool dnssec = true, uint16_t payload = 1232, Transport transport = Transport::kTcp) {
    const QueryOptions options{.edns_payload_bytes = payload, .dnssec_ok = dnssec};
    const auto query = dnswire::build_query(*Name::parse(name), type, 1, options);
    std::array<uint8_t, 8192> out;
    const size_t size = answer(query, snapshot(), {.transport = transport, .address = {}, .entropy = ++entropy_}, out, counters_);
    auto response = dnswire::parse_response(std::span(out).first(size));
    EXPECT_TRUE(response.has_value()) << name;
    return response ? *response : Response{};
  }

  // --- what a resolver checks ---

  using Sets = std::map<std::pair<Name, uint16_t>, RecordSet>;

  static Sets sets_of(const std::vector<Record>& records) {
    Sets out;
    for (const auto& record : records) {
      auto& set = out[{record.owner, record.type}];
      set.ttl = record.ttl;
      set.rdata.push_back(record.rdata);
    }
    return out;
  }

  // Every set of our zone in the section has a signature that holds, delegations' NS apart.
  void expect_signed(const Sets& sets, const std::string& question) {
    const auto dnskey = dnskey_rdata(KeyRole::kCsk, csk_.key.public_key());
    for (const auto& [key, set] : sets) {
      const auto& [owner, type] = key;
      const bool cut = type == kTypeNs && owner != zones_[0].apex;
      if (type == kTypeRrsig || cut || !owner.under(zones_[0].apex)) continue;
      const auto rrsigs = sets.find({owner, kTypeRrsig});
      ASSERT_NE(rrsigs, sets.end()) << question << ": no signature of " << owner.text();
      const bool held = std::ranges::any_of(rrsigs->second.rdata, [&, at = owner, of = type](const std::string& rrsig) {
        return rrsig_holds(rrsig, dnskey, at, of, sets.at({at, of}));
      });
      EXPECT_TRUE(held) << question << ": bad signature of " << owner.text() << " " << type;
    }
  }

  struct Gap {
    Name owner, next;
    std::string bitmap;
  };
  static std::vector<Gap> gaps_of(const Response& response) {
    std::vector<Gap> out;
    for (const auto& record : response.authorities) {
      if (record.type != kTypeNsec) continue;
      size_t end = 0;
      while (record.rdata[end] != 0) end += 1 + size_t{static_cast<uint8_t>(record.rdata[end])};
      out.push_back({record.owner, *Name::from_wire(std::string_view(record.rdata).substr(0, end + 1)), record.rdata.substr(end + 1)});
    }
    return out;
  }
  static bool has_type(const Gap& gap, uint16_t type) {
    for (size_t at = 0; at + 2 <= gap.bitmap.size(); at += 2 + size_t{static_cast<uint8_t>(gap.bitmap[at + 1])}) {
      const size_t bytes = static_cast<uint8_t>(gap.bitmap[at + 1]);
      const size_t byte = type % 256U / 8;
      if (static_cast<uint8_t>(gap.bitmap[at]) != type / 256 || byte >= bytes) continue;
      return (static_cast<uint8_t>(gap.bitmap[at + 2 + byte]) & 0x80U >> type % 8) != 0;
    }
    return false;
  }
  bool covers(const Gap& gap, const Name& name) const {
    const auto key = canonical_key(name);
    return canonical_key(gap.owner) < key && (key < canonical_key(gap.next) || gap.next == zones_[0].apex);
  }
  bool covered(const Response& response, const Name& name) const {
    return std::ranges::any_of(gaps_of(response), [&](const Gap& gap) { return covers(gap, name); });
  }

  // The closest encloser that the NSEC covering `name` shows.
  Name encloser_of(const Response& response, const Name& name) const {
    for (const auto& gap : gaps_of(response)) {
      if (!covers(gap, name)) continue;
      for (Name above = name.parent();; above = above.parent()) {
        if (gap.owner.under(above) || gap.next.under(above)) return above;
      }
    }
    return {};
  }

  void expect_name_proven_missing(const Response& response, const Name& name, const std::string& question) {
    EXPECT_TRUE(covered(response, name)) << question;
    Name wildcard = encloser_of(response, name);
    ASSERT_TRUE(wildcard.push_front("*"));
    EXPECT_TRUE(covered(response, wildcard)) << question << ": " << wildcard.text();
  }

  void expect_type_proven_missing(const Response& response, const Name& name, uint16_t type, const std::string& question) {
    const auto gaps = gaps_of(response);
    const auto at = [&](const Name& there) {
      return std::ranges::any_of(gaps,
                                 [&](const Gap& gap) { return gap.owner == there && !has_type(gap, type) && !has_type(gap, kTypeCname); });
    };
    const bool empty_there = std::ranges::any_of(gaps, [&](const Gap& gap) { return covers(gap, name) && gap.next.under(name); });
    if (at(name) || empty_there) return;
    Name wildcard = encloser_of(response, name);
    ASSERT_TRUE(wildcard.push_front("*")) << question;
    EXPECT_TRUE(covered(response, name) && at(wildcard)) << question;
  }

  // Follows the answer's CNAMEs from the question on, and checks what is said of the last name.
  void validate(const Response& response, const Name& asked, uint16_t type) {
    const std::string question = asked.text() + " " + dnswire::type_name(type);
    const auto answers = sets_of(response.answers);
    const auto authorities = sets_of(response.authorities);
    expect_signed(answers, question);
    expect_signed(authorities, question);
    for (const auto& [key, set] : answers) {
      if (key.second != kTypeRrsig) continue;
      for (const auto& rrsig : set.rdata) {
        const bool expanded = read_rrsig(rrsig).labels < key.first.labels() && !key.first.is_wildcard();
        if (expanded) EXPECT_TRUE(covered(response, key.first)) << question;
      }
    }
    Name name = asked;
    for (int i = 0; i < 10; ++i) {
      if (answers.contains({name, type}) || !name.under(zones_[0].apex)) return;
      const auto cname = answers.find({name, kTypeCname});
      if (cname == answers.end()) break;
      name = *Name::from_wire(cname->second.rdata[0]);
    }
    if (name == *Name::parse("loop1.example.com")) return;
    const auto cut = std::ranges::find_if(response.authorities, [](const Record& record) { return record.type == kTypeNs; });
    if (cut != response.authorities.end()) {
      if (!authorities.contains({cut->owner, kTypeDs})) expect_type_proven_missing(response, cut->owner, kTypeDs, question);
    } else if (response.rcode == Rcode::kNxDomain) {
      expect_name_proven_missing(response, name, question);
    } else {
      expect_type_proven_missing(response, name, type, question);
    }
  }

  std::vector<PlainZone> zones_;
  ZoneKey csk_ = key_from(kPemOfRfc6605, {.role = KeyRole::kCsk, .made = kNow});
  ZoneSigner signer_{*Name::parse("example.com"), {csk_}};
  std::shared_ptr<const CompiledSnapshot> snapshot_;
  AnswerCounters counters_;
  uint64_t entropy_ = 0;
};

constexpr std::array<std::string_view, 41> kAskedNames{"example.com",
                                                       "www.example.com",
                                                       "WWW.Example.COM",
                                                       "mail.example.com",
                                                       "alias.example.com",
                                                       "alias2.example.com",
                                                       "out.example.com",
                                                       "dangling.example.com",
                                                       "nodata.example.com",
                                                       "loop1.example.com",
                                                       "below.example.com",
                                                       "down.below.example.com",
                                                       "deep.down.below.example.com",
                                                       "x.below.example.com",
                                                       "wild.example.com",
                                                       "a.wild.example.com",
                                                       "a.b.c.wild.example.com",
                                                       "*.wild.example.com",
                                                       "mail.wild.example.com",
                                                       "x.mail.wild.example.com",
                                                       "a.wildalias.example.com",
                                                       "a.wildgone.example.com",
                                                       "a.wildcut.example.com",
                                                       "a.wildwild.example.com",
                                                       "towild.example.com",
                                                       "child.example.com",
                                                       "www.child.example.com",
                                                       "tochild.example.com",
                                                       "safe.example.com",
                                                       "a.safe.example.com",
                                                       "other.example.com",
                                                       "zz.example.com",
                                                       "zzz.example.com",
                                                       "0.example.com",
                                                       "www0.example.com",
                                                       "x.www.example.com",
                                                       "\\000.www.example.com",
                                                       "\\255.zz.example.com",
                                                       "a.very.deep.name.that.is.not.there.example.com",
                                                       "\\000.example.com",
                                                       "*.example.com"};

TEST_F(SignedAnswers, EveryAnswerToEveryKindOfQuestionIsProven) {
  for (const auto text : kAskedNames) {
    for (const uint16_t type :
         {kTypeA, kTypeMx, kTypeTxt, kTypeNs, kTypeSoa, kTypeDs, kTypeDnskey, kTypeCname, kTypeNsec, uint16_t{4711}}) {
      const auto response = ask(text, type);
      validate(response, *Name::parse(text), type);
      if (HasFailure()) return;
    }
  }
}

TEST_F(SignedAnswers, RandomNamesAreProvenMissingOrWild) {
  uint64_t seed = 1;
  const auto next = [&] { return seed = seed * 6364136223846793005ULL + 1442695040888963407ULL, static_cast<size_t>(seed >> 33); };
  const std::vector<std::string> below{"", "wild.", "www.", "below.", "down.below.", "mail.wild.", "zz.", "a.wild."};
  for (int i = 0; i < 2'000; ++i) {
    std::string label;
    for (size_t bytes = 1 + next() % 4; bytes > 0; --bytes) label += static_cast<char>('a' + next() % 26);
    const auto name = label + "." + below[next() % below.size()] + "example.com";
    validate(ask(name, kTypeTxt), *Name::parse(name), kTypeTxt);
    if (HasFailure()) return;
  }
}

TEST_F(SignedAnswers, Line31_WithoutDoNothingOfItIsSeen) {
  signer_.begin(kNow);
  auto unsigned_zones = zones_;
  snapshot();
  const auto plain = compile(unsigned_zones, {.nsid = ""});
  for (const auto text : kAskedNames) {
    for (const uint16_t type : {kTypeA, kTypeMx, kTypeTxt, kTypeNs, kTypeSoa, kTypeDs, kTypeCname}) {
      const auto query = dnswire::build_query(*Name::parse(text), type, 1, {.edns_payload_bytes = 1232});
      std::array<uint8_t, 4096> ours;
      std::array<uint8_t, 4096> theirs;
      const Asker asker{.transport = Transport::kUdp, .address = {}, .entropy = 1};
      const size_t size = answer(query, *snapshot_, asker, ours, counters_);
      ASSERT_EQ(size, answer(query, *plain, asker, theirs, counters_)) << text;
      ASSERT_TRUE(std::ranges::equal(std::span(ours).first(size), std::span(theirs).first(size))) << text;
    }
  }
}

TEST_F(SignedAnswers, Line33_TheRightSideAnswersAtApexAndCut) {
  EXPECT_THAT(ask("example.com", kTypeDnskey).answers, SizeIs(2));
  EXPECT_THAT(ask("example.com", kTypeDnskey, false).answers, SizeIs(1));
  EXPECT_THAT(ask("example.com", kTypeNsec).answers, SizeIs(2));
  const auto ds = ask("safe.example.com", kTypeDs);
  EXPECT_TRUE(ds.authoritative());
  EXPECT_THAT(ds.answers, SizeIs(2));
  const auto no_ds = ask("child.example.com", kTypeDs);
  EXPECT_TRUE(no_ds.authoritative());
  EXPECT_EQ(no_ds.rcode, Rcode::kNoError);
  EXPECT_THAT(no_ds.authorities, SizeIs(4));  // SOA, NSEC and their signatures
  const auto referral = ask("www.child.example.com", kTypeA);
  EXPECT_FALSE(referral.authoritative());
  EXPECT_THAT(referral.authorities, SizeIs(3));  // NS, NSEC, RRSIG
  EXPECT_THAT(referral.additionals, SizeIs(1));
}

TEST_F(SignedAnswers, ASharedProofStandsThereOnce) {
  const auto response = ask("zzz.example.com", kTypeA);
  std::map<Name, int> owners;
  for (const auto& record : response.authorities) {
    if (record.type == kTypeNsec) ++owners[record.owner];
  }
  for (const auto& [owner, times] : owners) EXPECT_EQ(times, 1) << owner.text();
  EXPECT_THAT(owners, SizeIs(2));
  EXPECT_THAT(ask("0.example.com", kTypeA).authorities, SizeIs(4)) << "one NSEC covers the name and the wildcard";
}

TEST_F(SignedAnswers, Line20_AProofThatDoesNotFitTruncates) {
  const std::string longest = std::string(60, 'z') + "." + std::string(60, 'z') + ".example.com";
  const auto whole = ask(longest, kTypeA, true, 1232, Transport::kUdp);
  EXPECT_FALSE(whole.truncated());
  EXPECT_FALSE(ask("zzz.example.com", kTypeA, true, 512, Transport::kUdp).truncated());
  const auto cut = ask(longest, kTypeA, true, 512, Transport::kUdp);
  EXPECT_TRUE(cut.truncated());
  expect_signed(sets_of(cut.authorities), "cut");
}

TEST_F(SignedAnswers, Line17_QuestionsForSignaturesGetThoseOfOneSet) {
  const auto response = ask("www.example.com", kTypeRrsig);
  ASSERT_THAT(response.answers, SizeIs(1));
  EXPECT_EQ(read_rrsig(response.answers[0].rdata).covered, kTypeA);
  EXPECT_EQ(read_rrsig(ask("alias.example.com", kTypeRrsig).answers.at(0).rdata).covered, kTypeCname);
}

TEST_F(SignedAnswers, AnUnsignedZoneBesideItStaysUnsigned) {
  EXPECT_THAT(ask("www.plain.example", kTypeA).answers, SizeIs(1));
  EXPECT_THAT(ask("no.plain.example", kTypeA).authorities, SizeIs(1));
  EXPECT_THAT(ask("in.plain.example", kTypeA).answers, SizeIs(4));  // the CNAME without, two addresses with a signature
}

TEST_F(SignedAnswers, EachOutcomeOfAChoiceHasItsSignature) {
  const auto set_of = [](std::string_view value) { return RecordSet{.ttl = 60, .rdata = {*dnswire::rdata_from_text(kTypeA, value)}}; };
  auto& set = zones_[0].contents[*Name::parse("choice.example.com")][kTypeA];
  set = set_of("192.0.2.101");
  set.choice = std::make_shared<const Choice>(
      Choice{.options = {{set_of("192.0.2.101"), 1}, {set_of("192.0.2.102"), 1}, {RecordSet{.ttl = 60, .rdata = {}}, 1}}});
  auto& alias = zones_[0].contents[*Name::parse("tochoice.example.com")][kTypeCname];
  alias = {.ttl = 60, .rdata = {*dnswire::rdata_from_text(kTypeCname, "choice.example.com")}};
  for (const std::string_view asked : {"choice.example.com", "tochoice.example.com"}) {
    std::map<std::string, int> seen;
    for (int i = 0; i < 60; ++i) {
      const auto response = ask(asked, kTypeA);
      validate(response, *Name::parse(asked), kTypeA);
      std::string addresses;
      for (const auto& record : response.answers) addresses += record.type == kTypeA ? record.value() : "";
      ++seen[addresses];
    }
    EXPECT_THAT(seen, SizeIs(3)) << asked;
  }
}

TEST_F(SignedAnswers, DsOfAChildZoneHereComesFromTheParent) {
  DnsSettings settings;
  settings.zones = {{.name = "example.com", .file = "a", .dnssec = true}, {.name = "child.example.com", .file = "b"}};
  const auto loaded = load_zones(settings, {{"a", std::string(kSignedZone)}, {"b", std::string(kPlainZone)}});
  zones_ = plain_zones(loaded.zones, {}, {}, {}).zones;
  const auto response = ask("child.example.com", kTypeDs);
  EXPECT_TRUE(response.authoritative());
  EXPECT_THAT(response.answers, IsEmpty());
  validate(response, *Name::parse("child.example.com"), kTypeDs);
}

}  // namespace
}  // namespace evershore::dns
