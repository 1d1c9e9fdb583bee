// What alerts have come to: in the status document and as metrics; for this folder's .cc files only.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "console/metrics.h"
#include "health/run/alerts.h"

namespace evershore::app {

nlohmann::ordered_json alerts_document(const std::vector<health::AlertReceiverStatus>& receivers);
nlohmann::ordered_json silence_document(const health::Silence& silence);
nlohmann::ordered_json silences_document(const std::vector<health::Silence>& silences);
void alert_metrics(console::MetricsText& out, const std::vector<health::AlertReceiverStatus>& receivers);

}  // namespace evershore::app
