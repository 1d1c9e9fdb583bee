// `evershore check`: every problem of the settings file, each with its place.
#include <fmt/format.h>

#include <array>
#include <chrono>

#include "app/commands.h"
#include "app/load.h"
#include "app/settings/settings.h"
#include "app/tls_report.h"
#include "base/text.h"
#include "dns/run/key_store.h"

namespace evershore::app {

namespace {

// A zone that is to be signed needs its keys on this machine: without them `run` does not start, and a reload is refused.
void check_keys(const Settings& settings, const TellSetting& tell) {
  std::vector<dns::Problem> problems;
  const auto now = std::chrono::time_point_cast<Wall::duration>(std::chrono::system_clock::now());
  dns::read_zone_keys(settings.dns, settings.node.data, now, problems);
  for (const auto& problem : problems) tell(fmt::format("dns.zones[{}].{}", problem.index, problem.field), problem.message);
}

Wall wall_now() { return std::chrono::time_point_cast<Wall::duration>(std::chrono::system_clock::now()); }

void check_files(const Settings& settings, const TellSetting& tell) {
  check_keys(settings, tell);
  check_certificates(settings, wall_now(), tell);
}

void print_warnings(const Settings& settings, const std::string& file) {
  const auto now = wall_now();
  const auto certificates = check_certificates(settings, now, [](std::string_view, std::string_view) {});
  for (const auto& warning : certificate_warnings(settings, certificates, now)) fmt::print("{}: warning: {}\n", file, warning);
}

// What copies carry, so that nothing is left out silently.
void print_rules(const Settings& settings) {
  constexpr std::array<std::string_view, 3> kTags{"tags where a region can hold them", "tags, or not at all", "no tags"};
  for (const auto& [name, site] : settings.sites) {
    if (site.replication.mode == ReplicationMode::kOff || site.regions.size() < 2) continue;
    fmt::print(
        "site {}: copies carry content, headers, metadata and {}; never ACLs, object locks and checksums; losers of crossing writes are "
        "{}\n",
        name, kTags[static_cast<size_t>(site.replication.tags)],
        site.replication.conflict_retention > Duration::zero() ? "kept for " + format_duration(site.replication.conflict_retention)
                                                               : "not kept");
  }
}

}  // namespace

int command_settings_reference() {
  fmt::print("{}", settings_reference());
  return kDone;
}

int command_check(const GlobalOptions& global) {
  const auto loaded = load_settings(global.settings_path, check_files);
  if (!loaded) return complain(kUsage, loaded.error().text);
  for (const auto& problem : loaded->problems) fmt::print("{}\n", format_problem(problem));
  if (!loaded->problems.empty()) {
    fmt::print(stderr, "{}: {} {}\n", global.settings_path, loaded->problems.size(), loaded->problems.size() == 1 ? "problem" : "problems");
    return kAnswerIsNo;
  }
  print_warnings(loaded->settings, global.settings_path);
  const auto& s = loaded->settings;
  fmt::print("{}: no problems ({} regions, {} sites, {} zones, {} health checks)\n", global.settings_path, s.regions.size(), s.sites.size(),
             s.dns.zones.size(), s.health_checks.size());
  print_rules(s);
  return kDone;
}

}  // namespace evershore::app
