// `evershore alerts test`: tries every receiver of the settings file, without a running node.
#include <fmt/format.h>

#include "app/commands.h"
#include "app/load.h"
#include "health/run/alerts.h"

namespace evershore::app {

namespace {

Task<void> try_all(io::Loop& loop, std::vector<AlertSettings> settings, health::Alerts::Options options,
                   std::vector<health::AlertOutcome>& out) {
  out = co_await health::Alerts::test(loop, std::move(settings), std::move(options));
}

}  // namespace

int command_alerts_test(const GlobalOptions& global) {
  const auto settings = load_or_explain(global.settings_path);
  if (!settings) return kUsage;
  if (settings->alerts.empty()) return complain(kUsage, "the settings have no [[alerts]]");
  io::Loop loop;
  std::vector<health::AlertOutcome> outcomes;
  loop.run_until_done(try_all(loop, settings->alerts, {.node = settings->node.name}, outcomes));
  bool all = true;
  for (const auto& [receiver, sent] : outcomes) {
    fmt::print("{}: {}\n", receiver, sent ? "delivered" : "failed: " + sent.error().text);
    all = all && sent.has_value();
  }
  return all ? kDone : kFailed;
}

}  // namespace evershore::app
