#include "app/certificate_report.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace evershore::app {

namespace {

using Json = nlohmann::ordered_json;
using console::MetricType;
using Label = std::pair<std::string_view, std::string_view>;

std::string time_text(Wall time) { return format_iso8601(std::chrono::floor<std::chrono::seconds>(time)); }

std::string_view state_of(const acme::CertificateStatus& status) {
  if (!status.not_after) return "none";
  switch (status.expiry) {
    case acme::Expiry::kFine: return "valid";
    case acme::Expiry::kSoon: return "expiring";
    case acme::Expiry::kOver: return "expired";
  }
  return "none";
}

}  // namespace

Json certificates_document(const std::vector<acme::CertificateStatus>& all, Wall now) {
  Json list = Json::array();
  for (const auto& status : all) {
    Json row{{"host", status.host}, {"state", state_of(status)}, {"issuer", status.issuer}};
    row["not_after"] = status.not_after ? Json(time_text(*status.not_after)) : Json();
    row["left_seconds"] = status.not_after ? Json(std::max(0.0, std::chrono::duration<double>(*status.not_after - now).count())) : Json();
    row["renew_at"] = status.renew_at > now ? Json(time_text(status.renew_at)) : Json("now");
    row["failures"] = status.failures;
    row["problem"] = status.problem;
    list.push_back(std::move(row));
  }
  return list;
}

void certificate_metrics(console::MetricsText& out, const std::vector<acme::CertificateStatus>& all,
                         const acme::CertificateCounters& counters) {
  for (const auto& status : all) {
    const std::array<Label, 1> labels{{{"host", status.host}}};
    const auto end = status.not_after ? std::chrono::floor<std::chrono::seconds>(status.not_after->time_since_epoch()).count() : 0;
    out.add(MetricType::kGauge, "evershore_certificate_not_after_seconds",
            "When the certificate ends, in seconds since 1970; 0: there is none.", labels, static_cast<double>(end));
  }
  for (const auto& status : all) {
    const std::array<Label, 1> labels{{{"host", status.host}}};
    out.add(MetricType::kGauge, "evershore_certificate_failures", "Orders that have failed in a row.", labels, status.failures);
  }
  const auto total = [&](std::string_view name, std::string_view help, const Counter& count) {
    out.add(MetricType::kCounter, name, help, {}, static_cast<double>(count.get()));
  };
  if (all.empty()) return;
  total("evershore_certificates_ordered_total", "Certificates ordered by this node.", counters.ordered);
  total("evershore_certificates_adopted_total", "Certificates that another node ordered.", counters.adopted);
  total("evershore_certificate_orders_failed_total", "Orders that failed.", counters.failures);
}

}  // namespace evershore::app
