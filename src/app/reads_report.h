// What people are told of reads that heed older copies: counts, and who is asked for a key; for this folder's .cc files only.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "app/serving_thread.h"
#include "console/metrics.h"
#include "model/key_news.h"
#include "model/settings.h"

namespace evershore::app {

nlohmann::ordered_json reads_json(const std::vector<std::unique_ptr<ServingThread>>& serving, const KeyNews& news);
void reads_metrics(console::MetricsText& out, const nlohmann::ordered_json& reads);
// Which of the site's regions hold the newest copy of this key, as far as is known.
nlohmann::ordered_json reads_of_key(const SiteSettings& site, const std::string& key, KeyNews& news);

}  // namespace evershore::app
