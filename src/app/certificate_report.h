// What people are told of certificates: the status document's part, and the metrics. Pure; for this folder's .cc files only.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "acme/run/certificates.h"
#include "console/metrics.h"

namespace evershore::app {

// state: "valid", "expiring" (a sixth of its lifetime left), "expired" or "none".
nlohmann::ordered_json certificates_document(const std::vector<acme::CertificateStatus>& all, Wall now);
void certificate_metrics(console::MetricsText& out, const std::vector<acme::CertificateStatus>& all,
                         const acme::CertificateCounters& counters);

}  // namespace evershore::app
