// evershore dns export: a zone as a master file, as the running node answers it now.
#include <fmt/format.h>

#include <algorithm>

#include "app/admin_client.h"
#include "app/commands.h"
#include "app/load.h"
#include "app/settings/cross_check.h"
#include "dns/live_zones.h"
#include "dns/master_text.h"
#include "dns/run/dns_publisher.h"
#include "io/stream.h"
#include "wire/http/uri.h"

namespace evershore::app {

namespace {

Result<std::string> ask_node(const Settings& settings, const DnsExportOptions& options) {
  TRY(const auto client, AdminClient::for_settings(settings.admin));
  const auto zone = http::percent_encode(options.zone, http::Slash::kEncode);
  return client.get("/api/v1/dns/zones/" + zone + (options.as_signed ? "/signed" : ""));
}

// Every check up: what the zone says on a good day.
HealthSnapshot all_healthy(const Settings& settings) {
  HealthSnapshot health{.epoch = 1, .checks = {}};
  for (auto& name : known_checks(settings)) health.checks.push_back({.name = std::move(name), .health = Health::kUp});
  std::ranges::sort(health.checks, {}, &CheckStatus::name);
  return health;
}

// The node's own edge, as it would be listed for a record with `site`.
dns::SiteAnswers all_sites(const Settings& settings) {
  dns::SiteAnswers answers;
  for (const auto& [name, site] : settings.sites) {
    for (const auto& listen : {settings.edge.listen, settings.edge.listen_tls}) {
      for (const auto& text : listen) {
        if (const auto endpoint = io::parse_endpoint(text)) answers[name].push_back({endpoint->address, ""});
      }
    }
  }
  return answers;
}

Result<std::string> from_settings(const Settings& settings, const std::string& zone) {
  TRY(const auto apex, dns::Name::parse(zone));
  std::vector<dns::Problem> problems;
  const auto files = dns::read_master_files(settings.dns, problems);
  auto loaded = dns::load_zones(settings.dns, files);
  problems.insert(problems.end(), loaded.problems.begin(), loaded.problems.end());
  if (!problems.empty()) return fail(Fault::kInvalid, "dns: " + problems.front().message);
  for (const auto& plain : dns::plain_zones(loaded.zones, all_healthy(settings), {}, all_sites(settings)).zones) {
    if (plain.apex == apex) return dns::master_text(plain);
  }
  return fail(Fault::kNotFound, fmt::format("there is no zone \"{}\" in the settings", zone));
}

}  // namespace

int command_dns_export(const GlobalOptions& global, const DnsExportOptions& options) {
  const auto settings = load_or_explain(global.settings_path);
  if (!settings) return kUsage;
  auto text = ask_node(*settings, options);
  if (!text && !options.as_signed && (text.error().fault == Fault::kRefused || settings->admin.listen.empty())) {
    fmt::print(stderr, "evershore: no node answers ({}): this is the zone as the settings have it, with everything healthy\n",
               text.error().text);
    text = from_settings(*settings, options.zone);
  }
  if (!text)
    return complain(text.error().fault == Fault::kNotFound || text.error().fault == Fault::kInvalid ? kUsage : kFailed, text.error().text);
  fmt::print("{}", *text);
  return kDone;
}

}  // namespace evershore::app
