#include "routing/decide.h"

#include <algorithm>

#include "base/assert.h"

namespace evershore::routing {

namespace {

constexpr std::string_view kRegionCheckPrefix = "region/";

Standing region_standing(const std::string& site, const std::string& region, const HealthSnapshot& health, const Steering& steering) {
  if (health.health_of(region_check_name(region)) == Health::kDown) return Standing::kDown;
  if (steering.drains.contains(region)) return Standing::kDrained;
  if (steering.not_ready.contains({site, region})) return Standing::kNotReady;
  return Standing::kUsable;
}

Why unusable_why(Standing standing) {
  switch (standing) {
    case Standing::kNotReady: return Why::kNotReady;
    case Standing::kDrained: return Why::kDrained;
    default: return Why::kDown;
  }
}

// The site's regions, the pinned one first. A pin on a region that the site no longer has is ignored.
std::vector<RegionChoice> by_preference(const SiteSettings& site, const Steering& steering) {
  std::vector<RegionChoice> order;
  for (size_t i = 0; i < site.regions.size(); ++i) order.push_back({.region = site.regions[i], .index = i});
  const auto pin = steering.pins.find(site.name);
  if (pin == steering.pins.end()) return order;
  const auto pinned = std::ranges::find(order, pin->second, &RegionChoice::region);
  if (pinned != order.end()) std::rotate(order.begin(), pinned, pinned + 1);
  return order;
}

Why usable_why(const SiteSettings& site, const Steering& steering, const RegionChoice& choice, bool leads, bool leader_was_preferred) {
  if (!leads) return Why::kStandby;
  const auto pin = steering.pins.find(site.name);
  if (pin != steering.pins.end() && pin->second == choice.region) return Why::kPinned;
  return leader_was_preferred ? Why::kPreferred : Why::kFailedOver;
}

}  // namespace

std::string_view why_name(Why why) {
  switch (why) {
    case Why::kPreferred: return "preferred";
    case Why::kNoCheck: return "no check";
    case Why::kPinned: return "pinned";
    case Why::kFailedOver: return "failed over";
    case Why::kStandby: return "standby";
    case Why::kFailOpen: return "fail open";
    case Why::kLastKnown: return "last known";
    case Why::kFallback: return "fallback";
    case Why::kNoAnswer: return "no answer";
    case Why::kNotReady: return "not ready";
    case Why::kDrained: return "drained";
    case Why::kDown: return "down";
  }
  return "unknown";
}

std::string_view standing_name(Standing standing) {
  switch (standing) {
    case Standing::kUsable: return "usable";
    case Standing::kNotReady: return "not ready";
    case Standing::kDrained: return "drained";
    case Standing::kDown: return "down";
  }
  return "unknown";
}

Standing standing_of(const Candidate& candidate) {
  if (candidate.health == Health::kDown) return Standing::kDown;
  return std::max(candidate.drained ? Standing::kDrained : Standing::kUsable, candidate.behind);
}

Candidate candidate_of(std::string_view health_check, const HealthSnapshot& health, const Steering& steering) {
  if (health_check.empty()) return {};
  Candidate candidate{.health = health.health_of(health_check)};
  if (health_check.starts_with(kRegionCheckPrefix)) {
    candidate.drained = steering.drains.contains(std::string(health_check.substr(kRegionCheckPrefix.size())));
  }
  return candidate;
}

Decision decide_failover(std::span<const Candidate> tiers) {
  EVERSHORE_ASSERT(!tiers.empty());
  const auto best = static_cast<size_t>(std::ranges::min_element(tiers, {}, standing_of) - tiers.begin());
  // Route 53: if all are unhealthy, the primary is answered.
  if (standing_of(tiers[best]) != Standing::kUsable) return {best, Why::kFailOpen};
  if (best > 0) return {best, Why::kFailedOver};
  return {best, tiers[0].health ? Why::kPreferred : Why::kNoCheck};
}

GroupDecision decide_group(std::span<const Candidate> candidates) {
  GroupDecision decision;
  if (candidates.empty()) return decision;
  Standing best = Standing::kDown;
  for (const Candidate& candidate : candidates) best = std::min(best, standing_of(candidate));
  for (size_t i = 0; i < candidates.size(); ++i) {
    if (standing_of(candidates[i]) == best) decision.members.push_back(i);
  }
  if (best != Standing::kUsable) decision.why = Why::kFailOpen;
  return decision;
}

GroupDecision decide_weighted(std::span<const Candidate> candidates, std::span<const uint32_t> weights) {
  EVERSHORE_ASSERT(candidates.size() == weights.size());
  GroupDecision decision = decide_group(candidates);
  const auto has_weight = [&](size_t member) { return weights[member] > 0; };
  if (std::ranges::any_of(decision.members, has_weight)) {
    std::erase_if(decision.members, [&](size_t member) { return !has_weight(member); });
  } else if (decision.why == Why::kPreferred && std::ranges::any_of(weights, [](uint32_t weight) { return weight > 0; })) {
    decision.why = Why::kFailedOver;
  }
  return decision;
}

std::vector<RegionChoice> region_order(const SiteSettings& site, const HealthSnapshot& health, const Steering& steering) {
  std::vector<RegionChoice> preferred = by_preference(site, steering);
  if (preferred.empty()) return preferred;
  for (RegionChoice& choice : preferred) choice.standing = region_standing(site.name, choice.region, health, steering);
  const bool leader_was_preferred = preferred.front().standing == Standing::kUsable;

  std::vector<RegionChoice> order;
  for (const Standing standing : {Standing::kUsable, Standing::kNotReady, Standing::kDrained, Standing::kDown}) {
    std::ranges::copy_if(preferred, std::back_inserter(order), [=](const RegionChoice& choice) { return choice.standing == standing; });
  }

  const bool fail_open = order.front().standing != Standing::kUsable;
  for (RegionChoice& choice : order) {
    choice.usable = fail_open || choice.standing == Standing::kUsable;
    if (fail_open) {
      choice.why = Why::kFailOpen;
    } else if (choice.usable) {
      choice.why = usable_why(site, steering, choice, &choice == &order.front(), leader_was_preferred);
    } else {
      choice.why = unusable_why(choice.standing);
    }
  }
  return order;
}

}  // namespace evershore::routing
