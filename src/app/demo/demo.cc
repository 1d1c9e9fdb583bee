#include "app/demo/demo.h"

#include <fmt/format.h>

#include <csignal>
#include <cstdio>

#include "app/demo/acts.h"
#include "io/files.h"

namespace evershore::app::demo {

namespace {

void explain_what_is_up(const Stage& stage) {
  fmt::print(R"(
It stays up until Ctrl-C:
  edge      curl -i -H 'Host: {}' http://{}/large/1.bin -o /dev/null -D -
  status    http://{}/            (metrics: /metrics, JSON: /api/v1/status)
            evershore status -c {}
  DNS       dig @{} -p {} {} A
  break it  kill -9 {}            (region east; or kill -STOP)
            evershore drill -c {} --region east --fault blackhole --for 10s
)",
             kDemoHost, stage.edge().host_header(), stage.admin().host_header(), stage.settings_path(), stage.dns().address,
             stage.dns().port, kDemoHost, stage.region_pid(0), stage.settings_path());
  fmt::print("            (first: export EVERSHORE_DEMO_SECRET={})\n", stage.secret());
  std::fflush(stdout);
}

Result<void> publish(const Report& report, const std::string& path) {
  const auto promises = judge(report);
  fmt::print("\n{}", report_table(report, promises));
  std::fflush(stdout);
  if (path.empty()) return {};
  return io::write_file_durably(path, report_json(report, promises), 0644);
}

// The exit code.
Task<Result<int>> perform(io::Loop& loop, Interrupt& interrupt, Stage& stage, const DemoOptions& options) {
  Acts acts(loop, interrupt, stage, options.quick ? quick_script() : full_script());
  CO_TRY_VOID(co_await acts.play());
  CO_TRY_VOID(publish(acts.report(), options.report));
  const int code = all_kept(judge(acts.report())) ? kDone : kAnswerIsNo;
  if (options.once) co_return code;
  explain_what_is_up(stage);
  for (auto waited = Result<void>(); waited;) waited = co_await interrupt.pause(std::chrono::hours(1));
  co_return code;
}

Task<void> run_on_stage(io::Loop& loop, Interrupt& interrupt, const ScratchDirectory& directory, const DemoOptions& options,
                        Result<int>& out) {
  Stage stage(loop, interrupt, directory);
  fmt::print("Three regions (east, west, north) and a node over them start in {}.\n", directory.path());
  std::fflush(stdout);
  auto up = co_await stage.set_up();
  if (up) {
    out = co_await perform(loop, interrupt, stage, options);
  } else {
    out = std::unexpected(std::move(up).error());
  }
  co_await stage.tear_down();
}

}  // namespace

int run_demo(const GlobalOptions&, const DemoOptions& options) {
  const auto script = options.quick ? quick_script() : full_script();
  const auto directory = ScratchDirectory::make(script.disk_bytes());
  Result<int> result = fail(Fault::kBroken, "it did not run");
  if (directory) {
    io::Loop loop;
    Interrupt interrupt(loop);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) loop.on_signal(number, [&interrupt] { interrupt.ask(); });
    loop.run_until_done(run_on_stage(loop, interrupt, **directory, options, result));
  } else {
    result = std::unexpected(directory.error());
  }
  if (result) return *result;
  fmt::print(stderr, "evershore demo: {}\n", result.error().text);
  return kFailed;
}

}  // namespace evershore::app::demo
