#include "app/steersman.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace evershore::app {

namespace {

using Json = nlohmann::json;

std::string drain_json(const Drain& drain) {
  Json json{{"reason", drain.reason}};
  if (drain.until) json["until"] = format_iso8601(*drain.until);
  return json.dump();
}

std::optional<Drain> drain_from(const std::string& text) {
  const auto json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  Drain drain{.reason = json.value("reason", ""), .until = std::nullopt};
  if (json.contains("until")) drain.until = parse_iso8601(json.value("until", ""));
  return drain;
}

}  // namespace

Steersman::Steersman(Scheduler& scheduler, EventLog& events, SaveBoardEntry save, std::function<void()> on_change)
    : scheduler_(scheduler),
      events_(events),
      save_(std::move(save)),
      on_change_(std::move(on_change)),
      published_(std::make_shared<const Steering>()) {}

void Steersman::publish() {
  ++steering_.epoch;
  published_.publish(steering_);
  on_change_();
}

void Steersman::restore(const std::vector<std::pair<std::string, std::string>>& entries, const Settings& settings) {
  for (const auto& [key, value] : entries) {
    if (key.starts_with("pin/")) steering_.pins[key.substr(4)] = value;
    const auto drain = key.starts_with("drain/") ? drain_from(value) : std::nullopt;
    if (drain) steering_.drains[key.substr(6)] = *drain;
  }
  for (const auto& [region, drain] : std::map(steering_.drains)) {
    if (drain.until) schedule_end(region);
  }
  retain(settings);
  publish();
}

void Steersman::schedule_end(const std::string& region) {
  const auto until = *steering_.drains.at(region).until;
  const auto left = std::max<Duration>(until - scheduler_.wall(), Duration{0});
  scheduler_.call_at(scheduler_.now() + left, [this, region, until] {
    const auto at = steering_.drains.find(region);
    if (at != steering_.drains.end() && at->second.until == until) undrain(region);
  });
}

void Steersman::drain(const std::string& region, std::string reason, std::optional<Duration> for_span) {
  Drain drain{.reason = std::move(reason), .until = std::nullopt};
  if (for_span) drain.until = scheduler_.wall() + std::chrono::floor<std::chrono::microseconds>(*for_span);
  save_("drain/" + region, drain_json(drain));
  const auto until = drain.until ? "until " + format_iso8601(*drain.until) : std::string("until undrained");
  events_.add("steering", region,
              fmt::format("region {} drained {}: {}", region, until, drain.reason.empty() ? "no reason given" : drain.reason));
  steering_.drains[region] = std::move(drain);
  if (for_span) schedule_end(region);
  publish();
}

void Steersman::undrain(const std::string& region) {
  if (steering_.drains.erase(region) == 0) return;
  save_("drain/" + region, std::nullopt);
  events_.add("steering", region, fmt::format("region {} is in service again (undrained)", region));
  publish();
}

void Steersman::pin(const std::string& site, std::optional<std::string> region) {
  save_("pin/" + site, region);
  if (region) {
    events_.add("steering", site, fmt::format("site {} pinned to region {}", site, *region));
    steering_.pins[site] = *region;
  } else {
    if (steering_.pins.erase(site) == 0) return;
    events_.add("steering", site, fmt::format("site {}: pin released", site));
  }
  publish();
}

void Steersman::set_readiness(const std::string& site, const std::string& region, std::optional<std::string> why_not) {
  const auto key = std::pair(site, region);
  const auto at = steering_.not_ready.find(key);
  const bool was_ready = at == steering_.not_ready.end();
  if (was_ready && !why_not) return;
  if (why_not) {
    if (!was_ready && at->second.why == *why_not) return;
    steering_.not_ready[key] = NotReady{*why_not};
    if (was_ready) events_.add("replication", region, fmt::format("region {} may not serve site {} yet: {}", region, site, *why_not));
  } else {
    steering_.not_ready.erase(key);
    events_.add("replication", region, fmt::format("region {} may serve site {} again: in sync", region, site));
  }
  publish();
}

void Steersman::await_new_regions(const Settings& before, const Settings& after) {
  for (const auto& [name, site] : after.sites) {
    const auto known = before.sites.find(name);
    if (known == before.sites.end() || site.replication.mode == ReplicationMode::kOff) continue;
    for (const auto& region : site.regions) {
      const bool is_new = std::ranges::find(known->second.regions, region) == known->second.regions.end();
      if (is_new) set_readiness(name, region, "new, not compared with the others yet");
    }
  }
}

void Steersman::retain(const Settings& settings) {
  std::erase_if(steering_.drains, [&](const auto& entry) { return !settings.regions.contains(entry.first); });
  std::erase_if(steering_.pins,
                [&](const auto& entry) { return !settings.sites.contains(entry.first) || !settings.regions.contains(entry.second); });
  std::erase_if(steering_.not_ready, [&](const auto& entry) {
    return !settings.sites.contains(entry.first.first) || !settings.regions.contains(entry.first.second);
  });
}

}  // namespace evershore::app
