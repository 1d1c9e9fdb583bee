#include "routing/nearest.h"

#include <algorithm>

namespace evershore::routing {

namespace {

Duration time_of(const Distance& region) { return region.average.value_or(Duration::max()); }

const Distance* shortest(std::span<const Distance> regions) {
  const Distance* best = nullptr;
  for (const Distance& region : regions) {
    if (!region.up || !region.average) continue;
    if (best == nullptr || *region.average < *best->average) best = &region;
  }
  return best;
}

bool clearly_better(const NearestRules& rules, const Distance& best, const Distance& current) {
  if (!current.average) return true;
  const Duration gain = *current.average - *best.average;
  return gain >= rules.better_min && gain * 100 >= *current.average * rules.better_percent;
}

}  // namespace

NearestStep nearest_step(const NearestRules& rules, NearestState at, std::span<const Distance> regions, Mono now) {
  const Distance* best = shortest(regions);
  if (best == nullptr) return {std::move(at), NearestChange::kNone};
  const auto current = std::ranges::find(regions, at.current, &Distance::region);
  if (current == regions.end() || !current->up) return {{.current = best->region, .candidate = "", .since = now}, NearestChange::kMoved};
  if (best->region == at.current || !clearly_better(rules, *best, *current)) {
    at.candidate.clear();
    return {std::move(at), NearestChange::kNone};
  }
  if (at.candidate != best->region) {
    at.candidate = best->region;
    at.since = now;
  }
  if (now - at.since < rules.hold) return {std::move(at), NearestChange::kPending};
  return {{.current = best->region, .candidate = "", .since = now}, NearestChange::kMoved};
}

std::vector<std::string> by_distance(const NearestState& at, std::span<const Distance> regions) {
  std::vector<Distance> sorted(regions.begin(), regions.end());
  const auto before = [&](const Distance& a, const Distance& b) {
    const bool a_is = a.region == at.current, b_is = b.region == at.current;
    return a_is != b_is ? a_is : time_of(a) < time_of(b);
  };
  for (auto next = sorted.begin(); next != sorted.end(); ++next)  // by insertion: stable, and there are few
    std::rotate(std::upper_bound(sorted.begin(), next, *next, before), next, next + 1);
  std::vector<std::string> names;
  for (auto& region : sorted) names.push_back(std::move(region.region));
  return names;
}

}  // namespace evershore::routing
