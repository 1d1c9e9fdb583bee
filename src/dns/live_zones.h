// The zones of the settings as health makes them: decisions taken anew with each state, their answers put in place. The names stay the
// same from state to state, and so does where they stand. One thread's.
#pragma once

#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "dns/choose.h"
#include "dns/flatten.h"
#include "dns/name_tree.h"
#include "dns/plain_zone.h"

namespace evershore::dns {

class LiveZones {
 public:
  // `before`: of the state before, for WhenAllDown::kLastKnown.
  explicit LiveZones(std::vector<Zone> zones, LastUsable before = {});
  LiveZones(const LiveZones&) = delete;
  LiveZones& operator=(const LiveZones&) = delete;
  ~LiveZones();

  // A decided record becomes empty because of health only where its settings say so (WhenAllDown::kNone). A site without an address
  // of a record's family, and a place that no answer is for, leave the name there without data. `outside`: what the names outside the
  // zones have that ALIAS records lead to.
  void update(const HealthSnapshot& health, const Steering& steering, const SiteAnswers& sites, const Places& places,
              const OutsideAddresses& outside = {});
  // What was decided for each record, in the order of decisions(), and where it stands.
  size_t records() const { return decided_.size(); }
  const Name& owner(size_t record) const { return decided_[record].record->owner; }
  routing::Why why(size_t record) const { return decided_[record].why; }
  // Did the last update() decide anything for another reason than the one before? Not the first: there is none before.
  bool reasons_changed() const { return reasons_changed_; }
  // By zone: did the last update() change what it says? All of them after the first.
  const std::vector<bool>& changed() const { return changed_; }

  const std::vector<Zone>& settings() const { return settings_; }
  // Stay where they are; their serials are the caller's.
  const std::vector<PlainZone>& zones() const { return zones_; }
  void set_serial(size_t zone, uint32_t serial) { dns::set_serial(zones_[zone], serial); }
  const LastUsable& usable() const { return usable_; }

  // What each decided record answers now, and why: in the order of the settings, zone by zone. As of the last describe().
  const std::vector<RecordDecision>& decisions() const { return decisions_; }
  // Says in words what the last update() decided; with many records that takes longer than deciding. Returns what changed: the number
  // in decisions(), and what it was.
  std::vector<std::pair<size_t, RecordDecision>> describe();

 private:
  struct Decided {
    const DecidedRecord* record;
    size_t zone;
    Node* node;  // where its answers stand
    routing::Why why = routing::Why::kPreferred;
    std::vector<const DecidedAnswer*> used{};
    bool described = false;
  };
  bool put(Decided& decided, ChoiceTree tree);
  void put_aliases(std::vector<PendingAlias>& aliases, const OutsideAddresses& outside);

  std::vector<Zone> settings_;
  std::vector<PlainZone> zones_;
  std::vector<Decided> decided_;
  std::vector<bool> changed_;
  bool updated_ = false;
  bool reasons_changed_ = false;
  std::vector<RecordDecision> decisions_;
  LastUsable usable_;
  std::deque<DecidedAnswer> made_;  // of sites, in the last update()
  std::unique_ptr<NameTree> tree_;  // only for aliases
};

// One state alone.
struct PlainZones {
  std::vector<PlainZone> zones;
  std::vector<RecordDecision> decisions;
  LastUsable usable;
};
PlainZones plain_zones(const std::vector<Zone>& zones, const HealthSnapshot& health, const Steering& steering, const SiteAnswers& sites,
                       const Places& places = {}, const LastUsable& before = {}, const OutsideAddresses& outside = {});

}  // namespace evershore::dns
