#include "app/tls_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace evershore::app {

namespace {

constexpr Duration kSoon = std::chrono::days(14);

std::vector<io::TlsServerCertificate> files_of(const EdgeSettings& edge) {
  std::vector<io::TlsServerCertificate> files;
  for (const auto& pair : edge.tls) files.push_back({pair.certificate_path, pair.private_key_path, pair.ocsp_path});
  return files;
}

double seconds_of(Wall time) { return std::chrono::duration<double>(time.time_since_epoch()).count(); }

// "*.site.test" asks for a certificate with that very name; "*" is any host, and no certificate covers that.
bool covered(const std::string& host, const std::vector<io::TlsCertificateInfo>& certificates) {
  if (host == "*") return true;
  const auto colon = host.find(':');
  return std::ranges::any_of(certificates, [&](const auto& certificate) { return certificate.covers(host.substr(0, colon)); });
}

}  // namespace

std::vector<io::TlsCertificateInfo> check_certificates(const Settings& settings, Wall now, const TellSetting& tell) {
  std::vector<io::TlsCertificateInfo> fine;
  const auto all = files_of(settings.edge);
  for (size_t i = 0; i < all.size(); ++i) {
    const std::string path = fmt::format("edge.tls[{}]", i);
    const auto loaded = io::TlsServerContext::make({all[i]});
    if (!loaded) {
      tell(path, loaded.error().text);
      continue;
    }
    const auto& info = (*loaded)->certificates().front();
    if (now >= info.not_after) tell(path + ".certificate", fmt::format("has expired at {}", format_iso8601(info.not_after)));
    if (now < info.not_before) tell(path + ".certificate", fmt::format("is not valid before {}", format_iso8601(info.not_before)));
    if (!all[i].ocsp_path.empty() && !info.staple_problem.empty()) tell(path + ".ocsp", info.staple_problem);
    fine.push_back(info);
  }
  return fine;
}

std::vector<std::string> certificate_warnings(const Settings& settings, const std::vector<io::TlsCertificateInfo>& certificates, Wall now) {
  std::vector<std::string> warnings;
  if (settings.edge.listen_tls.empty() || certificates.empty()) return warnings;
  for (const auto& [name, site] : settings.sites) {
    if (settings.edge.acme) break;  // they are ordered
    for (const auto& host : site.hosts) {
      if (!covered(host, certificates))
        warnings.push_back(fmt::format("no certificate of edge.tls covers host \"{}\" of site {}", host, name));
    }
  }
  for (const auto& certificate : certificates) {
    if (now < certificate.not_after && certificate.not_after - now < kSoon) {
      warnings.push_back(fmt::format("certificate {} expires at {}", certificate.path, format_iso8601(certificate.not_after)));
    }
    if (now >= certificate.not_after) {
      warnings.push_back(fmt::format("certificate {} has expired at {}", certificate.path, format_iso8601(certificate.not_after)));
    }
    if (!certificate.staple_problem.empty()) warnings.push_back(fmt::format("no OCSP response is stapled: {}", certificate.staple_problem));
  }
  return warnings;
}

nlohmann::ordered_json tls_json(const io::TlsServerContext* tls) {
  auto list = nlohmann::ordered_json::array();
  if (tls == nullptr) return list;
  for (const auto& certificate : tls->certificates()) {
    nlohmann::ordered_json entry{{"path", certificate.path},
                                 {"names", certificate.names},
                                 {"not_before", format_iso8601(certificate.not_before)},
                                 {"not_after", format_iso8601(certificate.not_after)},
                                 {"staple_until", nullptr},
                                 {"staple_problem", certificate.staple_problem}};
    if (certificate.staple_until) entry["staple_until"] = format_iso8601(*certificate.staple_until);
    list.push_back(std::move(entry));
  }
  return list;
}

void tls_metrics(console::MetricsText& out, const io::TlsServerContext* tls) {
  if (tls == nullptr) return;
  using Labels = std::array<std::pair<std::string_view, std::string_view>, 1>;
  for (const auto& certificate : tls->certificates()) {
    const Labels labels{{{"certificate", certificate.path}}};
    out.add(console::MetricType::kGauge, "evershore_edge_certificate_not_after_seconds",
            "When the certificate expires, in seconds since 1970.", labels, seconds_of(certificate.not_after));
  }
  for (const auto& certificate : tls->certificates()) {
    const Labels labels{{{"certificate", certificate.path}}};
    out.add(console::MetricType::kGauge, "evershore_edge_certificate_staple_until_seconds",
            "Until when its OCSP response is stapled, in seconds since 1970; 0 = none is.", labels,
            certificate.staple_until ? seconds_of(*certificate.staple_until) : 0);
  }
}

}  // namespace evershore::app
