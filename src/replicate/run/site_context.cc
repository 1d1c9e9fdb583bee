#include "replicate/run/site_context.h"

#include <algorithm>

namespace evershore::replicate {

std::string OwnWrites::name(RegionSlot slot, const ObjectKey& key) { return static_cast<char>('a' + slot) + key; }

void OwnWrites::add(RegionSlot slot, const ObjectKey& key, const std::string& etag) {
  if (younger_.size() >= kEntriesMax / 2) {
    older_ = std::move(younger_);
    younger_.clear();
  }
  younger_[name(slot, key)] = etag;
}

bool OwnWrites::take(RegionSlot slot, const ObjectKey& key, const std::string& etag) {
  const auto wanted = name(slot, key);
  for (auto* half : {&younger_, &older_}) {
    const auto at = half->find(wanted);
    if (at == half->end()) continue;
    const bool same = at->second == etag;
    half->erase(at);
    return same;
  }
  return false;
}

Region* SiteContext::find(RegionSlot slot) const {
  for (const auto& region : regions) {
    if (region->slot == slot) return region.get();
  }
  return nullptr;
}

Region* SiteContext::find(const std::string& name) const {
  for (const auto& region : regions) {
    if (region->name == name) return region.get();
  }
  return nullptr;
}

RegionSet SiteContext::members() const {
  RegionSet set;
  for (const auto& region : regions) {
    if (region->slot != kNoRegionSlot) set.add(region->slot);
  }
  return set;
}

RegionSet SiteContext::usable() const {
  RegionSet set;
  for (const auto& region : regions) {
    if (region->usable()) set.add(region->slot);
  }
  return set;
}

RegionSet SiteContext::read_only() const {
  RegionSet set;
  if (rules.planted_bug == PlantedBug::kWriteReadOnly) return set;
  for (const auto& region : regions) {
    if (region->read_only) set.add(region->slot);
  }
  return set;
}

ReconcileRules SiteContext::look_rules() const { return {.deletes = rules.deletes, .read_only = read_only(), .filter = rules.filter}; }

size_t SiteContext::index_of(const Region& region) const {
  const auto at = std::ranges::find_if(regions, [&region](const auto& other) { return other.get() == &region; });
  return static_cast<size_t>(at - regions.begin());
}

Task<void> wait_for_budget(SiteContext& context, TokenBucket& budget, double tokens) {
  constexpr Duration kLookAgain = std::chrono::milliseconds(200);
  Mono until = context.scheduler.now() + budget.take(tokens, context.scheduler.now());
  while (context.scheduler.now() < until && !context.stopping) {
    co_await sleep_until(context.scheduler, std::min(until, context.scheduler.now() + kLookAgain));
  }
}

Duration SiteContext::backoff(uint32_t attempts) {
  const auto doublings = std::min<uint32_t>(attempts, 24);
  const auto span = std::min(rules.retry_most, rules.retry_first * (int64_t{1} << doublings));
  return Duration(static_cast<int64_t>(random() % static_cast<uint64_t>(span.count() + 1)));
}

void SiteContext::note_error(Region& region, const Error& error) const {
  region.counters.errors.add();
  if (error.fault == Fault::kBusy) region.counters.busy.add();
  region.last_error = error.text;
}

}  // namespace evershore::replicate
