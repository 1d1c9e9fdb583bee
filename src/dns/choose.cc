#include "dns/choose.h"

#include <algorithm>
#include <set>

#include "wire/dns/rdata.h"

namespace evershore::dns {

namespace {

using dnswire::kTypeA;
using dnswire::kTypeAaaa;
using routing::Candidate;
using routing::Standing;
using routing::Why;

ChoiceTree end_of(std::vector<const DecidedAnswer*> answers) { return {.kind = std::nullopt, .answers = std::move(answers)}; }

bool usable(const Candidate& candidate) { return routing::standing_of(candidate) == Standing::kUsable; }

void gather(const ChoiceTree& tree, std::vector<const DecidedAnswer*>& used) {
  for (const auto* answer : tree.answers) {
    if (std::ranges::find(used, answer) == used.end()) used.push_back(answer);
  }
  for (const auto& option : tree.options) gather(option, used);
}

Chosen chosen_of(ChoiceTree tree, Why why) {
  Chosen chosen{.tree = std::move(tree), .used = {}, .why = why};
  gather(chosen.tree, chosen.used);
  return chosen;
}

ChoiceTree weighted(const DecidedRecord& record, const std::vector<size_t>& members) {
  const bool all_zero = std::ranges::all_of(members, [&](size_t member) { return record.answers[member].weight == 0; });
  if (members.size() == 1) return end_of({&record.answers[members.front()]});
  ChoiceTree tree{.kind = Choice::Kind::kDrawn};
  for (const size_t member : members) {
    tree.options.push_back(end_of({&record.answers[member]}));
    tree.weights.push_back(all_zero ? 1 : record.answers[member].weight);
  }
  return tree;
}

// Up to eight of them; of more, each client gets another eight (Route 53: different for each resolver).
ChoiceTree several(const DecidedRecord& record, const std::vector<size_t>& members) {
  const auto eight_from = [&](size_t first) {
    std::vector<const DecidedAnswer*> answers;
    for (size_t i = 0; i < std::min(members.size(), kMultivalueAnswersMax); ++i) {
      answers.push_back(&record.answers[members[(first + i) % members.size()]]);
    }
    return end_of(std::move(answers));
  };
  if (members.size() <= kMultivalueAnswersMax) return eight_from(0);
  ChoiceTree tree{.kind = Choice::Kind::kAsker};
  for (size_t i = 0; i < members.size(); ++i) {
    tree.options.push_back(eight_from(i));
    tree.weights.push_back(1);
  }
  return tree;
}

// Geo and latency: for clients of each place, the first usable of the answers that are for it.
class PlaceChooser {
 public:
  PlaceChooser(const DecidedRecord& record, const std::vector<Candidate>& candidates, const Places& places)
      : record_(record), candidates_(candidates), places_(places) {
    for (const auto& answer : record.answers) {
      areas_.insert(answer.areas.begin(), answer.areas.end());
      for (const auto& [area, _] : answer.latency) areas_.insert(area);
    }
  }

  Chosen choose() {
    auto tree = each_place(Choice::Kind::kNetwork, places_.networks.get(), [&](const Names& networks) {
      return each_place(Choice::Kind::kCountry, places_.countries.get(),
                        [&](const Names& countries) { return end_for(networks, countries); });
    });
    const bool any_usable = std::ranges::any_of(candidates_, usable);
    const bool all_usable = std::ranges::all_of(candidates_, usable);
    return chosen_of(std::move(tree), !any_usable ? Why::kFailOpen : all_usable ? Why::kPreferred : Why::kFailedOver);
  }

 private:
  using Names = std::vector<std::string>;

  // One option for each set of names that makes a difference to the record.
  template <class Make>
  ChoiceTree each_place(Choice::Kind kind, const PlaceTable* table, const Make& make) {
    ChoiceTree tree{.kind = kind};
    std::map<Names, uint16_t> options;
    const std::vector<Names> nowhere(1);
    for (const auto& names : table == nullptr ? nowhere : table->places()) {
      Names known;
      std::ranges::copy_if(names, std::back_inserter(known), [&](const std::string& name) { return areas_.contains(name); });
      const auto [at, fresh] = options.emplace(known, static_cast<uint16_t>(tree.options.size()));
      if (fresh) {
        tree.options.push_back(make(known));
        tree.weights.push_back(1);
      }
      tree.by_place.push_back(at->second);
    }
    if (tree.options.size() > 1) return tree;
    return ChoiceTree(std::move(tree.options.front()));
  }

  ChoiceTree end_for(const Names& networks, const Names& countries) const {
    const auto order = record_.policy == RecordPolicy::kGeo ? by_area(networks, countries) : by_latency(networks, countries);
    if (order.empty()) return end_of({});
    std::vector<Candidate> tiers;
    for (const size_t answer : order) tiers.push_back(candidates_[answer]);
    const auto decision = routing::decide_failover(tiers);
    if (decision.why == Why::kFailOpen && record_.when_all_down == WhenAllDown::kNone) return end_of({});
    if (decision.why == Why::kFailOpen && record_.fallback) return end_of({&*record_.fallback});
    return end_of({&record_.answers[order[decision.index]]});
  }

  // The smallest area wins; without an answer for others, they get none.
  std::vector<size_t> by_area(const Names& networks, const Names& countries) const {
    std::vector<size_t> order;
    for (const auto* names : {&networks, &countries}) {
      for (const auto& name : *names)
        add_where(order, [&](const DecidedAnswer& answer) { return std::ranges::find(answer.areas, name) != answer.areas.end(); });
    }
    add_where(order, [](const DecidedAnswer& answer) { return answer.for_others; });
    return order;
  }

  // The nearest first, as measured from the smallest area that was; from nowhere known, in the order of the settings.
  std::vector<size_t> by_latency(const Names& networks, const Names& countries) const {
    std::vector<size_t> order;
    add_where(order, [](const DecidedAnswer&) { return true; });
    for (const auto* names : {&networks, &countries}) {
      if (names->empty()) continue;
      std::ranges::sort(order, {}, [&](size_t answer) {
        const auto measured = record_.answers[answer].latency.find(names->front());
        return std::pair(measured == record_.answers[answer].latency.end() ? Duration::max() : measured->second, answer);
      });
      break;
    }
    return order;
  }

  template <class Test>
  void add_where(std::vector<size_t>& order, const Test& test) const {
    for (size_t i = 0; i < record_.answers.size(); ++i) {
      if (test(record_.answers[i]) && std::ranges::find(order, i) == order.end()) order.push_back(i);
    }
  }

  const DecidedRecord& record_;
  const std::vector<Candidate>& candidates_;
  const Places& places_;
  std::set<std::string, std::less<>> areas_;
};

}  // namespace

Chooser::Chooser(const std::vector<Zone>& zones, const HealthSnapshot& health, const Steering& steering, const SiteAnswers& sites,
                 const Places& places, const LastUsable& before)
    : health_(health), steering_(steering), sites_(sites), places_(places), before_(before) {
  // Most have no use for the index, and with many records it is not for nothing.
  const auto looks_behind = [](const DecidedRecord& record) {
    return std::ranges::any_of(record.answers, [](const DecidedAnswer& answer) { return answer.target_group.has_value(); });
  };
  if (std::ranges::none_of(zones, [&](const Zone& zone) { return std::ranges::any_of(zone.decided, looks_behind); })) return;
  for (const auto& zone : zones) {
    for (const auto& record : zone.decided) by_owner_[record.owner].push_back(&record);
  }
}

std::vector<Candidate> Chooser::candidates_of(const DecidedRecord& record) {
  std::vector<Candidate> out;
  for (const auto& answer : record.answers) {
    auto candidate = routing::candidate_of(answer.health_check, health_, steering_);
    if (answer.target_group) candidate.behind = standing_of_group(*answer.target_group);
    out.push_back(candidate);
  }
  return out;
}

std::vector<Standing> Chooser::standings(const DecidedRecord& record) {
  std::vector<Standing> out;
  for (const auto& candidate : candidates_of(record)) out.push_back(routing::standing_of(candidate));
  return out;
}

// That of the best member. A name without a policy is always usable, and so is one whose health is being asked for just now (a
// circle, which load_zones() refuses).
Standing Chooser::standing_of_group(const Name& name) {
  const auto records = by_owner_.find(name);
  if (records == by_owner_.end()) return Standing::kUsable;
  const auto [known, fresh] = groups_.emplace(name, Standing::kUsable);
  if (!fresh) return known->second;
  Standing best = Standing::kDown;
  for (const auto* record : records->second) {
    for (const auto& candidate : candidates_of(*record)) best = std::min(best, routing::standing_of(candidate));
    if (!record->site.empty()) best = std::min(best, choose_site(*record).why == Why::kPreferred ? Standing::kUsable : Standing::kDown);
  }
  groups_[name] = best;
  return best;
}

// Each family for itself: an IPv6 address that is up does not help those who ask for IPv4.
Chosen Chooser::choose_site(const DecidedRecord& record) {
  Chosen chosen;
  const auto site = sites_.find(record.site);
  if (site == sites_.end()) return chosen;
  for (const uint16_t family : {kTypeA, kTypeAaaa}) {
    if (record.type != kTypeAlias && record.type != family) continue;
    std::vector<const DecidedAnswer*> answers;
    std::vector<Candidate> candidates;
    for (const auto& [address, check] : site->second) {
      const auto rdata = dnswire::rdata_from_text(family, address);
      if (!rdata) continue;
      made_.push_back({.id = address, .health_check = check, .rdata = record.type == kTypeAlias ? address : *rdata});
      answers.push_back(&made_.back());
      candidates.push_back(routing::candidate_of(check, health_, steering_));
    }
    const auto decision = routing::decide_group(candidates);
    if (decision.why == Why::kFailOpen) chosen.why = record.when_all_down == WhenAllDown::kNone ? Why::kNoAnswer : decision.why;
    if (decision.why == Why::kFailOpen && record.when_all_down == WhenAllDown::kNone) continue;
    for (const size_t member : decision.members) chosen.tree.answers.push_back(answers[member]);
  }
  chosen.used = chosen.tree.answers;
  return chosen;
}

// Has nothing been heard of what decides whether the answer is usable?
bool Chooser::unheard_of(const DecidedAnswer& answer, size_t depth) const {
  constexpr size_t kDepthMax = 16;
  const auto* check = health_.find(answer.health_check);
  if (!answer.health_check.empty() && (check == nullptr || check->health == Health::kUnknown)) return true;
  const auto behind = answer.target_group && depth < kDepthMax ? by_owner_.find(*answer.target_group) : by_owner_.end();
  if (behind == by_owner_.end()) return false;
  return std::ranges::any_of(behind->second, [&](const DecidedRecord* record) {
    return std::ranges::any_of(record->answers, [&](const DecidedAnswer& member) { return unheard_of(member, depth + 1); });
  });
}

std::vector<bool> Chooser::usable_now(const DecidedRecord& record, const std::vector<Candidate>& candidates) const {
  const auto known = before_.find({record.owner, record.type});
  const bool before = known != before_.end() && known->second.size() == candidates.size();
  std::vector<bool> flags;
  for (size_t i = 0; i < candidates.size(); ++i) {
    flags.push_back(before && unheard_of(record.answers[i], 0) ? known->second[i] : usable(candidates[i]));
  }
  if (before && std::ranges::find(flags, true) == flags.end()) return known->second;
  return flags;
}

Chosen Chooser::choose(const DecidedRecord& record) {
  if (!record.site.empty()) return choose_site(record);
  auto candidates = candidates_of(record);
  const bool keeps_last = record.when_all_down == WhenAllDown::kLastKnown;
  const std::pair key(record.owner, record.type);
  if (std::ranges::any_of(candidates, usable)) {
    if (keeps_last) {
      usable_[key] = usable_now(record, candidates);
    }
    return choose_by_policy(record, candidates);
  }
  if (record.when_all_down == WhenAllDown::kNone) return chosen_of(end_of({}), Why::kNoAnswer);
  if (record.fallback) return chosen_of(end_of({&*record.fallback}), Why::kFallback);
  const auto last = keeps_last ? before_.find(key) : before_.end();
  if (last == before_.end() || last->second.size() != candidates.size()) return choose_by_policy(record, candidates);
  usable_[key] = last->second;
  for (size_t i = 0; i < candidates.size(); ++i) candidates[i] = last->second[i] ? Candidate{} : Candidate{.health = Health::kDown};
  auto chosen = choose_by_policy(record, candidates);
  chosen.why = Why::kLastKnown;
  return chosen;
}

Chosen Chooser::choose_by_policy(const DecidedRecord& record, const std::vector<Candidate>& candidates) {
  switch (record.policy) {
    case RecordPolicy::kFailover: {
      const auto decision = routing::decide_failover(candidates);
      return chosen_of(end_of({&record.answers[decision.index]}), decision.why);
    }
    case RecordPolicy::kWeighted: {
      std::vector<uint32_t> weights;
      for (const auto& answer : record.answers) weights.push_back(answer.weight);
      const auto decision = routing::decide_weighted(candidates, weights);
      return chosen_of(weighted(record, decision.members), decision.why);
    }
    case RecordPolicy::kMultivalue: {
      const auto decision = routing::decide_group(candidates);
      return chosen_of(several(record, decision.members), decision.why);
    }
    case RecordPolicy::kLatency:
    case RecordPolicy::kGeo: return PlaceChooser(record, candidates, places_).choose();
    case RecordPolicy::kSimple: break;
  }
  std::vector<const DecidedAnswer*> all;
  for (const auto& answer : record.answers) all.push_back(&answer);
  return chosen_of(end_of(std::move(all)), Why::kPreferred);
}

}  // namespace evershore::dns
