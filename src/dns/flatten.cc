#include "dns/flatten.h"

#include <algorithm>

#include "base/assert.h"
#include "dns/compile.h"
#include "wire/dns/rdata.h"

namespace evershore::dns {

namespace {

using dnswire::kTypeA;
using dnswire::kTypeAaaa;
using dnswire::kTypeCname;
using MatchKind = NameTree::Match::Kind;

bool is_nothing(const RecordSet& set) { return set.rdata.empty() && set.choice == nullptr; }

void merge(RecordSet& into, const RecordSet& from) {
  if (from.rdata.empty()) return;
  into.ttl = into.rdata.empty() ? from.ttl : std::min(into.ttl, from.ttl);
  for (const auto& rdata : from.rdata) {
    if (std::ranges::find(into.rdata, rdata) == into.rdata.end()) into.rdata.push_back(rdata);
  }
}

RecordSet capped(RecordSet set, uint32_t ttl) {
  set.ttl = std::min(set.ttl, ttl);
  if (set.choice == nullptr) return set;
  auto choice = *set.choice;
  for (auto& option : choice.options) option.set = capped(std::move(option.set), ttl);
  set.choice = std::make_shared<const Choice>(std::move(choice));
  return set;
}

class Flattener {
 public:
  Flattener(NameTree& tree, const std::vector<PendingAlias>& aliases, const OutsideAddresses& outside)
      : tree_(tree), aliases_(aliases), outside_(outside), states_(aliases_.size(), State::kWaiting) {
    for (size_t i = 0; i < aliases_.size(); ++i) by_owner_.emplace(aliases_[i].record->owner, i);
  }

  void place_all() {
    for (size_t i = 0; i < aliases_.size(); ++i) {
      tree_.forget();
      place(i);
    }
  }

 private:
  enum class State : uint8_t { kWaiting, kUnderWay, kPlaced };

  void place(size_t index) {
    if (states_[index] != State::kWaiting) return;
    states_[index] = State::kUnderWay;
    const auto& [zone, record, node, tree] = aliases_[index];
    std::vector<std::pair<uint16_t, RecordSet>> made;
    for (const uint16_t family : {kTypeA, kTypeAaaa}) {
      made.emplace_back(family, set_of(tree, family, [&](const auto& answers) { return addresses(answers, family, record->ttl); }));
    }
    for (auto& [family, set] : made) {
      if (!is_nothing(set) && !set.rdata.empty()) (*node)[family] = std::move(set);
    }
    states_[index] = State::kPlaced;
  }

  RecordSet addresses(const std::vector<const DecidedAnswer*>& answers, uint16_t family, uint32_t ttl) {
    std::vector<RecordSet> sets;
    for (const auto* answer : answers) {
      if (const auto literal = dnswire::rdata_from_text(family, answer->rdata)) {
        sets.push_back({.ttl = ttl, .rdata = {*literal}});
      } else if (const auto name = Name::parse(answer->rdata)) {
        outcomes_left_ = kOutcomesMax;
        sets.push_back(behind(*name, family, ttl, 0));
      }
    }
    if (sets.size() == 1) return std::move(sets.front());
    RecordSet all{.ttl = ttl};
    for (const auto& set : sets) merge(all, set);
    return all;
  }

  // The addresses that a name has, at the end of its CNAMEs in our own zones.
  RecordSet behind(const Name& name, uint16_t family, uint32_t ttl, size_t links) {
    const auto match = tree_.match(name);
    if (match.kind == MatchKind::kOutside) {
      const auto known = outside_.find({name, family});
      return known == outside_.end() ? RecordSet{} : capped(known->second, ttl);
    }
    const bool here = match.kind == MatchKind::kExact || match.kind == MatchKind::kWildcard;
    if (!here || match.entry->node == nullptr || links > kChainMax) return {};
    if (const auto alias = by_owner_.find(*match.entry->name); alias != by_owner_.end()) {
      const size_t left = outcomes_left_;
      place(alias->second);
      outcomes_left_ = left;
    }
    const Node& node = *match.entry->node;
    if (const auto cname = node.find(kTypeCname); cname != node.end()) {
      return each_outcome(cname->second, family, [&](const RecordSet& set) -> RecordSet {
        if (set.rdata.empty()) return {};
        return behind(*dnswire::rdata_target(kTypeCname, set.rdata.front()), family, std::min(ttl, set.ttl), links + 1);
      });
    }
    const auto set = node.find(family);
    return set == node.end() ? RecordSet{} : capped(set->second, ttl);
  }

  template <class Make>
  RecordSet each_outcome(const RecordSet& set, uint16_t family, const Make& make) {
    if (set.choice == nullptr || set.choice->options.size() > outcomes_left_) {
      outcomes_left_ -= std::min<size_t>(outcomes_left_, 1);
      return make(set);
    }
    Choice choice{.kind = set.choice->kind, .options = {}, .by_place = set.choice->by_place};
    for (const auto& option : set.choice->options) choice.options.push_back({each_outcome(option.set, family, make), option.weight});
    return with_plain_view(family, std::move(choice));
  }

  NameTree& tree_;  // sees what is placed: it looks at the nodes
  const std::vector<PendingAlias>& aliases_;
  const OutsideAddresses& outside_;
  std::vector<State> states_;
  std::map<Name, size_t> by_owner_;
  size_t outcomes_left_ = 0;
};

}  // namespace

RecordSet with_plain_view(uint16_t type, Choice choice) {
  EVERSHORE_ASSERT(!choice.options.empty());
  RecordSet set;
  const auto has_data = [](const Choice::Option& option) { return !option.set.rdata.empty(); };
  const auto first = std::ranges::find_if(choice.options, has_data);
  if (first == choice.options.end()) return set;
  if (choice.kind == Choice::Kind::kDrawn && type == kTypeCname) {
    merge(set, std::ranges::max_element(choice.options, {}, &Choice::Option::weight)->set);
  } else if (choice.kind == Choice::Kind::kDrawn) {
    for (const auto& option : choice.options) merge(set, option.set);
  } else if (!choice.by_place.empty()) {
    merge(set, choice.options[choice.by_place.front()].set);
  }
  if (set.rdata.empty()) merge(set, first->set);
  set.choice = std::make_shared<const Choice>(std::move(choice));
  return set;
}

RecordSet set_of(const ChoiceTree& tree, uint16_t type, const std::function<RecordSet(const std::vector<const DecidedAnswer*>&)>& end) {
  if (!tree.kind) return end(tree.answers);
  Choice choice{.kind = *tree.kind, .options = {}, .by_place = tree.by_place};
  for (size_t i = 0; i < tree.options.size(); ++i) choice.options.push_back({set_of(tree.options[i], type, end), tree.weights[i]});
  return with_plain_view(type, std::move(choice));
}

void place_aliases(NameTree& tree, const std::vector<PendingAlias>& aliases, const OutsideAddresses& outside) {
  Flattener(tree, aliases, outside).place_all();
}

}  // namespace evershore::dns
