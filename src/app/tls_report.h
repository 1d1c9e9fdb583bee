// The certificates of `edge.tls`: loaded, looked at, and told of in `check`, the status and the metrics; for this folder's .cc files only.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "app/settings/settings.h"
#include "console/metrics.h"
#include "io/tls.h"

namespace evershore::app {

// For `evershore check`: files that are no certificate, keys of another one, and what has expired or is not valid yet. Returns what those
// say that are fine.
std::vector<io::TlsCertificateInfo> check_certificates(const Settings& settings, Wall now, const TellSetting& tell);

// What is worth a look but no reason to refuse: hosts without a certificate (where none is ordered), one that soon expires, a staple that
// is missing.
std::vector<std::string> certificate_warnings(const Settings& settings, const std::vector<io::TlsCertificateInfo>& certificates, Wall now);

nlohmann::ordered_json tls_json(const io::TlsServerContext* tls);
void tls_metrics(console::MetricsText& out, const io::TlsServerContext* tls);

}  // namespace evershore::app
