// The documents of the admin API (docs/operating/status.md): from the parts' states to JSON. Pure; for this folder's .cc files only.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "app/event_log.h"
#include "model/health.h"
#include "model/settings.h"
#include "model/steering.h"
#include "replicate/run/site_replicator.h"

namespace evershore::app {

using Replications = std::vector<replicate::SiteReplicationStatus>;

struct StateView {
  const Settings& settings;
  const HealthSnapshot& health;
  const Steering& steering;
  const Replications& replication;
  Wall now{};
};

// Sums over all sites that a region belongs to: keys pending, the oldest, the last lag.
struct RegionBacklog {
  uint64_t pending = 0;
  Duration oldest{};
  Duration lag{};
  bool replicated = false;
};
RegionBacklog backlog_of(const std::string& region, const Replications& replication);

nlohmann::ordered_json regions_document(const StateView& view);
nlohmann::ordered_json checks_document(const StateView& view);
nlohmann::ordered_json check_document(const CheckStatus& check, Wall now);
nlohmann::ordered_json events_document(const std::vector<console::Event>& events);
nlohmann::ordered_json sites_document(const StateView& view);
nlohmann::ordered_json region_explanation(const StateView& view, const std::string& region, const std::vector<console::Event>& events,
                                          const std::vector<std::string>& breakers);
nlohmann::ordered_json site_explanation(const StateView& view, const SiteSettings& site, const std::string& host,
                                        const std::vector<console::Event>& events);
nlohmann::ordered_json key_explanation(const std::string& site, const replicate::KeyExplanation& explanation);

// Keys may hold any bytes; what is not UTF-8 is replaced.
std::string to_text(const nlohmann::ordered_json& json);

}  // namespace evershore::app
