#include "dns/why.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/text.h"
#include "wire/dns/rdata.h"

namespace evershore::dns {

namespace {

std::string plain_text(const Name& name) {
  std::string text = name.text();
  if (text.size() > 1) text.pop_back();
  return text;
}

std::string value_of(uint16_t type, const DecidedAnswer& answer) {
  return type == kTypeAlias ? answer.rdata : dnswire::rdata_to_text(type, answer.rdata);
}

void add_check(WhyAnswer& out, const std::string& check, const WhyState& state) {
  out.check = check;
  const auto candidate = routing::candidate_of(check, state.health, state.steering);
  out.drained = candidate.drained;
  out.standing = routing::standing_of(candidate);
  const auto* status = check.empty() ? nullptr : state.health.find(check);
  if (status == nullptr) return;
  out.health = status->health;
  out.check_why = status->why;
  out.check_since = status->since;
}

bool given(const RecordDecision& decision, const WhyAnswer& answer) {
  return std::ranges::find(decision.chosen, answer.id.empty() ? answer.value : answer.id) != decision.chosen.end();
}

std::vector<WhyAnswer> configured_answers(const WhyState& state, const DecidedRecord& record, const RecordDecision& decision) {
  std::vector<const DecidedAnswer*> all;
  for (const auto& answer : record.answers) all.push_back(&answer);
  if (record.fallback) all.push_back(&*record.fallback);
  std::vector<routing::Standing> standings;
  const bool looks_behind = std::ranges::any_of(all, [](const DecidedAnswer* answer) { return answer->target_group.has_value(); });
  if (looks_behind) standings = Chooser(state.records->zones, state.health, state.steering, state.sites, {}, {}).standings(record);

  std::vector<WhyAnswer> out;
  for (size_t i = 0; i < all.size(); ++i) {
    auto& answer = out.emplace_back(WhyAnswer{.id = all[i]->id, .value = value_of(record.type, *all[i])});
    add_check(answer, all[i]->health_check, state);
    if (i < standings.size()) answer.standing = standings[i];
    if (all[i]->target_group) answer.behind = plain_text(*all[i]->target_group);
    answer.given = given(decision, answer);
  }
  return out;
}

// A site's addresses, those of the record's family.
std::vector<WhyAnswer> site_answers(const WhyState& state, const DecidedRecord& record, const RecordDecision& decision) {
  std::vector<WhyAnswer> out;
  const auto site = state.sites.find(record.site);
  if (site == state.sites.end()) return out;
  for (const auto& [address, check] : site->second) {
    if (record.type != kTypeAlias && !dnswire::rdata_from_text(record.type, address)) continue;
    auto& answer = out.emplace_back(WhyAnswer{.id = address, .value = address});
    add_check(answer, check, state);
    answer.given = given(decision, answer);
  }
  return out;
}

WhyRecord why_record(const WhyState& state, const WhyRecords::Place& place) {
  const auto& record = *place.record;
  WhyRecord out{.type = record.type == kTypeAlias ? "ALIAS" : dnswire::type_name(record.type),
                .policy = record.site.empty() ? policy_name(record.policy) : "site",
                .ttl = record.ttl,
                .decision = place.decision < state.decisions.size() ? state.decisions[place.decision] : DecisionLog::Entry{},
                .answers = {}};
  out.answers = record.site.empty() ? configured_answers(state, record, out.decision.now) : site_answers(state, record, out.decision.now);
  return out;
}

bool there(const CompiledSnapshot& snapshot, const Name& name) {
  const auto& table = snapshot.fixed->table;
  const auto* closest = table.closest(name);
  return closest != nullptr && closest->name_bytes == name.wire().size();
}

// The wildcard that stands for a name that is not there (RFC 4592): below its closest encloser, if there is one.
std::optional<Name> wildcard_for(const CompiledSnapshot& snapshot, const Name& name) {
  const auto& table = snapshot.fixed->table;
  const auto* encloser = table.closest(name);
  if (encloser == nullptr || encloser->wildcard == 0) return std::nullopt;
  return *Name::from_wire(as_text(table.name_of(table.names[encloser->wildcard - 1])));
}

std::string since(Wall time) { return time == Wall{} ? std::string() : " since " + format_iso8601(time); }

std::string first_sentence(const WhyName& name, const WhyRecord& record) {
  const auto& [now, from, changes] = record.decision;
  const auto answers = now.chosen.empty() ? std::string("nothing") : fmt::format("{}", fmt::join(now.chosen, ", "));
  return fmt::format("{} {} ({}, ttl {} s) answers {}: {}, {};{}{}", name.wildcard.empty() ? name.name : name.wildcard, record.type,
                     record.policy, record.ttl, answers, routing::why_name(now.why), why_clause(now.why), since(from),
                     changes == 0 ? ", the node's start" : "");
}

std::string check_clause(const WhyAnswer& answer) {
  if (answer.check.empty()) return "no check, so always healthy";
  auto text = fmt::format("check {} is {}{}", answer.check, health_name(answer.health), since(answer.check_since));
  if (!answer.check_why.empty()) text += ": " + answer.check_why;
  return text;
}

std::string answer_sentence(const WhyRecord& record, const WhyAnswer& answer) {
  auto text = fmt::format("{} {}: {}; {}", record.type,
                          answer.id.empty() || answer.id == answer.value ? answer.value : fmt::format("{} = {}", answer.id, answer.value),
                          answer.given ? "given" : "not given", check_clause(answer));
  if (answer.drained) text += "; drained by people";
  if (!answer.behind.empty()) text += fmt::format("; with what {} chooses from it is {}", answer.behind, standing_name(answer.standing));
  return text;
}

}  // namespace

std::shared_ptr<const WhyRecords> why_records(const std::vector<Zone>& zones) {
  auto out = std::make_shared<WhyRecords>();
  for (const auto& zone : zones) out->zones.push_back({.apex = zone.apex, .fixed = {}, .decided = zone.decided});
  size_t decision = 0;
  for (const auto& zone : out->zones) {
    for (const auto& record : zone.decided) out->by_owner[record.owner].push_back({&record, decision++});
  }
  return out;
}

std::optional<WhyName> why_of(const WhyState& state, const CompiledSnapshot& snapshot, const Name& name) {
  const auto& records = *state.records;
  if (zone_of(records.zones, name) == records.zones.size()) return std::nullopt;
  WhyName out{.name = plain_text(name), .wildcard = {}};
  std::optional<Name> owner = name;
  if (!there(snapshot, name)) {
    owner = wildcard_for(snapshot, name);
    if (!owner) return out;
    out.wildcard = plain_text(*owner);
  }
  const auto decided = records.by_owner.find(*owner);
  out.kind = decided == records.by_owner.end() ? WhyName::Kind::kFixed : WhyName::Kind::kDecided;
  if (decided == records.by_owner.end()) return out;
  for (const auto& place : decided->second) out.records.push_back(why_record(state, place));
  return out;
}

std::string_view policy_name(RecordPolicy policy) {
  switch (policy) {
    case RecordPolicy::kSimple: return "simple";
    case RecordPolicy::kFailover: return "failover";
    case RecordPolicy::kWeighted: return "weighted";
    case RecordPolicy::kMultivalue: return "multivalue";
    case RecordPolicy::kLatency: return "latency";
    case RecordPolicy::kGeo: return "geo";
  }
  return "unknown";
}

std::string_view why_clause(routing::Why why) {
  using routing::Why;
  switch (why) {
    case Why::kPreferred: return "nothing speaks against it";
    case Why::kNoCheck: return "the first choice, which has no check";
    case Why::kPinned: return "people put it first";
    case Why::kFailedOver: return "what comes before it is not usable";
    case Why::kStandby: return "something comes before it";
    case Why::kFailOpen: return "nothing is usable, and this is the least bad";
    case Why::kLastKnown: return "nothing is usable, and this was the last that was";
    case Why::kFallback: return "nothing is usable, and this was named for that case";
    case Why::kNoAnswer: return "nothing is usable, and the settings want no answer then";
    case Why::kNotReady: return "it came back, but may not serve yet";
    case Why::kDrained: return "people took it out";
    case Why::kDown: return "its check is down";
  }
  return "unknown";
}

std::vector<std::string> why_sentences(const WhyName& name) {
  std::vector<std::string> out;
  const auto by = name.wildcard.empty() ? std::string() : fmt::format(" by {}", name.wildcard);
  if (name.kind == WhyName::Kind::kMissing) out.push_back(fmt::format("{}: there is no such name", name.name));
  if (name.kind == WhyName::Kind::kFixed) {
    out.push_back(fmt::format("{}: fixed{}; nothing there has a policy, so health does not change it", name.name, by));
  }
  if (name.kind == WhyName::Kind::kDecided && !by.empty()) out.push_back(fmt::format("{}: answered{}", name.name, by));
  for (const auto& record : name.records) {
    out.push_back(first_sentence(name, record));
    for (const auto& answer : record.answers) out.push_back(answer_sentence(record, answer));
  }
  if (out.size() > kWhySentencesMax) {
    out.resize(kWhySentencesMax - 1);
    out.push_back(fmt::format("and more: evershore explain {}", name.name));
  }
  return out;
}

}  // namespace evershore::dns
