// `evershore drill`: breaks a region on purpose, as the running node sees it, and tells what clients saw.
#include <fmt/format.h>

#include <csignal>
#include <nlohmann/json.hpp>

#include "app/admin_client.h"
#include "app/commands.h"
#include "app/demo/drill.h"
#include "app/load.h"
#include "base/text.h"
#include "io/fault_board.h"
#include "io/files.h"

namespace evershore::app {

namespace {

constexpr Duration kFaultMin = std::chrono::seconds(1);
constexpr Duration kFaultMax = std::chrono::minutes(30);

Task<void> run_drill(demo::Drill& drill, Result<demo::DrillReport>& out) { out = co_await drill.run(); }

Result<Duration> fault_span(const std::string& text) {
  TRY(const auto span, parse_duration(text));
  if (span < kFaultMin || span > kFaultMax) return fail(Fault::kInvalid, "must lie between 1s and 30m");
  return span;
}

// By its name: a page, or JSON.
Result<void> write_report(const std::string& json, const std::string& path) {
  if (!path.ends_with(".html")) return io::write_file_durably(path, json, 0644);
  TRY(const auto page, demo::drill_html(json));
  return io::write_file_durably(path, page, 0644);
}

int publish(const demo::DrillReport& report, const std::vector<std::string>& paths) {
  fmt::print("{}", demo::drill_text(report));
  for (const auto& path : paths) {
    const auto written = write_report(demo::drill_json(report), path);
    if (!written) return complain(kFailed, written.error().text);
  }
  return report.clients_saw_nothing() ? kDone : kAnswerIsNo;
}

}  // namespace

int command_drill(const GlobalOptions& global, const DrillOptions& options) {
  if (!io::fault_mode_of(options.fault)) return complain(kUsage, "--fault: down, blackhole, error, slow or cut");
  const auto span = fault_span(options.for_span);
  if (!span) return complain(kUsage, "--for: " + span.error().text);
  auto settings = load_or_explain(global.settings_path);
  if (!settings) return kUsage;
  if (settings->admin.listen.empty())
    return complain(kUsage, "the settings have no [admin] listen address, so a running node cannot be asked");

  io::Loop loop;
  demo::Interrupt interrupt(loop);
  for (const int number : {SIGINT, SIGTERM}) loop.on_signal(number, [&interrupt] { interrupt.ask(); });
  demo::Drill drill(loop, interrupt,
                    {.region = options.region,
                     .fault = options.fault,
                     .fault_for = *span,
                     .failures_max = options.failures_max,
                     .settings = std::move(*settings)});
  Result<demo::DrillReport> report = fail(Fault::kBroken, "it did not run");
  loop.run_until_done(run_drill(drill, report));
  if (!report) return complain(report.error().fault == Fault::kNotFound ? kUsage : kFailed, "drill: " + report.error().text);
  return publish(*report, options.reports);
}

namespace {

using Json = nlohmann::ordered_json;

std::string after(const Json& drill, const char* name) {
  return drill.contains(name) && drill[name].is_number() ? fmt::format("{:.1f} s", drill[name].get<double>()) : std::string("-");
}

std::string drills_table(const Json& list) {
  std::string out = fmt::format("{:>4}  {:20}  {:12} {:10} {:>8} {:>7} {:>9} {:>7} {:>7} {:>7}\n", "ID", "BEGUN", "REGION", "FAULT",
                                "REQUESTS", "FAILED", "WORST MS", "DOWN", "DNS", "BACK");
  for (const auto& drill : list) {
    const auto bad = drill.value("failed", 0.0) + drill.value("truncated", 0.0) + drill.value("wrong_bytes", 0.0);
    out += fmt::format("{:>4}  {:20.20}  {:12} {:10} {:>8.0f} {:>7.0f} {:>9.1f} {:>7} {:>7} {:>7}\n", drill.value("id", uint64_t{0}),
                       drill.value("begun", ""), drill.value("region", ""), drill.value("fault", ""), drill.value("requests", 0.0), bad,
                       drill.value("worst_ms", 0.0), after(drill, "down_after_seconds"), after(drill, "dns_changed_after_seconds"),
                       after(drill, "back_after_seconds"));
  }
  return out;
}

Result<std::string> ask_node(const GlobalOptions& global, const std::string& target) {
  const auto settings = load_or_explain(global.settings_path);
  if (!settings) return fail(Fault::kInvalid, "the settings file has problems (see above)");
  TRY(const auto client, AdminClient::for_settings(settings->admin));
  return client.get(target);
}

}  // namespace

int command_drills(const GlobalOptions& global, const DrillsOptions& options) {
  const auto answer = ask_node(global, options.id == 0 ? "/api/v1/drills" : fmt::format("/api/v1/drills/{}", options.id));
  if (!answer) {
    const bool usage = answer.error().fault == Fault::kNotFound || answer.error().fault == Fault::kInvalid;
    return complain(usage ? kUsage : kFailed, answer.error().text);
  }
  if (!options.report.empty()) {
    if (options.id == 0) return complain(kUsage, "drills: --report needs the number of a drill");
    const auto written = write_report(*answer, options.report);
    return written ? kDone : complain(kFailed, written.error().text);
  }
  const auto json = Json::parse(*answer, nullptr, false);
  if (global.json || !json.is_array()) {
    fmt::print("{}", *answer);
    return kDone;
  }
  if (json.empty()) fmt::print("this node has seen no drill yet\n");
  if (!json.empty()) fmt::print("{}", drills_table(json));
  return kDone;
}

}  // namespace evershore::app
