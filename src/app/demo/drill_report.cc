#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "app/demo/drill.h"
#include "base/text.h"

namespace evershore::app::demo {

namespace {

using Json = nlohmann::ordered_json;

double ms(Duration span) { return static_cast<double>(span.count() / 1000) / 1e3; }
double seconds(Duration span) { return static_cast<double>(span.count() / 1'000'000) / 1e3; }
Json seconds_or_null(std::optional<Duration> span) { return span ? Json(seconds(*span)) : Json(nullptr); }
std::string after(std::optional<Duration> span) { return span ? "after " + format_duration(*span) : "never"; }

}  // namespace

std::string drill_json(const DrillReport& report) {
  const auto& r = report.requests;
  Json timeline = Json::array();
  for (const auto& slice : report.slices) {
    timeline.push_back({{"seconds", seconds(slice.at)},
                        {"requests", slice.requests},
                        {"bad", slice.bad},
                        {"p50_ms", ms(slice.p50)},
                        {"worst_ms", ms(slice.worst)}});
  }
  const Json json{{"verdict", drill_verdict(report)},
                  {"begun", format_iso8601(report.begun)},
                  {"region", report.region},
                  {"fault", report.fault},
                  {"site", report.site},
                  {"seconds", seconds(report.fault_lasted)},
                  {"ended_early", report.ended_early},
                  {"keys", report.keys},
                  {"requests", r.requests},
                  {"failed", r.failed},
                  {"truncated", r.truncated},
                  {"wrong_bytes", r.wrong},
                  {"over_500_ms", r.slow},
                  {"p50_ms", ms(r.p50)},
                  {"p99_ms", ms(r.p99)},
                  {"worst_ms", ms(r.worst)},
                  {"takeovers", report.takeovers},
                  {"down_after_seconds", seconds_or_null(report.seen_down)},
                  {"order_changed_after_seconds", seconds_or_null(report.order_changed)},
                  {"dns_changed_after_seconds", seconds_or_null(report.dns_changed)},
                  {"back_after_seconds", seconds_or_null(report.back)},
                  {"notes", report.notes},
                  {"timeline", std::move(timeline)}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string drill_text(const DrillReport& report) {
  const auto& r = report.requests;
  auto text = fmt::format("The fault lasted {}{}.\n", format_duration(report.fault_lasted), report.ended_early ? " (ended early)" : "");
  text += fmt::format("  clients        {} requests: {} failed, {} truncated, {} with wrong bytes\n", r.requests, r.failed, r.truncated,
                      r.wrong);
  text += fmt::format("  latency        median {:.1f} ms, p99 {:.1f} ms, worst {:.1f} ms; {} over 500 ms\n", ms(r.p50), ms(r.p99),
                      ms(r.worst), r.slow);
  text += fmt::format("  takeovers      {}\n", report.takeovers);
  text += fmt::format("  seen as down   {}\n", after(report.seen_down));
  text += fmt::format("  order changed  {}\n", after(report.order_changed));
  text += fmt::format("  DNS changed    {}\n", after(report.dns_changed));
  text += fmt::format("  as before      {}{}\n", after(report.back), report.back ? " from the fault's end" : "");
  for (const auto& note : report.notes) text += fmt::format("  ! {}\n", note);
  return text + drill_verdict(report) + "\n";
}

std::string drill_verdict(const DrillReport& report) {
  const auto& r = report.requests;
  if (report.clients_saw_nothing()) return "No client noticed.";
  return fmt::format("Clients saw failures: {} of {} requests.", r.failed + r.truncated + r.wrong, r.requests);
}

}  // namespace evershore::app::demo
