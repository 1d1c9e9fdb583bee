// What people are told of reads that heed older copies: counts, and who is asked for a key; for this folder's .cc files only.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "app/region_preferences.h"
#include "app/serving_thread.h"
#include "console/metrics.h"
#include "model/key_news.h"
#include "model/settings.h"
#include "model/steering.h"

namespace evershore::app {

nlohmann::ordered_json reads_json(const std::vector<std::unique_ptr<ServingThread>>& serving, const KeyNews& news);
void reads_metrics(console::MetricsText& out, const nlohmann::ordered_json& reads);
// Which of the site's regions hold the newest copy of this key, as far as is known.
nlohmann::ordered_json reads_of_key(const SiteSettings& site, const std::string& key, KeyNews& news);
// The regions in the order in which they would be asked for this key, if their copies were alike.
nlohmann::ordered_json order_of_key(const SiteSettings& site, const std::string& key, const HealthSnapshot& health,
                                    const Steering& steering, const RegionPreference& preference);
// What this node's edge knows of each region it has asked, over all loops.
nlohmann::ordered_json edge_regions_json(const std::vector<std::unique_ptr<ServingThread>>& serving);
void edge_regions_metrics(console::MetricsText& out, const nlohmann::ordered_json& regions);
// How the site chooses, and by what.
nlohmann::ordered_json choice_json(const SiteSettings& site, const RegionPreferences& preferences);

}  // namespace evershore::app
