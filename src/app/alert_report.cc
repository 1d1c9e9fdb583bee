#include "app/alert_report.h"

#include <array>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace evershore::app {

using Json = nlohmann::ordered_json;
using Label = std::pair<std::string_view, std::string_view>;

Json alerts_document(const std::vector<health::AlertReceiverStatus>& receivers) {
  Json list = Json::array();
  for (const auto& each : receivers) {
    Json row{{"receiver", each.name}, {"on", each.on}, {"delivered", each.delivered}, {"given_up", each.failed}, {"open", each.open}};
    row["last_error"] = each.last_error;
    row["last_delivered"] = each.last_delivered == Wall{} ? Json() : Json(format_iso8601(each.last_delivered));
    list.push_back(std::move(row));
  }
  return list;
}

Json silence_document(const health::Silence& silence) {
  return {{"id", silence.id},         {"kind", silence.kind}, {"name", silence.name}, {"until", format_iso8601(silence.until)},
          {"reason", silence.reason}, {"by", silence.by}};
}

Json silences_document(const std::vector<health::Silence>& silences) {
  Json list = Json::array();
  for (const auto& silence : silences) list.push_back(silence_document(silence));
  return list;
}

void alert_metrics(console::MetricsText& out, const std::vector<health::AlertReceiverStatus>& receivers) {
  // Several receivers may have one name: they are told apart by their place in the settings.
  for (const char* outcome : {"delivered", "given_up"}) {
    for (size_t i = 0; i < receivers.size(); ++i) {
      const auto place = std::to_string(i);
      const std::array<Label, 3> labels{{{"place", place}, {"receiver", receivers[i].name}, {"outcome", outcome}}};
      const auto count = outcome == std::string_view("delivered") ? receivers[i].delivered : receivers[i].failed;
      out.add(console::MetricType::kCounter, "evershore_alerts_total", "Alerts by receiver and what came of them.", labels,
              static_cast<double>(count));
    }
  }
}

}  // namespace evershore::app
