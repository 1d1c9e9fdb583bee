// `evershore check`: every problem of the settings file, each with its place.
#include <fmt/format.h>

#include "app/commands.h"
#include "app/load.h"
#include "app/settings/settings.h"

namespace evershore::app {

int command_settings_reference() {
  fmt::print("{}", settings_reference());
  return kDone;
}

int command_check(const GlobalOptions& global) {
  const auto loaded = load_settings(global.settings_path);
  if (!loaded) return complain(kUsage, loaded.error().text);
  for (const auto& problem : loaded->problems) fmt::print("{}\n", format_problem(problem));
  if (!loaded->problems.empty()) {
    fmt::print(stderr, "{}: {} {}\n", global.settings_path, loaded->problems.size(), loaded->problems.size() == 1 ? "problem" : "problems");
    return kAnswerIsNo;
  }
  const auto& s = loaded->settings;
  fmt::print("{}: no problems ({} regions, {} sites, {} zones, {} health checks)\n", global.settings_path, s.regions.size(), s.sites.size(),
             s.dns.zones.size(), s.health_checks.size());
  return kDone;
}

}  // namespace evershore::app
