#include "dns/plain_zone.h"

#include <algorithm>

#include "base/assert.h"
#include "dns/name_tree.h"
#include "wire/dns/message.h"
#include "wire/dns/rdata.h"

namespace evershore::dns {

namespace {

using dnswire::kTypeA;
using dnswire::kTypeAaaa;
using dnswire::kTypeCname;
using dnswire::kTypeSoa;
using dnswire::rdata_from_text;

constexpr size_t kSoaNumbersBytes = 20;

struct Chosen {
  std::vector<DecidedAnswer> answers;
  routing::Why why = routing::Why::kPreferred;
};

std::vector<routing::Candidate> candidates_of(std::span<const DecidedAnswer> answers, const HealthSnapshot& health,
                                              const Steering& steering) {
  std::vector<routing::Candidate> out;
  for (const auto& answer : answers) out.push_back(routing::candidate_of(answer.health_check, health, steering));
  return out;
}

Chosen choose_group(std::span<const DecidedAnswer> answers, const HealthSnapshot& health, const Steering& steering) {
  const auto decision = routing::decide_group(candidates_of(answers, health, steering));
  Chosen chosen{.answers = {}, .why = decision.why};
  for (const size_t member : decision.members) chosen.answers.push_back(answers[member]);
  return chosen;
}

Chosen choose_failover(std::span<const DecidedAnswer> answers, const HealthSnapshot& health, const Steering& steering) {
  EVERSHORE_ASSERT(answers.size() == 2);
  const auto candidates = candidates_of(answers, health, steering);
  const auto decision = routing::decide_failover(candidates[0], candidates[1]);
  return {.answers = {answers[decision.target == routing::Decision::Target::kPrimary ? 0 : 1]}, .why = decision.why};
}

// Each family for itself: an IPv6 address that is up does not help those who ask for IPv4.
Chosen choose_site(const DecidedRecord& record, const HealthSnapshot& health, const Steering& steering, const SiteAnswers& sites) {
  Chosen chosen;
  const auto site = sites.find(record.site);
  if (site == sites.end()) return chosen;
  for (const uint16_t family : {kTypeA, kTypeAaaa}) {
    if (record.type != kTypeAlias && record.type != family) continue;
    std::vector<DecidedAnswer> answers;
    for (const auto& [address, check] : site->second) {
      const auto rdata = rdata_from_text(family, address);
      if (rdata) answers.push_back({.id = address, .health_check = check, .rdata = record.type == kTypeAlias ? address : *rdata});
    }
    auto part = choose_group(answers, health, steering);
    if (part.why == routing::Why::kFailOpen) chosen.why = part.why;
    std::ranges::move(part.answers, std::back_inserter(chosen.answers));
  }
  return chosen;
}

Chosen choose(const DecidedRecord& record, const HealthSnapshot& health, const Steering& steering, const SiteAnswers& sites) {
  if (!record.site.empty()) return choose_site(record, health, steering, sites);
  if (record.policy == RecordPolicy::kFailover) return choose_failover(record.answers, health, steering);
  if (record.policy == RecordPolicy::kSimple) return {.answers = record.answers, .why = routing::Why::kPreferred};
  auto chosen = choose_group(record.answers, health, steering);
  if (chosen.answers.size() > kMultivalueAnswersMax) chosen.answers.resize(kMultivalueAnswersMax);
  return chosen;
}

void add(Node& node, uint16_t type, uint32_t ttl, const std::string& rdata) {
  auto& set = node[type];
  set.ttl = set.rdata.empty() ? ttl : std::min(set.ttl, ttl);
  if (std::ranges::find(set.rdata, rdata) == set.rdata.end()) set.rdata.push_back(rdata);
}

RecordDecision describe(const DecidedRecord& record, const Chosen& chosen) {
  RecordDecision decision{
      .name = record.owner.text(), .type = record.type == kTypeAlias ? "ALIAS" : dnswire::type_name(record.type), .why = chosen.why};
  if (decision.name.size() > 1) decision.name.pop_back();
  for (const auto& answer : chosen.answers) {
    if (!answer.id.empty()) {
      decision.chosen.push_back(answer.id);
    } else {
      decision.chosen.push_back(record.type == kTypeAlias ? answer.rdata : dnswire::rdata_to_text(record.type, answer.rdata));
    }
  }
  return decision;
}

struct PendingAlias {
  size_t zone;
  const DecidedRecord* record;
  std::vector<DecidedAnswer> answers;
};

// The addresses that `target` has in our own zones, at the end of its CNAMEs.
void flatten(const NameTree& tree, const Name& target, uint32_t ttl, Node& into) {
  const auto chain = follow(tree, target);
  if (chain.end == nullptr) return;
  for (const auto& link : chain.links) ttl = std::min(ttl, link.set->ttl);
  for (const uint16_t family : {kTypeA, kTypeAaaa}) {
    const auto set = chain.end->find(family);
    if (set == chain.end->end()) continue;
    for (const auto& rdata : set->second.rdata) add(into, family, std::min(ttl, set->second.ttl), rdata);
  }
}

// All aliases look at the same picture, the one without any alias: their order does not matter.
void place_aliases(std::vector<PlainZone>& zones, const std::vector<PendingAlias>& aliases) {
  std::vector<Node> flat(aliases.size());
  {
    const NameTree tree(zones);
    for (size_t i = 0; i < aliases.size(); ++i) {
      const auto& [zone, record, answers] = aliases[i];
      for (const auto& answer : answers) {
        const auto v4 = rdata_from_text(kTypeA, answer.rdata);
        const auto v6 = rdata_from_text(kTypeAaaa, answer.rdata);
        if (v4) add(flat[i], kTypeA, record->ttl, *v4);
        if (v6) add(flat[i], kTypeAaaa, record->ttl, *v6);
        if (v4 || v6) continue;
        if (const auto target = Name::parse(answer.rdata)) flatten(tree, *target, record->ttl, flat[i]);
      }
    }
  }
  for (size_t i = 0; i < aliases.size(); ++i) {
    auto& node = zones[aliases[i].zone].contents[aliases[i].record->owner];
    for (auto& [type, set] : flat[i]) node[type] = std::move(set);
  }
}

std::string& soa_rdata(PlainZone& zone) { return zone.contents[zone.apex][kTypeSoa].rdata.front(); }

}  // namespace

PlainZones plain_zones(const std::vector<Zone>& zones, const HealthSnapshot& health, const Steering& steering, const SiteAnswers& sites) {
  PlainZones out;
  std::vector<PendingAlias> aliases;
  for (const auto& zone : zones) {
    PlainZone plain{.apex = zone.apex, .contents = zone.fixed};
    for (const auto& record : zone.decided) {
      auto chosen = choose(record, health, steering, sites);
      out.decisions.push_back(describe(record, chosen));
      auto& node = plain.contents[record.owner];  // the name is there even if it has no data
      if (record.type == kTypeAlias) {
        aliases.push_back({out.zones.size(), &record, std::move(chosen.answers)});
        continue;
      }
      for (const auto& answer : chosen.answers) add(node, record.type, record.ttl, answer.rdata);
    }
    out.zones.push_back(std::move(plain));
  }
  if (!aliases.empty()) place_aliases(out.zones, aliases);
  return out;
}

uint32_t serial_of(const PlainZone& zone) {
  const auto& rdata = zone.contents.at(zone.apex).at(kTypeSoa).rdata.front();
  return dnswire::load32(reinterpret_cast<const uint8_t*>(rdata.data()) + rdata.size() - kSoaNumbersBytes);
}

void set_serial(PlainZone& zone, uint32_t serial) {
  auto& rdata = soa_rdata(zone);
  dnswire::store32(reinterpret_cast<uint8_t*>(rdata.data()) + rdata.size() - kSoaNumbersBytes, serial);
}

bool serial_after(uint32_t a, uint32_t b) { return a != b && a - b < 0x8000'0000U; }

uint32_t next_serial(std::optional<uint32_t> previous, uint32_t in_file, uint32_t clock_seconds) {
  const uint32_t wanted = in_file != 0 && serial_after(in_file, clock_seconds) ? in_file : clock_seconds;
  if (!previous || serial_after(wanted, *previous)) return wanted;
  return *previous + 1;
}

}  // namespace evershore::dns
