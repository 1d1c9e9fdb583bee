// Measures and decides what model/region_preference.h says: which region is the nearest, and how much of its keys one gets that
// came back. One thread (control).
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/event_log.h"
#include "base/published.h"
#include "model/health.h"
#include "model/region_preference.h"
#include "model/settings.h"
#include "routing/nearest.h"
#include "routing/ramp.h"

namespace evershore::app {

class RegionPreferences {
 public:
  // All requests of this node's edge to a region since its start.
  struct Load {
    uint64_t attempts = 0;
    uint64_t failures = 0;
  };
  using LoadOf = std::function<Load(const std::string& region)>;

  RegionPreferences(Scheduler& scheduler, EventLog& events, LoadOf load);

  const Published<RegionPreference>& published() const { return published_; }

  // New settings: what is measured stays, ramps of what is gone end.
  void configure(const std::map<std::string, SiteSettings>& sites);
  // A good answer to a probe of the region's own check.
  void probed(const std::string& region, Duration took);
  // The region may serve the site again: its ramp begins, if the site wants one.
  void came_back(const std::string& site, const std::string& region);
  void went(const std::string& region);
  // Each half second or so.
  void tick(const HealthSnapshot& health);

  static constexpr Duration kTick = std::chrono::milliseconds(500);

  // For people.
  struct Ramp {
    routing::RampRules rules;
    routing::RampState state;
    Load seen;
  };
  const Ramp* ramp(const std::string& site, const std::string& region) const;
  std::optional<Duration> distance(const std::string& region) const;
  std::string nearest(const std::string& site) const;  // "" = not decided, or not asked for

 private:
  void step_ramps(RegionPreference& next);
  void step_nearest(const HealthSnapshot& health, RegionPreference& next);

  Scheduler& scheduler_;
  EventLog& events_;
  LoadOf load_;
  std::map<std::string, SiteSettings> sites_;
  std::map<std::string, routing::Nearness> nearness_;          // by region
  std::map<std::string, routing::NearestState> nearest_;       // by site
  std::map<std::pair<std::string, std::string>, Ramp> ramps_;  // by site and region
  RegionPreference told_;
  Published<RegionPreference> published_;
};

}  // namespace evershore::app
