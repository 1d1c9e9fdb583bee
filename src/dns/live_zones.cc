#include "dns/live_zones.h"

#include <algorithm>

#include "wire/dns/rdata.h"
#include "wire/dns/types.h"

namespace evershore::dns {

namespace {

RecordDecision describe(const DecidedRecord& record, routing::Why why, const std::vector<const DecidedAnswer*>& used) {
  RecordDecision decision{
      .name = record.owner.text(), .type = record.type == kTypeAlias ? "ALIAS" : dnswire::type_name(record.type), .why = why};
  if (decision.name.size() > 1) decision.name.pop_back();
  for (const auto* answer : used) {
    if (!answer->id.empty()) {
      decision.chosen.push_back(answer->id);
    } else {
      decision.chosen.push_back(record.type == kTypeAlias ? answer->rdata : dnswire::rdata_to_text(record.type, answer->rdata));
    }
  }
  return decision;
}

RecordSet plain_set(uint32_t ttl, const std::vector<const DecidedAnswer*>& answers) {
  RecordSet set{.ttl = ttl};
  for (const auto* answer : answers) {
    if (std::ranges::find(set.rdata, answer->rdata) == set.rdata.end()) set.rdata.push_back(answer->rdata);
  }
  return set;
}

// True if the node is not what it was.
bool assign(Node& node, uint16_t type, RecordSet set) {
  const auto at = node.find(type);
  if (set.rdata.empty()) {
    if (at == node.end()) return false;
    node.erase(at);
    return true;
  }
  if (at == node.end()) {
    node.emplace(type, std::move(set));
    return true;
  }
  if (at->second == set) return false;
  at->second = std::move(set);
  return true;
}

}  // namespace

LiveZones::LiveZones(std::vector<Zone> zones, LastUsable before)
    : settings_(std::move(zones)), changed_(settings_.size(), true), usable_(std::move(before)) {
  zones_.reserve(settings_.size());
  for (auto& zone : settings_) {
    zones_.push_back({.apex = zone.apex, .contents = zone.fixed, .packed = zone.packed});
    for (const auto& record : zone.decided) {
      // The name is there even if it has no data.
      decided_.push_back({.record = &record, .zone = zones_.size() - 1, .node = &zones_.back().contents[record.owner]});
    }
  }
  decisions_.resize(decided_.size());
}

LiveZones::~LiveZones() = default;

void LiveZones::update(const HealthSnapshot& health, const Steering& steering, const SiteAnswers& sites, const Places& places,
                       const OutsideAddresses& outside) {
  const bool first = !std::exchange(updated_, true);
  changed_.assign(zones_.size(), first);
  reasons_changed_ = false;
  Chooser chooser(settings_, health, steering, sites, places, usable_);
  std::vector<PendingAlias> aliases;
  for (auto& decided : decided_) {
    auto chosen = chooser.choose(*decided.record);
    reasons_changed_ = reasons_changed_ || (!first && decided.why != chosen.why);
    if (decided.why != chosen.why || decided.used != chosen.used) decided.described = false;
    decided.why = chosen.why;
    decided.used = std::move(chosen.used);
    if (decided.record->type == kTypeAlias) {
      aliases.push_back({decided.zone, decided.record, decided.node, std::move(chosen.tree)});
    } else if (put(decided, std::move(chosen.tree))) {
      changed_[decided.zone] = true;
    }
  }
  put_aliases(aliases, outside);
  usable_ = chooser.take_usable();
  made_ = chooser.take_made();
}

bool LiveZones::put(Decided& decided, ChoiceTree tree) {
  const auto& record = *decided.record;
  return assign(*decided.node, record.type, set_of(tree, record.type, [&](const auto& answers) { return plain_set(record.ttl, answers); }));
}

// All are taken out first: what an alias in a circle had in the last state is nothing that another may lead to.
void LiveZones::put_aliases(std::vector<PendingAlias>& aliases, const OutsideAddresses& outside) {
  if (aliases.empty()) return;
  if (!tree_) {
    std::vector<const PlainZone*> all;
    for (const auto& zone : zones_) all.push_back(&zone);
    tree_ = std::make_unique<NameTree>(std::move(all));
  }
  std::vector<Node> before;
  for (const auto& alias : aliases) {
    before.push_back(*alias.node);
    for (const uint16_t family : {dnswire::kTypeA, dnswire::kTypeAaaa}) alias.node->erase(family);
  }
  place_aliases(*tree_, aliases, outside);
  for (size_t i = 0; i < aliases.size(); ++i) {
    if (*aliases[i].node != before[i]) changed_[aliases[i].zone] = true;
  }
}

std::vector<std::pair<size_t, RecordDecision>> LiveZones::describe() {
  std::vector<std::pair<size_t, RecordDecision>> changes;
  for (size_t i = 0; i < decided_.size(); ++i) {
    if (decided_[i].described) continue;
    auto now = dns::describe(*decided_[i].record, decided_[i].why, decided_[i].used);
    if (now != decisions_[i]) changes.emplace_back(i, std::exchange(decisions_[i], std::move(now)));
    decided_[i].described = decided_[i].record->site.empty();  // a site's answers are made anew each time
  }
  return changes;
}

PlainZones plain_zones(const std::vector<Zone>& zones, const HealthSnapshot& health, const Steering& steering, const SiteAnswers& sites,
                       const Places& places, const LastUsable& before, const OutsideAddresses& outside) {
  LiveZones live(zones, before);
  live.update(health, steering, sites, places, outside);
  live.describe();
  return {live.zones(), live.decisions(), live.usable()};
}

}  // namespace evershore::dns
