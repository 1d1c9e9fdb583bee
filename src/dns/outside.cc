#include "dns/outside.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "dns/policy.h"
#include "wire/dns/rdata.h"

namespace evershore::dns {

namespace {

using dnswire::kTypeA;
using dnswire::kTypeAaaa;
using dnswire::kTypeCname;

constexpr std::array<uint16_t, 2> kFamilies{kTypeA, kTypeAaaa};

constexpr size_t kDepthMax = 64;  // of names that lead to names

void add_direct(const DnsSettings& settings, const std::string& value, std::set<Name>& names) {
  for (const uint16_t family : kFamilies) {
    if (dnswire::rdata_from_text(family, std::string(trim(value)))) return;
  }
  const auto name = Name::parse(trim(value));
  const auto holds = [&](const ZoneSettings& zone) {
    const auto apex = Name::parse(zone.name);
    return apex && name->under(*apex);
  };
  if (name && std::ranges::none_of(settings.zones, holds)) names.insert(*name);
}

Duration after_addresses(uint32_t ttl_seconds) {
  const Duration most_of_it = std::chrono::milliseconds(ttl_seconds * uint64_t{900});
  return std::clamp(most_of_it, kAskAgainSoonest, kAskAgainLatest);
}

Duration after_nothing(uint32_t ttl_seconds) {
  return std::clamp<Duration>(std::chrono::seconds(ttl_seconds), kAskAgainSoonest, std::chrono::seconds(kOutsideTtlMax));
}

Duration after_failures(uint32_t failures) {
  constexpr uint32_t kDoublingsMax = 4;
  return std::min<Duration>(std::chrono::seconds(1U << std::min(failures - 1, kDoublingsMax)), kRetryLatest);
}

RecordSet served(const OutsideState& state) { return {.ttl = std::clamp(state.ttl_seconds, 1U, kOutsideTtlMax), .rdata = state.rdata}; }

}  // namespace

OutsideFinder::OutsideFinder(const std::vector<Zone>& zones) : zones_(zones) {
  for (const auto& zone : zones) {
    for (const auto& record : zone.decided) by_owner_[record.owner].push_back(&record);
  }
}

std::set<Name> OutsideFinder::of(const DecidedRecord& record) {
  seen_.clear();
  if (record.type == kTypeAlias) visit_targets(record, 0);
  return std::exchange(found_, {});
}

std::set<Name> OutsideFinder::of_all() {
  std::set<Name> names;
  for (const auto& zone : zones_) {
    for (const auto& record : zone.decided) names.merge(of(record));
  }
  return names;
}

void OutsideFinder::visit(const Name& name, size_t depth) {
  const size_t zone = zone_of(zones_, name);
  if (zone == zones_.size()) {
    found_.insert(name);
    return;
  }
  if (depth > kDepthMax || !seen_.insert(name).second) return;
  look_at(zones_[zone], name, depth);
  // A wildcard may stand for it: rather a name too many.
  for (Name above = name; above.labels() > zones_[zone].apex.labels(); above = above.parent()) {
    Name wildcard = above.parent();
    if (wildcard.push_front("*")) look_at(zones_[zone], wildcard, depth);
  }
}

void OutsideFinder::visit_targets(const DecidedRecord& record, size_t depth) {
  const auto visit_target = [&](const DecidedAnswer& answer) {
    if (const auto target = target_of(record, answer)) visit(*target, depth + 1);
  };
  for (const auto& answer : record.answers) visit_target(answer);
  if (record.fallback) visit_target(*record.fallback);
}

void OutsideFinder::look_at(const Zone& zone, const Name& name, size_t depth) {
  if (const auto node = fixed_node(zone, name)) {
    const auto cname = node->find(kTypeCname);
    if (cname != node->end()) visit(*dnswire::rdata_target(kTypeCname, cname->second.rdata.front()), depth + 1);
  }
  const auto decided = by_owner_.find(name);
  if (decided == by_owner_.end()) return;
  for (const auto* record : decided->second) visit_targets(*record, depth);
}

std::set<Name> direct_outside_names(const DnsSettings& settings) {
  std::set<Name> names;
  for (const auto& record : settings.records) {
    if (!equal_ignoring_case(record.type, "ALIAS")) continue;
    for (const auto& value : record.values) add_direct(settings, value, names);
    for (const auto& answer : record.answers) add_direct(settings, answer.value, names);
  }
  return names;
}

void OutsideBook::add(const std::set<Name>& names, Mono now) {
  for (const auto& name : names) {
    for (const uint16_t family : kFamilies) {
      if (states_.size() >= kOutsideNamesMax * kFamilies.size()) return;
      states_.try_emplace({name, family}, OutsideState{.due = now});
    }
  }
}

void OutsideBook::retain(const std::set<Name>& names) {
  std::erase_if(states_, [&](const auto& entry) { return !names.contains(entry.first.name); });
}

void OutsideBook::hurry(Mono now) {
  for (auto& [question, state] : states_) {
    if (state.failures > 0) state.due = now;
  }
}

std::vector<LookupQuestion> OutsideBook::take_due(Mono now, size_t max) {
  std::vector<LookupQuestion> out;
  for (auto& [question, state] : states_) {
    if (out.size() == max) break;
    if (state.under_way || state.due > now) continue;
    state.under_way = true;
    out.push_back(question);
  }
  return out;
}

Mono OutsideBook::next_due() const {
  Mono next = kNever;
  for (const auto& [question, state] : states_) {
    if (!state.under_way) next = std::min(next, state.due);
  }
  return next;
}

OutsideBook::Step OutsideBook::take(const LookupQuestion& question, const Heard& heard, Mono now) {
  const auto at = states_.find(question);
  if (at == states_.end()) return {};
  auto& state = at->second;
  const bool failed_before = name_fails(question.name);
  const auto trouble = [&] {
    if (name_fails(question.name) == failed_before) return Trouble::kNone;
    return failed_before ? Trouble::kEnds : Trouble::kBegins;
  };
  state.under_way = false;
  if (heard.kind != Heard::Kind::kAddresses && heard.kind != Heard::Kind::kNothing) {
    ++state.failures;
    state.why = heard.why;
    state.due = now + after_failures(state.failures);
    return {Change::kNone, trouble()};
  }
  const auto before = state.known ? served(state) : RecordSet{};
  const bool same = state.known && state.rdata == heard.rdata;
  state.ttl_seconds = same ? std::max(state.ttl_seconds, heard.ttl_seconds) : heard.ttl_seconds;
  state.known = true;
  state.rdata = heard.rdata;
  state.failures = 0;
  state.why.clear();
  state.due = now + (heard.rdata.empty() ? after_nothing(heard.ttl_seconds) : after_addresses(heard.ttl_seconds));
  const auto now_served = served(state);
  const bool changed = now_served.rdata != before.rdata || (!now_served.rdata.empty() && now_served.ttl != before.ttl);
  return {changed ? Change::kAddresses : Change::kNone, trouble()};
}

bool OutsideBook::name_fails(const Name& name) const {
  return std::ranges::any_of(kFamilies, [&](uint16_t family) {
    const auto at = states_.find({name, family});
    return at != states_.end() && at->second.failures > 0;
  });
}

OutsideAddresses OutsideBook::addresses() const {
  OutsideAddresses out;
  for (const auto& [question, state] : states_) {
    if (state.known && !state.rdata.empty()) out.emplace(question, served(state));
  }
  return out;
}

bool OutsideBook::all_tried() const {
  return std::ranges::all_of(states_, [](const auto& entry) { return entry.second.known || entry.second.failures > 0; });
}

size_t OutsideBook::failing() const {
  return static_cast<size_t>(std::ranges::count_if(states_, [](const auto& entry) { return entry.second.failures > 0; }));
}

std::string OutsideBook::saved() const {
  std::string out;
  for (const auto& [question, state] : states_) {
    if (!state.known) continue;
    out += fmt::format("{} {} {}", question.name.text(), dnswire::type_name(question.type), state.ttl_seconds);
    for (const auto& rdata : state.rdata) out += " " + dnswire::rdata_to_text(question.type, rdata);
    out += '\n';
  }
  return out;
}

void OutsideBook::restore(std::string_view saved) {
  constexpr size_t kFixedFields = 3;
  for (const auto line : split(saved, '\n')) {
    const auto fields = split(line, ' ');
    if (fields.size() < kFixedFields || fields.size() > kFixedFields + kLookupAddressesMax) continue;
    const auto name = Name::parse(fields[0]);
    const auto type = dnswire::parse_type(fields[1]);
    const auto ttl = parse_u64(fields[2]);
    if (!name || (type != kTypeA && type != kTypeAaaa) || !ttl || *ttl > kTtlMax) continue;
    OutsideState state{.known = true, .ttl_seconds = static_cast<uint32_t>(*ttl)};
    for (size_t i = kFixedFields; i < fields.size(); ++i) {
      if (auto rdata = dnswire::rdata_from_text(*type, fields[i])) state.rdata.push_back(*std::move(rdata));
    }
    std::ranges::sort(state.rdata);
    if (states_.size() < kOutsideNamesMax * kFamilies.size()) states_.insert_or_assign({*name, *type}, std::move(state));
  }
}

}  // namespace evershore::dns
