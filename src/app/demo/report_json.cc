#include <nlohmann/json.hpp>

#include "app/demo/report.h"

namespace evershore::app::demo {

namespace {

using Json = nlohmann::ordered_json;

double ms(Duration span) { return static_cast<double>(span.count() / 1000) / 1e3; }
double seconds(Duration span) { return static_cast<double>(span.count() / 1'000'000) / 1e3; }
Json seconds_or_null(std::optional<Duration> span) { return span ? Json(seconds(*span)) : Json(nullptr); }
template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json downloads_json(const DownloadSummary& downloads) {
  return {{"started", downloads.started},
          {"completed", downloads.completed},
          {"failed", downloads.failed},
          {"truncated", downloads.truncated},
          {"wrong_bytes", downloads.wrong},
          {"bytes", downloads.bytes},
          {"longest_stall_ms", ms(downloads.longest_stall)}};
}

Json act_json(const Act& act) {
  const auto& r = act.requests;
  return {{"name", act.name},
          {"story", act.story},
          {"seconds", seconds(act.span.end - act.span.begin)},
          {"requests", r.requests},
          {"failed", r.failed},
          {"truncated", r.truncated},
          {"wrong_bytes", r.wrong},
          {"over_500_ms", r.slow},
          {"p50_ms", ms(r.p50)},
          {"p99_ms", ms(r.p99)},
          {"worst_ms", ms(r.worst)},
          {"downloads", downloads_json(act.downloads)},
          {"takeovers", act.takeovers},
          {"dns_changed_seconds", seconds_or_null(act.dns_changed)},
          {"synced_seconds", seconds_or_null(act.synced)},
          {"failback_seconds", seconds_or_null(act.served_again)},
          {"pending_at_fault", or_null(act.pending_at_fault)},
          {"writes_missed", or_null(act.writes_missed)},
          {"objects_replicated", act.objects_replicated},
          {"bytes_replicated", act.bytes_replicated},
          {"worst_lag_seconds", seconds(act.lag_worst)},
          {"notes", act.notes}};
}

}  // namespace

std::string report_json(const Report& report, const std::vector<Promise>& promises) {
  Json acts = Json::array();
  for (const Act& act : report.acts) acts.push_back(act_json(act));
  Json list = Json::array();
  for (const Promise& p : promises) {
    list.push_back({{"promise", p.what}, {"where", p.where}, {"bound", p.bound}, {"measured", p.measured}, {"kept", p.kept}});
  }
  const auto& s = report.seeding;
  const auto& c = report.check;
  const Json document{{"kept", all_kept(promises)},
                      {"quick", report.quick},
                      {"requests_per_second", report.requests_per_second},
                      {"seeding",
                       {{"objects", s.objects},
                        {"bytes", s.bytes},
                        {"write_seconds", seconds(s.written_in)},
                        {"replicate_seconds", seconds(s.replicated_in)}}},
                      {"acts", std::move(acts)},
                      {"check",
                       {{"identical", c.identical},
                        {"verify_output", c.verify_output},
                        {"writes_acknowledged", c.writes_acknowledged},
                        {"writes_missing", c.writes_missing}}},
                      {"promises", std::move(list)}};
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace evershore::app::demo
