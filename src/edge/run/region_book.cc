#include "edge/run/region_book.h"

#include <algorithm>

#include "base/text.h"

namespace evershore::edge {

namespace {
constexpr Duration kSuccessReportEvery = std::chrono::milliseconds(100);
}

RegionRecord& RegionBook::record(std::string_view region) {
  const auto at = records_.find(region);
  if (at != records_.end()) return *at->second;
  auto fresh = std::make_unique<RegionRecord>();
  fresh->name = region;
  fresh->crowd.limit = crowd_rules.start;
  fresh->counters.first_byte_limit.set(static_cast<uint64_t>(crowd_rules.start));
  std::scoped_lock lock(mutex_);
  return *records_.emplace(std::string(region), std::move(fresh)).first->second;
}

void RegionBook::apply(RegionRecord& region, Evidence evidence, Mono begun) {
  const auto made = step(rules_, region.breaker, evidence, begun, clock_.now());
  region.breaker = made.next;
  if (made.change == BreakerChange::kNone || made.change == BreakerChange::kPending) return;
  region.counters.breaker_open.set(region.breaker.phase == Phase::kClosed ? 0 : 1);
  if (made.change == BreakerChange::kOpened) {
    region.counters.breaker_opened.add();
    log_.warn("region {}: requests go elsewhere: {}; last failure: {}", region.name, region.breaker.why,
              region.last_failure.empty() ? "none, it is silent" : region.last_failure);
    if (on_opened) on_opened(region);
  }
  // How much it bears has to be felt for anew; what it bore while it was dying says little.
  if (made.change == BreakerChange::kClosed) region.crowd.limit = std::max(region.crowd.limit, crowd_rules.start);
  if (made.change == BreakerChange::kClosed) log_.info("region {}: requests go to it again: {}", region.name, region.breaker.why);
}

void RegionBook::answered(RegionRecord& region, Mono begun) {
  const Mono now = clock_.now();
  // What waited through an outage says nothing about the region's usual time.
  if (region.breaker.phase == Phase::kClosed && begun >= region.breaker.since) region.first_byte.add(now - begun);
  apply(region, Evidence::kAnswered, begun);
  if (region.success_reported != Mono::min() && now - region.success_reported < kSuccessReportEvery) return;
  region.success_reported = now;
  sink_.report(region.name, {.ok = true, .took = now - begun, .why = "answered a request"});
}

void RegionBook::report_failure(RegionRecord& region, Mono begun, std::string_view why) {
  sink_.report(region.name, {.ok = false, .took = clock_.now() - begun, .why = std::string(why)});
}

void RegionBook::failed(RegionRecord& region, Mono begun, std::string_view why) {
  region.counters.failures.add();
  region.last_failure = why;
  report_failure(region, begun, why);
  apply(region, Evidence::kFailed, begun);
}

void RegionBook::silent(RegionRecord& region, Mono begun) {
  const auto before = region.breaker.phase;
  apply(region, Evidence::kSilent, begun);
  // One late answer proves nothing; a breaker opened by silence does.
  if (before == Phase::kClosed && region.breaker.phase != Phase::kClosed) report_failure(region, begun, region.breaker.why);
}

void RegionBook::alive(RegionRecord& region, size_t bytes) {
  region.counters.bytes.add(bytes);
  if (region.breaker.silent_in_row > 0) apply(region, Evidence::kAlive, clock_.now());
}

bool RegionBook::begin_wait(RegionRecord& region) {
  if (is_full(region.crowd)) return false;
  region.crowd = crowd_begin(region.crowd);
  region.counters.waiting_first_byte.set(region.crowd.in_flight);
  return true;
}

void RegionBook::end_wait(RegionRecord& region, CrowdEnd end) {
  region.crowd = crowd_end(crowd_rules, region.crowd, end, clock_.now());
  region.counters.waiting_first_byte.set(region.crowd.in_flight);
  region.counters.first_byte_limit.set(static_cast<uint64_t>(region.crowd.limit));
}

void RegionBook::probe_sent(RegionRecord& region) { apply(region, Evidence::kProbeSent, clock_.now()); }

namespace {
int rank_of(bool works, bool usable, bool full) {
  if (works && usable) return full ? 1 : 0;
  return works ? 2 : usable ? 3 : 4;
}
}  // namespace

std::vector<Candidate> RegionBook::candidates(std::span<const routing::RegionChoice> order, Duration first_byte_budget) {
  constexpr int kRanks = 5;
  std::vector<Candidate> candidates;
  candidates.reserve(order.size());
  for (int rank = 0; rank < kRanks; ++rank) {
    for (const auto& choice : order) {
      auto& region = record(choice.region);
      const bool works = region.breaker.phase == Phase::kClosed && choice.standing != routing::Standing::kDown;
      const bool full = is_full(region.crowd);
      if (rank_of(works, choice.usable, full) != rank) continue;
      candidates.push_back({.region = &region,
                            .prospect = {.sound = works && !full, .hedge_after = hedge_after(region.first_byte.p95(), first_byte_budget)},
                            .works = works});
    }
  }
  return candidates;
}

std::vector<std::string> RegionBook::explain() const {
  std::vector<std::string> lines;
  const Mono now = clock_.now();
  for (const auto& [name, region] : records_) {
    const auto& breaker = region->breaker;
    const auto p95 = region->first_byte.p95();
    std::string line = fmt::format("{}: {} ({})", name, phase_name(breaker.phase), breaker.why);
    if (breaker.phase != Phase::kClosed) line += fmt::format(", for {}", format_duration(now - breaker.since));
    if (breaker.phase == Phase::kOpen)
      line += fmt::format(", next probe in {}", format_duration(std::max(Duration(0), breaker.probe_at - now)));
    if (p95) line += fmt::format(", first byte within {} for 95 %", format_duration(*p95));
    line += fmt::format(", {} of {} requests wait for it", region->crowd.in_flight, static_cast<uint64_t>(region->crowd.limit));
    if (!region->last_failure.empty()) line += ", last failure: " + region->last_failure;
    lines.push_back(std::move(line));
  }
  return lines;
}

void RegionBook::each_counters(const std::function<void(std::string_view, const RegionCounters&)>& visit) const {
  std::scoped_lock lock(mutex_);
  for (const auto& [name, region] : records_) visit(name, region->counters);
}

}  // namespace evershore::edge
