#include "health_sim.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <random>
#include <set>

#include "health/calculated.h"
#include "health/check_state.h"
#include "routing/decide.h"

namespace evershore::sim {

namespace {

using health::Change;
using health::CheckStep;
using health::Source;

constexpr size_t kSteps = 400;
constexpr size_t kViolationsMax = 20;
constexpr Mono kStart{std::chrono::hours(1)};

// One region, the truth about it, and what a reader of the rules alone would expect of its check.
struct SimRegion {
  std::string name;
  health::CheckRules rules;
  health::CheckState state;
  Mono next_probe = kStart;
  bool alive = true;
  Mono truth_since = kStart;
  // Counted by the rules' words, apart from the code under test.
  uint32_t bad_probes = 0;
  uint32_t good_probes = 0;
  uint32_t signs_of_traffic = 0;
  bool sign_since_probe = false;
};

class HealthWorld {
 public:
  explicit HealthWorld(uint64_t seed) : seed_(seed), random_(seed) {
    const size_t count = 1 + pick(4);
    for (size_t i = 0; i < count; ++i) {
      SimRegion region{.name = fmt::format("r{}", i)};
      region.rules = {.interval = Millis(100 + 100 * pick(20)), .failure_threshold = static_cast<uint32_t>(1 + pick(4))};
      region.next_probe += Millis(pick(100));
      regions_.push_back(std::move(region));
      site_.regions.push_back(regions_.back().name);
    }
    site_.name = "site";
    noise_percent_ = pick(3) == 0 ? pick(30) : 0;
    late_percent_ = pick(3) == 0 ? pick(20) : 0;
  }

  HealthSeedReport run() {
    for (size_t i = 0; i < kSteps && report_.violations.size() < kViolationsMax; ++i) {
      now_ = std::ranges::min_element(regions_, {}, &SimRegion::next_probe)->next_probe;
      happen();
      for (SimRegion& region : regions_) {
        if (region.next_probe <= now_) probe(region);
      }
      check_decisions();
    }
    return std::move(report_);
  }

 private:
  uint64_t pick(uint64_t below) { return random_() % below; }
  bool chance(uint64_t percent) { return pick(100) < percent; }

  void violation(std::string text) {
    report_.violations.push_back(fmt::format("seed {} at {}: {}", seed_, (now_ - kStart) / 1ms, std::move(text)));
  }

  // Regions die and come back, people drain and pin, traffic fails.
  void happen() {
    for (SimRegion& region : regions_) {
      if (chance(region.alive ? 3 : 8)) {
        region.alive = !region.alive;
        region.truth_since = now_;
      }
      if (!region.alive && chance(30)) traffic_burst(region);
    }
    const std::string& some = regions_[pick(regions_.size())].name;
    if (chance(2)) steering_.drains[some] = {"by seed", std::nullopt};
    if (chance(5)) steering_.drains.erase(some);
    if (chance(2)) steering_.pins["site"] = some;
    if (chance(2)) steering_.pins.clear();
    if (chance(2)) steering_.not_ready[{"site", some}] = {"by seed"};
    if (chance(5)) steering_.not_ready.erase({"site", some});
  }

  void traffic_burst(SimRegion& region) {
    const Health before = region.state.health;
    const uint64_t requests = 1 + pick(50);
    for (uint64_t i = 0; i < requests; ++i) take(region, Source::kPassive, {.ok = false, .why = "request failed"});
    if (region.state.health != before) violation(fmt::format("{}: failed requests alone changed it", region.name));
    if (before != Health::kDown && !region.sign_since_probe) {
      region.sign_since_probe = true;
      ++region.signs_of_traffic;
      region.good_probes = 0;
    }
  }

  void probe(SimRegion& region) {
    ++report_.probes;
    const bool ok = region.alive && !chance(noise_percent_);
    const ProbeResult result{.ok = ok, .self_late = !ok && chance(late_percent_), .why = ok ? "200" : "timeout"};
    const Health before = region.state.health;
    const uint32_t needed = health::successes_needed(region.rules, region.state);
    const CheckStep step = take(region, Source::kActive, result);
    if (step.next_probe_in < std::min<Duration>(region.rules.interval, health::kConfirmIntervalMax) ||
        step.next_probe_in > region.rules.interval) {
      violation(fmt::format("{}: the next probe is at no sensible time", region.name));
    }
    region.next_probe = now_ + *step.next_probe_in;
    if (result.self_late) {
      ++report_.late;
      if (region.state.health != before && region.state.late_in_row < health::kLateInRowMax) violation("a late failure was counted");
      return;
    }
    count(region, ok);
    check_verdict(region, before, needed);
  }

  static void count(SimRegion& region, bool ok) {
    region.sign_since_probe = false;
    if (ok) {
      region.bad_probes = 0;
      region.signs_of_traffic = 0;
      ++region.good_probes;
    } else {
      region.good_probes = 0;
      ++region.bad_probes;
    }
  }

  void check_verdict(const SimRegion& region, Health before, uint32_t needed) {
    const Health after = region.state.health;
    const uint32_t threshold = region.rules.failure_threshold;
    if (before != Health::kDown && after == Health::kDown) {
      ++report_.falls;
      // Between two probes at most one sign of traffic counts.
      if (region.bad_probes + std::min(region.signs_of_traffic, region.bad_probes) < threshold) {
        violation(fmt::format("{}: down after {} bad probes and {} signs of traffic, threshold {}", region.name, region.bad_probes,
                              region.signs_of_traffic, threshold));
      }
    }
    if (after != Health::kDown && region.bad_probes >= threshold)
      violation(fmt::format("{}: not down after {} bad probes", region.name, region.bad_probes));
    if (before == Health::kDown && after == Health::kUp) {
      ++report_.recoveries;
      if (needed > threshold) ++report_.damped;
      if (region.good_probes < threshold) violation(fmt::format("{}: up after only {} good probes", region.name, region.good_probes));
    }
    if (after != Health::kUp && region.good_probes >= threshold * health::kRecoveryFactorMax) {
      violation(fmt::format("{}: not up after {} good probes", region.name, region.good_probes));
    }
  }

  CheckStep take(SimRegion& region, Source source, const ProbeResult& result) {
    const Health before = region.state.health;
    CheckStep step = health::step(region.rules, region.state, source, result, now_);
    if ((step.change == Change::kChanged) != (step.next.health != before))
      violation(region.name + ": a change that is not told, or none that is");
    if (step.change == Change::kChanged && step.why.empty()) violation(region.name + ": a change without a reason");
    region.state = step.next;
    if (source == Source::kPassive && step.next_probe_in) region.next_probe = std::min(region.next_probe, now_ + *step.next_probe_in);
    return step;
  }

  void check_decisions() {
    HealthSnapshot snapshot;
    for (const SimRegion& region : regions_)
      snapshot.checks.push_back({.name = region_check_name(region.name), .health = region.state.health});
    check_order(snapshot);
    check_failover(snapshot);
    check_calculated(snapshot);
  }

  void check_order(const HealthSnapshot& snapshot) {
    const auto order = routing::region_order(site_, snapshot, steering_);
    std::set<std::string> seen;
    for (const auto& choice : order) seen.insert(choice.region);
    if (order.size() != regions_.size() || seen.size() != regions_.size()) violation("the order lacks a region or has one twice");
    if (!order.front().usable) violation("no region to use");
    if (order.front().why == routing::Why::kFailOpen) ++report_.fail_opens;
    const auto not_down = [&](const SimRegion& region) { return region.state.health != Health::kDown; };
    if (snapshot.health_of(region_check_name(order.front().region)) == Health::kDown && std::ranges::any_of(regions_, not_down)) {
      violation(fmt::format("{} is down and chosen while another one is not", order.front().region));
    }
  }

  void check_failover(const HealthSnapshot& snapshot) {
    std::vector<routing::Candidate> tiers;
    for (const SimRegion& region : regions_) {
      tiers.push_back(routing::candidate_of(region_check_name(region.name), snapshot, steering_));
    }
    const size_t index = routing::decide_failover(tiers).index;
    const auto down = [](const routing::Candidate& tier) { return tier.health == Health::kDown; };
    if (down(tiers[index]) && !std::ranges::all_of(tiers, down)) violation("a down answer is given while another is up");
    const bool unknown_counts = std::ranges::none_of(
        std::span(tiers).first(index), [](const routing::Candidate& tier) { return tier.health == Health::kUnknown && !tier.drained; });
    if (!unknown_counts) violation("an unknown tier counted as down");
    if (routing::decide_group(tiers).members.empty()) violation("an empty answer");
  }

  void check_calculated(const HealthSnapshot& snapshot) {
    const auto needed = static_cast<uint32_t>(pick(regions_.size() + 2));
    const auto verdict = health::calculate(snapshot.checks, needed).health;
    const auto with = [&](Health health) {
      return static_cast<uint32_t>(std::ranges::count(snapshot.checks, health, &CheckStatus::health));
    };
    const uint32_t not_down = with(Health::kUp) + with(Health::kUnknown);
    if ((verdict == Health::kDown) != (not_down < needed)) violation("a calculated check contradicts its children");
    if (verdict == Health::kUp && with(Health::kUp) < needed) violation("a calculated check is up on hearsay");
  }

  uint64_t seed_;
  std::mt19937_64 random_;
  uint64_t noise_percent_ = 0;
  uint64_t late_percent_ = 0;
  Mono now_ = kStart;
  std::vector<SimRegion> regions_;
  SiteSettings site_;
  Steering steering_;
  HealthSeedReport report_;
};

}  // namespace

HealthSeedReport run_health_world(uint64_t seed) { return HealthWorld(seed).run(); }

int run_health_seed(uint64_t seed) {
  const HealthSeedReport report = run_health_world(seed);
  for (const std::string& violation : report.violations) fmt::print(stderr, "{}\n", violation);
  return report.violations.empty() ? 0 : 1;
}

}  // namespace evershore::sim
