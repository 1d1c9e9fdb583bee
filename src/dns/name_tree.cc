#include "dns/name_tree.h"

#include <algorithm>
#include <numeric>

#include "base/text.h"

namespace evershore::dns {

using dnswire::kTypeNs;
using dnswire::SplitName;

namespace {

bool has_ns(PackedRecords::Sets sets) {
  for (PackedRecords::Set set; sets.next(set);) {
    if (set.type == kTypeNs) return true;
  }
  return false;
}

// The delegations of a zone, lower case.
std::set<std::string, std::less<>> cuts_of(const PlainZone& zone) {
  std::set<std::string, std::less<>> cuts;
  for (const auto& [name, node] : zone.contents) {
    if (node.contains(kTypeNs) && name != zone.apex) cuts.insert(to_lower(name.wire()));
  }
  for (size_t i = 0; zone.packed != nullptr && i < zone.packed->names(); ++i) {
    if (has_ns(zone.packed->sets(i))) cuts.insert(to_lower(zone.packed->owner(i)));
  }
  return cuts;
}

bool is_wildcard(std::span<const uint8_t> name) { return name.size() > 2 && name[0] == 1 && name[1] == '*'; }

}  // namespace

NameTree::NameTree(std::vector<const PlainZone*> zones) : zones_(std::move(zones)) {
  std::vector<size_t> order(zones_.size());
  std::iota(order.begin(), order.end(), size_t{0});
  // Child zones first: what they own, their parents only delegate.
  std::ranges::sort(order, std::greater<>(), [&](size_t zone) { return std::pair(zones_[zone]->apex.labels(), zones_.size() - zone); });
  for (const size_t zone : order) add_zone(zone);
  link_wildcards();
}

void NameTree::add_zone(size_t zone) {
  const auto& plain = *zones_[zone];
  cuts_ = cuts_of(plain);
  apex_labels_ = plain.apex.labels();
  child_apexes_.clear();
  for (const auto* other : zones_) {
    if (other->apex.labels() > apex_labels_ && other->apex.under(plain.apex)) child_apexes_.push_back(to_lower(other->apex.wire()));
  }
  for (const auto& [name, node] : plain.contents) {
    varying_.push_back({.name = &name, .zone = zone, .node = &node});
    add(zone, name.wire(), kVaryingBit | static_cast<uint32_t>(varying_.size() - 1));
  }
  for (size_t i = 0; plain.packed != nullptr && i < plain.packed->names(); ++i) {
    add(zone, plain.packed->owner(i), static_cast<uint32_t>(i));
  }
}

void NameTree::add(size_t zone, std::string_view owner, uint32_t source) {
  const SplitName name(as_bytes(owner));
  const auto is_cut = [&](size_t above) { return cuts_.contains(as_text(name.from(above))); };
  for (size_t above = 1; !cuts_.empty() && name.labels - above > apex_labels_ && above < name.labels; ++above) {
    if (is_cut(above)) return;  // glue: seen in referrals only
  }
  auto& table = fixed_->table;
  if (const auto* known = table.find(name.hashes[0], name.from(0))) {
    return add_known(zone, table.names[static_cast<size_t>(known - table.names.data())], source);
  }
  const auto whole = as_text(name.from(0));
  const auto holds_it = [&](const std::string& apex) {
    const auto starts = std::span(name.starts).first(name.labels + 1);
    return whole.ends_with(apex) && std::ranges::find(starts, whole.size() - apex.size()) != starts.end();
  };
  if (std::ranges::any_of(child_apexes_, holds_it)) return;
  auto& added = table.names[table.add(name.hashes[0], name.from(0), name.labels)];
  added.zone = static_cast<uint32_t>(zone);
  added.source = source;
  if ((source & kVaryingBit) != 0) varying_[source & ~kVaryingBit].number = static_cast<uint32_t>(table.names.size() - 1);
  added.kind = static_cast<uint8_t>(is_cut(0) ? Kind::kCut : Kind::kData);
  if (name.labels > apex_labels_) add_ancestors(zone, name);
}

// The name of an empty non-terminal turns out to have data, or a zone delegates to another one of ours.
void NameTree::add_known(size_t zone, CompiledName& known, uint32_t source) {
  const auto number = static_cast<uint32_t>(&known - fixed_->table.names.data());
  if (known.zone == zone) {
    known.source = source;
    known.kind = static_cast<uint8_t>(cuts_.contains(as_text(table().name_of(known))) ? Kind::kCut : Kind::kData);
    if ((source & kVaryingBit) != 0) varying_[source & ~kVaryingBit].number = number;
  } else if (varies(number)) {
    auto& apex = varying_[known.source & ~kVaryingBit];
    if (apex.parent_zone == SIZE_MAX && *apex.name == zones_[known.zone]->apex) apex.parent_zone = zone;
  }
}

void NameTree::add_ancestors(size_t zone, const SplitName& name) {
  auto& table = fixed_->table;
  for (size_t above = 1; name.labels - above > apex_labels_; ++above) {
    if (table.find(name.hashes[above], name.from(above)) != nullptr) return;
    auto& added = table.names[table.add(name.hashes[above], name.from(above), name.labels - above)];
    added.zone = static_cast<uint32_t>(zone);
    added.source = kNoSource;
    added.kind = static_cast<uint8_t>(Kind::kEmpty);
  }
}

void NameTree::link_wildcards() {
  auto& table = fixed_->table;
  for (size_t i = 0; i < table.names.size(); ++i) {
    const auto& wildcard = table.names[i];
    if (!is_wildcard(table.name_of(wildcard)) || static_cast<Kind>(wildcard.kind) == Kind::kCut) continue;
    const SplitName name(table.name_of(wildcard));
    const auto* parent = table.find(name.hashes[1], name.from(1));
    if (parent == nullptr || parent->zone != wildcard.zone || static_cast<Kind>(parent->kind) == Kind::kCut) continue;
    table.names[static_cast<size_t>(parent - table.names.data())].wildcard = static_cast<uint32_t>(i + 1);
  }
}

// Whether a name of `contents` has any data is a matter of its state.
NameTree::Kind NameTree::kind_of(const CompiledName& name) const {
  const auto kind = static_cast<Kind>(name.kind);
  if (kind != Kind::kData || (name.source & kVaryingBit) == 0) return kind;
  return varying_[name.source & ~kVaryingBit].node->empty() ? Kind::kEmpty : Kind::kData;
}

const NameTree::Entry& NameTree::entry(uint32_t number) {
  const auto& name = table().names[number];
  if ((name.source & kVaryingBit) != 0) {
    touched_ = true;
    auto& entry = varying_[name.source & ~kVaryingBit];
    entry.kind = kind_of(name);
    return entry;
  }
  auto& entry = entries_.emplace_back(Entry{.number = number, .zone = name.zone, .kind = static_cast<Kind>(name.kind)});
  if (name.source == kNoSource) {
    entry.name = &names_.emplace_back(*Name::from_wire(as_text(table().name_of(name))));
  } else {
    const auto& packed = *zones_[name.zone]->packed;
    entry.name = &names_.emplace_back(packed.name(name.source));
    entry.node = &nodes_.emplace_back(packed.node(name.source));
  }
  return entry;
}

std::optional<PackedRecords::Sets> NameTree::packed_sets(uint32_t number) const {
  const auto& name = table().names[number];
  if ((name.source & kVaryingBit) != 0 || name.source == kNoSource) return std::nullopt;
  return zones_[name.zone]->packed->sets(name.source);
}

const CompiledName* NameTree::look_up(const Name& name) const {
  const SplitName split(as_bytes(name.wire()));
  return table().find(split.hashes[0], split.from(0));
}

const NameTree::Entry* NameTree::find(const Name& name) {
  const auto* known = look_up(name);
  return known == nullptr ? nullptr : hand_out(*known);
}

NameTree::Match NameTree::match(const Name& name) {
  using MatchKind = Match::Kind;
  const SplitName split(as_bytes(name.wire()));
  for (size_t above = 0; above <= split.labels; ++above) {
    const auto* known = table().find(split.hashes[above], split.from(above));
    if (known == nullptr) continue;
    if (kind_of(*known) == Kind::kCut) return {MatchKind::kReferral, hand_out(*known)};
    if (above == 0) return {MatchKind::kExact, hand_out(*known)};
    if (known->wildcard != 0) return {MatchKind::kWildcard, hand_out(table().names[known->wildcard - 1])};
    return {MatchKind::kMissing, hand_out(*known)};
  }
  return {};
}

const Node* NameTree::node_of(size_t zone, const Name& name) {
  const auto& plain = *zones_[zone];
  if (const auto at = plain.contents.find(name); at != plain.contents.end()) {
    touched_ = true;
    return &at->second;
  }
  const auto packed = plain.packed == nullptr ? std::nullopt : plain.packed->find(name);
  return packed ? &nodes_.emplace_back(plain.packed->node(*packed)) : nullptr;
}

const RecordSet& NameTree::soa_of(size_t zone) {
  touched_ = true;
  const auto& plain = *zones_[zone];
  return plain.contents.at(plain.apex).at(dnswire::kTypeSoa);
}

void NameTree::forget() {
  entries_.clear();
  names_.clear();
  nodes_.clear();
  touched_ = false;
}

}  // namespace evershore::dns
