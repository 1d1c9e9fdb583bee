// `evershore drill`: breaks a region on purpose, as the running node sees it, and tells what clients saw.
#include <fmt/format.h>

#include <csignal>

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

int publish(const demo::DrillReport& report, const std::string& path) {
  fmt::print("{}", demo::drill_text(report));
  if (!path.empty()) {
    const auto written = io::write_file_durably(path, demo::drill_json(report), 0644);
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
                    {.region = options.region, .fault = options.fault, .fault_for = *span, .settings = std::move(*settings)});
  Result<demo::DrillReport> report = fail(Fault::kBroken, "it did not run");
  loop.run_until_done(run_drill(drill, report));
  if (!report) return complain(report.error().fault == Fault::kNotFound ? kUsage : kFailed, "drill: " + report.error().text);
  return publish(*report, options.report);
}

}  // namespace evershore::app
