#include "dns/name_tree.h"

#include <algorithm>
#include <numeric>

#include "wire/dns/rdata.h"

namespace evershore::dns {

namespace {

// The delegation strictly above `name` inside its zone, if any.
const Name* cut_above(const PlainZone& zone, const Name& name) {
  const Name* highest = nullptr;
  for (Name above = name.parent(); above.labels() > zone.apex.labels(); above = above.parent()) {
    const auto at = zone.contents.find(above);
    if (at != zone.contents.end() && at->second.contains(dnswire::kTypeNs)) highest = &at->first;
  }
  return highest;
}

}  // namespace

NameTree::NameTree(const std::vector<PlainZone>& zones) : zones_(zones) {
  std::vector<size_t> order(zones.size());
  std::iota(order.begin(), order.end(), size_t{0});
  // Child zones first: what they own, their parents only delegate.
  std::ranges::sort(order, std::greater<>(), [&](size_t zone) { return std::pair(zones[zone].apex.labels(), zones.size() - zone); });
  for (const size_t zone : order) add_zone(zone);
}

void NameTree::add_zone(size_t zone) {
  const auto& plain = zones_[zone];
  std::vector<const Name*> child_apexes;
  for (const auto& other : zones_) {
    if (other.apex.labels() > plain.apex.labels() && other.apex.under(plain.apex)) child_apexes.push_back(&other.apex);
  }
  for (const auto& [name, node] : plain.contents) {
    if (cut_above(plain, name) != nullptr) continue;  // glue: seen in referrals only
    const bool apex = name == plain.apex;
    if (const auto known = index_.find(name); known != index_.end()) {
      auto& entry = entries_[known->second];
      if (entry.zone == zone) {  // was an empty non-terminal
        entry = {.name = &name, .zone = zone, .kind = node.contains(dnswire::kTypeNs) && !apex ? Kind::kCut : Kind::kData, .node = &node};
        if (node.empty()) entry.kind = Kind::kEmpty;
      } else if (entry.parent_zone == SIZE_MAX && name == zones_[entry.zone].apex) {
        const auto ds = node.find(dnswire::kTypeDs);
        entry.parent_zone = zone;
        entry.parent_ds = ds == node.end() ? nullptr : &ds->second;
      }
      continue;
    }
    const bool inside_child = std::ranges::any_of(child_apexes, [&](const Name* child) { return name.under(*child); });
    if (inside_child) continue;
    const Kind kind = node.empty() ? Kind::kEmpty : node.contains(dnswire::kTypeNs) && !apex ? Kind::kCut : Kind::kData;
    index_.emplace(name, entries_.size());
    entries_.push_back({.name = &name, .zone = zone, .kind = kind, .node = &node});
    if (!apex) add_ancestors(zone, name);
  }
}

void NameTree::add_ancestors(size_t zone, const Name& name) {
  for (Name above = name.parent(); above.labels() > zones_[zone].apex.labels(); above = above.parent()) {
    const auto [at, added] = index_.emplace(above, entries_.size());
    if (!added) return;
    entries_.push_back({.name = &at->first, .zone = zone});
  }
}

const NameTree::Entry* NameTree::find(const Name& name) const {
  const auto at = index_.find(name);
  return at == index_.end() ? nullptr : &entries_[at->second];
}

NameTree::Match NameTree::match(const Name& name) const {
  using MatchKind = Match::Kind;
  if (const auto* exact = find(name)) return {exact->kind == Kind::kCut ? MatchKind::kReferral : MatchKind::kExact, exact};
  for (Name above = name; !above.is_root();) {
    above = above.parent();
    const auto* encloser = find(above);
    if (encloser == nullptr) continue;
    if (encloser->kind == Kind::kCut) return {MatchKind::kReferral, encloser};
    Name wildcard = above;
    const auto* star = wildcard.push_front("*") ? find(wildcard) : nullptr;
    if (star != nullptr && star->kind != Kind::kCut) return {MatchKind::kWildcard, star};
    return {MatchKind::kMissing, encloser};
  }
  return {};
}

Chain follow(const NameTree& tree, const Name& start) {
  Chain chain;
  chain.last = start;
  while (true) {
    chain.match = tree.match(chain.last);
    const bool here = chain.match.kind == NameTree::Match::Kind::kExact || chain.match.kind == NameTree::Match::Kind::kWildcard;
    if (!here || chain.match.entry->node == nullptr) return chain;
    const auto cname = chain.match.entry->node->find(dnswire::kTypeCname);
    if (cname == chain.match.entry->node->end() || cname->second.rdata.empty()) {
      chain.end = chain.match.entry->node;
      return chain;
    }
    const bool looped = std::ranges::any_of(chain.links, [&](const Chain::Link& link) { return link.owner == chain.last; });
    if (looped || chain.links.size() == kChainMax) {
      chain.match = {};  // as if it led out of our zones: the resolver sees the loop
      return chain;
    }
    chain.links.push_back({chain.last, &cname->second});
    chain.last = *dnswire::rdata_target(dnswire::kTypeCname, cname->second.rdata.front());
  }
}

}  // namespace evershore::dns
