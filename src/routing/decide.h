// Which of several targets to use, and why. Pure: health and people's wishes in, a choice out. DNS asks it per record,
// the edge per site. No choice is ever empty: where nothing is usable, the least bad is used (fail open).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/health.h"
#include "model/settings.h"
#include "model/steering.h"

namespace evershore::routing {

enum class Why : uint8_t {
  kPreferred,   // the first choice, and nothing speaks against it
  kNoCheck,     // the first choice, which has no check and so always counts as healthy
  kPinned,      // people put it first
  kFailedOver,  // what comes before it is not usable
  kStandby,     // usable, but something comes before it
  kFailOpen,    // nothing is usable: this is the least bad
  kLastKnown,   // nothing is usable: this was the last that was
  kFallback,    // nothing is usable: people named this for that case
  kNoAnswer,    // nothing is usable: people want no answer then
  kNotReady,    // not used: came back, but may not serve yet
  kDrained,     // not used: people took it out
  kDown,        // not used: its check is down
};
std::string_view why_name(Why why);  // "preferred" "no check" "pinned" "failed over" "standby" "fail open" ...

// How far a target can be used, best first. Unknown health is not down: it counts as healthy.
enum class Standing : uint8_t { kUsable, kNotReady, kDrained, kDown };
std::string_view standing_name(Standing standing);

// One target of a record.
struct Candidate {
  std::optional<Health> health;         // nullopt: no check attached
  bool drained = false;                 // taken out by people
  Standing behind = Standing::kUsable;  // of the best of what the target itself chooses from
};
Standing standing_of(const Candidate& candidate);

// The candidate for an answer with this `health_check` ("" = none). A check "region/NAME" of a drained region gives a drained candidate.
Candidate candidate_of(std::string_view health_check, const HealthSnapshot& health, const Steering& steering);

struct Decision {
  size_t index = 0;
  Why why = Why::kPreferred;
  bool operator==(const Decision&) const = default;
};

// Failover records (reference: Route 53, "active-passive failover"), here of any number of tiers, at least one: the first that is
// usable; if none is, the first of those of the best standing. Rows of the test:
//   primary        secondary      answer
//   healthy        any            primary    kPreferred
//   no check       any            primary    kNoCheck
//   down           healthy        secondary  kFailedOver
//   down           no check       secondary  kFailedOver
//   down           down           primary    kFailOpen
//   drained        healthy        secondary  kFailedOver
//   drained        down           primary    kFailOpen     drained still works, down does not
//   down           drained        secondary  kFailOpen
Decision decide_failover(std::span<const Candidate> tiers);

// Groups that answer with all usable members (multivalue, a site's edges): indexes of the usable ones in the given
// order; all those of the best standing if none is usable (why = kFailOpen). Empty only for no candidates.
struct GroupDecision {
  std::vector<size_t> members;
  Why why = Why::kPreferred;
};
GroupDecision decide_group(std::span<const Candidate> candidates);

// Weighted records (reference: Route 53, "weighted"). `weights` are those of the candidates, in their order. Rows of the test:
//   members                                 answer
//   some usable ones have a weight          those, each with its share
//   only usable ones without weight         those, equal shares   kFailedOver if others have a weight
//   none usable                             as if all of the best standing were   kFailOpen
// Members of a decision that all have weight 0 have equal shares.
GroupDecision decide_weighted(std::span<const Candidate> candidates, std::span<const uint32_t> weights);

struct RegionChoice {
  std::string region;
  size_t index = 0;  // into the site's `regions`
  Standing standing = Standing::kUsable;
  bool usable = true;  // false: try it only when all before it have failed
  Why why = Why::kPreferred;
  bool operator==(const RegionChoice&) const = default;
};

// The order in which a site's regions are tried: the pinned one, then by preference; what is not usable goes behind what is, the
// least bad first. Every region is in it exactly once. If none is usable, all are marked usable again with kFailOpen, so that
// the list of usable regions is never empty; checks alone can so never take out a site's last region.
// A pin moves a region to the front of the preference; it does not make a down, drained or unready region usable.
// Drains whose time is over must have been removed from `steering` by its publisher.
std::vector<RegionChoice> region_order(const SiteSettings& site, const HealthSnapshot& health, const Steering& steering);

}  // namespace evershore::routing
