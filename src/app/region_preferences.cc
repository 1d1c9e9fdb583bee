#include "app/region_preferences.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "routing/choice.h"

namespace evershore::app {

namespace {

routing::RampRules rules_of(const RampSettings& settings) {
  routing::RampRules rules{.shares = {}, .step = settings.step};
  for (const auto& share : settings.shares)
    if (const auto permille = routing::parse_share(share)) rules.shares.push_back(*permille);
  return rules;
}

std::string percent(Permille share) {
  return share % 10 == 0 ? fmt::format("{}%", share / 10) : fmt::format("{}.{}%", share / 10, share % 10);
}

}  // namespace

RegionPreferences::RegionPreferences(Scheduler& scheduler, EventLog& events, LoadOf load)
    : scheduler_(scheduler), events_(events), load_(std::move(load)), published_(std::make_shared<const RegionPreference>()) {}

void RegionPreferences::configure(const std::map<std::string, SiteSettings>& sites) {
  sites_ = sites;
  const auto has = [&sites](const std::string& site, const std::string& region) {
    const auto at = sites.find(site);
    return at != sites.end() && std::ranges::find(at->second.regions, region) != at->second.regions.end();
  };
  std::erase_if(ramps_, [&](const auto& ramp) {
    return !has(ramp.first.first, ramp.first.second) || sites.at(ramp.first.first).failback.ramp.shares.empty();
  });
  std::erase_if(nearest_, [&](const auto& entry) { return !has(entry.first, entry.second.current); });
  for (auto& [key, ramp] : ramps_) {
    ramp.rules = rules_of(sites.at(key.first).failback.ramp);
    ramp.state.stage = std::min(ramp.state.stage, ramp.rules.shares.size() - 1);
  }
}

void RegionPreferences::probed(const std::string& region, Duration took) { nearness_[region].add(took); }

void RegionPreferences::came_back(const std::string& site, const std::string& region) {
  const auto at = sites_.find(site);
  if (at == sites_.end() || at->second.failback.ramp.shares.empty()) return;
  Ramp ramp{.rules = rules_of(at->second.failback.ramp), .state = {.stage = 0, .since = scheduler_.now()}, .seen = load_(region)};
  const Permille share = ramp.rules.shares.front();
  ramps_[{site, region}] = std::move(ramp);
  told_.shares[{site, region}] = share;
  published_.publish(told_);
  events_.add("steering", region, fmt::format("region {} gets {} of site {}'s keys at first", region, percent(share), site));
}

void RegionPreferences::went(const std::string& region) {
  std::erase_if(ramps_, [&region](const auto& ramp) { return ramp.first.second == region; });
}

void RegionPreferences::tick(const HealthSnapshot& health) {
  RegionPreference next;
  step_ramps(next);
  step_nearest(health, next);
  if (next == told_) return;
  told_ = std::move(next);
  published_.publish(told_);
}

void RegionPreferences::step_ramps(RegionPreference& next) {
  for (auto at = ramps_.begin(); at != ramps_.end();) {
    const auto& [site, region] = at->first;
    Ramp& ramp = at->second;
    const Load load = load_(region);
    const routing::RampInput input{.attempts = load.attempts - ramp.seen.attempts, .failures = load.failures - ramp.seen.failures};
    const auto made = routing::ramp_step(ramp.rules, ramp.state, input, scheduler_.now());
    ramp.seen = load;
    ramp.state = made.next;
    const auto share = percent(ramp.rules.shares[ramp.state.stage]);
    if (made.change == routing::RampChange::kDone) {
      events_.add("steering", region, fmt::format("region {} serves all its keys of site {} again", region, site));
      at = ramps_.erase(at);
      continue;
    }
    if (made.change == routing::RampChange::kMore)
      events_.add("steering", region, fmt::format("region {} gets {} of site {}'s keys now", region, share, site));
    if (made.change == routing::RampChange::kSetback)
      events_.add("steering", region,
                  fmt::format("region {} gets {} of site {}'s keys: {} of {} requests failed", region, share, site, input.failures,
                              input.attempts));
    next.shares[at->first] = ramp.rules.shares[ramp.state.stage];
    ++at;
  }
}

void RegionPreferences::step_nearest(const HealthSnapshot& health, RegionPreference& next) {
  for (const auto& [name, site] : sites_) {
    if (site.reads.choice != ChoiceMode::kNearest) continue;
    std::vector<routing::Distance> regions;
    for (const auto& region : site.regions)
      regions.push_back({region, distance(region), health.health_of(region_check_name(region)) != Health::kDown});
    const std::string before = nearest_[name].current;
    const auto made = routing::nearest_step({}, std::move(nearest_[name]), regions, scheduler_.now());
    nearest_[name] = made.next;
    if (made.change == routing::NearestChange::kMoved)
      events_.add(
          "steering", name,
          fmt::format("site {}: region {} is the nearest{}: {}", name, made.next.current, before.empty() ? "" : ", no longer " + before,
                      format_duration(distance(made.next.current).value_or(Duration{}))));
    if (!made.next.current.empty()) next.nearest[name] = routing::by_distance(made.next, regions);
  }
}

const RegionPreferences::Ramp* RegionPreferences::ramp(const std::string& site, const std::string& region) const {
  const auto at = ramps_.find({site, region});
  return at == ramps_.end() ? nullptr : &at->second;
}

std::optional<Duration> RegionPreferences::distance(const std::string& region) const {
  const auto at = nearness_.find(region);
  return at == nearness_.end() ? std::nullopt : at->second.average();
}

std::string RegionPreferences::nearest(const std::string& site) const {
  const auto at = nearest_.find(site);
  return at == nearest_.end() ? "" : at->second.current;
}

}  // namespace evershore::app
