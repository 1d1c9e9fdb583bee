// What a record with a policy answers in one state of health: a tree of choices that who asks decides, with answers at its ends.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dns/zone.h"
#include "model/health.h"
#include "model/steering.h"
#include "routing/decide.h"

namespace evershore::dns {

// Where a site can be reached: its edges' addresses, each with the check that watches it ("" = none).
struct SiteAddress {
  std::string address;  // literal, v4 or v6
  std::string check;
  bool operator==(const SiteAddress&) const = default;
};
using SiteAnswers = std::map<std::string, std::vector<SiteAddress>>;  // by site

struct ChoiceTree {
  std::optional<Choice::Kind> kind;             // nullopt: an end
  std::vector<const DecidedAnswer*> answers{};  // of an end: all of them are answered; none: no data
  std::vector<ChoiceTree> options{};            // not empty unless an end
  std::vector<uint32_t> weights{};              // like options
  std::vector<uint16_t> by_place{};             // as in Choice
};

struct Chosen {
  ChoiceTree tree;
  std::vector<const DecidedAnswer*> used;  // at any end, each once
  routing::Why why = routing::Why::kPreferred;
};

// Which answers of a record were usable when last any was known to be; for WhenAllDown::kLastKnown. An answer whose check has not been
// heard of stays what it was: after a start, nothing is known for a while.
using LastUsable = std::map<std::pair<Name, uint16_t>, std::vector<bool>>;

// All arguments outlive it and what it returns.
class Chooser {
 public:
  Chooser(const std::vector<Zone>& zones, const HealthSnapshot& health, const Steering& steering, const SiteAnswers& sites,
          const Places& places, const LastUsable& before);

  // Of a record of `zones`. The chooser outlives what it returns.
  Chosen choose(const DecidedRecord& record);
  // How far each of its answers can be used, in their order.
  std::vector<routing::Standing> standings(const DecidedRecord& record);
  LastUsable take_usable() { return std::move(usable_); }
  // Answers that were made for sites, among what choose() returned: they stay where they are.
  std::deque<DecidedAnswer> take_made() { return std::move(made_); }

 private:
  std::vector<routing::Candidate> candidates_of(const DecidedRecord& record);
  std::vector<bool> usable_now(const DecidedRecord& record, const std::vector<routing::Candidate>& candidates) const;
  bool unheard_of(const DecidedAnswer& answer, size_t depth) const;
  routing::Standing standing_of_group(const Name& name);
  Chosen choose_site(const DecidedRecord& record);
  Chosen choose_by_policy(const DecidedRecord& record, const std::vector<routing::Candidate>& candidates);

  const HealthSnapshot& health_;
  const Steering& steering_;
  const SiteAnswers& sites_;
  const Places& places_;
  const LastUsable& before_;
  LastUsable usable_;
  std::map<Name, std::vector<const DecidedRecord*>> by_owner_;
  std::map<Name, routing::Standing> groups_;
  std::deque<DecidedAnswer> made_;  // of sites
};

}  // namespace evershore::dns
