#include "app/settings/cross_check.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "aws/layout.h"
#include "base/text.h"
#include "dns/master_file.h"
#include "dns/transfer_rules.h"
#include "dns/validate.h"
#include "io/files.h"
#include "io/geo_database.h"
#include "io/http_client.h"
#include "io/stream.h"
#include "io/tls.h"
#include "model/health.h"

namespace evershore::app {

namespace {

constexpr size_t kZoneFileBytesMax = 64 << 20;

template <class T>
std::vector<std::string> names_of(const std::map<std::string, T>& named) {
  std::vector<std::string> names;
  for (const auto& [name, _] : named) names.push_back(name);
  return names;
}

std::string at(std::string_view path, size_t index) { return fmt::format("{}[{}]", path, index); }

// Members that are there twice.
void check_unique(const std::vector<std::string>& list, const std::string& path, Problems& problems) {
  std::set<std::string_view> seen;
  for (size_t i = 0; i < list.size(); ++i) {
    if (!list[i].empty() && !seen.insert(list[i]).second) problems.add(at(path, i), fmt::format("\"{}\" is there twice", list[i]));
  }
}

// Members that are not among `known`; empty ones have been told of already.
void check_known(const std::vector<std::string>& list, const std::string& path, std::string_view what, std::span<const std::string> known,
                 Problems& problems) {
  for (size_t i = 0; i < list.size(); ++i) {
    if (list[i].empty() || std::find(known.begin(), known.end(), list[i]) != known.end()) continue;
    problems.add(at(path, i), fmt::format("there is no {} \"{}\"{}", what, list[i], did_you_mean(list[i], known)));
  }
}

// The files of a region's TLS are opened for a look.
void check_region_tls(const RegionSettings& region, const std::string& path, Problems& problems) {
  const auto present = [&](std::string_view key) { return problems.present(fmt::format("{}.{}", path, key)); };
  for (const std::string_view key : {"ca_file", "client_certificate", "client_key"}) {
    const std::string named = fmt::format("{}.{}", path, key);
    if (problems.present(named) && region.endpoint.starts_with("http://")) problems.add(named, "is of no use: the endpoint is http://");
    if (problems.any_below(named)) return;
  }
  if (present("client_certificate") && !present("client_key"))
    return problems.add(path + ".client_key", "is missing, but client_certificate is given");
  if (present("client_key") && !present("client_certificate"))
    return problems.add(path + ".client_certificate", "is missing, but client_key is given");
  if (!region.ca_file.empty()) {
    if (auto tls = io::TlsClientContext::make({.ca_file = region.ca_file}); !tls) problems.add(path + ".ca_file", tls.error().text);
  }
  if (region.client_certificate.empty()) return;
  auto tls = io::TlsClientContext::make({.certificate = region.client_certificate, .private_key = region.client_key});
  if (!tls)
    problems.add(path + (tls.error().text.starts_with(region.client_key) ? ".client_key" : ".client_certificate"), tls.error().text);
}

void check_region(const RegionSettings& region, const std::string& path, Problems& problems) {
  check_region_tls(region, path, problems);
  if (region.addressing == Addressing::kBare) {
    for (const std::string_view key : {"bucket", "access_key", "secret_key"}) {
      const std::string named = fmt::format("{}.{}", path, key);
      if (problems.present(named)) problems.add(named, "a region with addressing = \"bare\" has none; leave it out");
    }
    return;
  }
  if (region.bucket.empty() && !problems.any_below(path + ".bucket")) {
    problems.add(path + ".bucket", "is missing; only addressing = \"bare\" does without");
  }
  const bool access = problems.present(path + ".access_key");
  const bool secret = problems.present(path + ".secret_key");
  if (access && !secret)
    problems.add(path + ".secret_key", "is missing, but access_key is given; give both, or none for anonymous requests");
  if (secret && !access)
    problems.add(path + ".access_key", "is missing, but secret_key is given; give both, or none for anonymous requests");
}

void check_forward(const SiteSettings& site, const std::string& path, const std::map<std::string, RegionSettings>& regions,
                   Problems& problems) {
  if (site.forward != ForwardMode::kRequests) return;
  for (const auto& name : site.regions) {
    const auto region = regions.find(name);
    if (region == regions.end() || region->second.addressing == Addressing::kBare) continue;
    problems.add(path + ".forward",
                 fmt::format("region \"{}\" is an S3 bucket; requests can be forwarded to addressing = \"bare\" only", name));
  }
}

void check_site(const SiteSettings& site, const std::string& path, std::span<const std::string> regions, Problems& problems) {
  check_known(site.regions, path + ".regions", "region", regions, problems);
  check_unique(site.regions, path + ".regions", problems);
  if (site.replication.mode == ReplicationMode::kQuorum && site.replication.copies > site.regions.size()) {
    problems.add(path + ".replication.copies",
                 fmt::format("is {}, but the site has only {} regions", site.replication.copies, site.regions.size()));
  }
}

// What replication is told about regions and sizes.
void check_replication(const SiteSettings& site, const std::string& path, Problems& problems) {
  const auto& replication = site.replication;
  check_known(replication.read_only, path + ".replication.read_only", "region", site.regions, problems);
  check_unique(replication.read_only, path + ".replication.read_only", problems);
  if (!replication.read_only.empty() && replication.read_only.size() >= site.regions.size())
    problems.add(path + ".replication.read_only", "names every region of the site: there is none left to write to");
  const auto& filter = replication.filter;
  if (filter.size_max != 0 && filter.size_min > filter.size_max)
    problems.add(path + ".replication.filter.min_size", "is more than max_size");
}

void check_transport(const SiteSettings& site, const std::string& path, const EdgeSettings& edge, Problems& problems) {
  if (site.redirect_https && edge.listen_tls.empty()) {
    problems.add(path + ".redirect_https", "nothing listens for HTTPS: give edge.listen_tls");
  }
  if (site.hsts.preload && (site.hsts.max_age < 24h * 365 || !site.hsts.include_subdomains)) {
    problems.add(path + ".hsts.preload", "needs hsts.max_age of at least 365d and hsts.include_subdomains = true");
  }
}

struct Listening {
  std::string path;
  std::string endpoint;
};

void gather(std::vector<Listening>& all, const std::vector<std::string>& list, const std::string& path) {
  for (size_t i = 0; i < list.size(); ++i) all.push_back({at(path, i), list[i]});
}

bool is_loopback(const std::string& address) { return address.starts_with("127.") || address == "::1"; }

std::map<std::string, std::string> zone_files(const DnsSettings& dns, Problems& problems) {
  std::map<std::string, std::string> files;
  for (size_t i = 0; i < dns.zones.size(); ++i) {
    const std::string path = at("dns.zones", i) + ".file";
    if (dns.zones[i].file.empty() || problems.any_below(path)) continue;
    auto text = io::read_whole_file(dns.zones[i].file, kZoneFileBytesMax);
    if (text) {
      files.emplace(dns.zones[i].file, *std::move(text));
    } else {
      problems.add(path, text.error().text);
    }
  }
  dns::add_included_files(files, [](const std::string& path) { return io::read_whole_file(path, kZoneFileBytesMax); });
  return files;
}

}  // namespace

void cross_check(const Loaded& loaded, Problems& problems) {
  check_regions(loaded.settings, problems);
  check_sites(loaded.settings, problems);
  check_health_checks(loaded.settings, problems);
  check_node(loaded.settings, problems);
  check_listeners(loaded.settings, problems);
  check_front(loaded.settings.edge, problems);
  check_acme(loaded.settings, problems);
  check_alerts(loaded.settings, problems);
  check_dns(loaded.settings, problems);
  check_aws(loaded, problems);
}

std::vector<std::string> known_checks(const Settings& settings) {
  std::vector<std::string> names = names_of(settings.health_checks);
  for (const auto& [name, _] : settings.regions) names.push_back(region_check_name(name));
  if (!settings.edge.listen.empty() || !settings.edge.listen_tls.empty()) names.push_back(edge_check_name(settings.node.name));
  return names;
}

void check_regions(const Settings& settings, Problems& problems) {
  for (const auto& [name, region] : settings.regions) check_region(region, "regions." + name, problems);
}

void check_sites(const Settings& settings, Problems& problems) {
  const std::vector<std::string> regions = names_of(settings.regions);
  std::map<std::string, std::string> owner_of_host;
  for (const auto& [name, site] : settings.sites) {
    const std::string path = "sites." + name;
    check_site(site, path, regions, problems);
    check_replication(site, path, problems);
    check_forward(site, path, settings.regions, problems);
    check_transport(site, path, settings.edge, problems);
    check_behaviour(site, path, problems);
    check_reads(site, path, problems);
    for (size_t i = 0; i < site.hosts.size(); ++i) {
      if (site.hosts[i].empty()) continue;
      const auto [owner, fresh] = owner_of_host.emplace(site.hosts[i], name);
      if (!fresh)
        problems.add(at(path + ".hosts", i), fmt::format("\"{}\" is already a host of site \"{}\"", site.hosts[i], owner->second));
    }
  }
}

void check_listeners(const Settings& settings, Problems& problems) {
  std::vector<Listening> all;
  gather(all, settings.edge.listen, "edge.listen");
  gather(all, settings.edge.listen_tls, "edge.listen_tls");
  gather(all, settings.dns.listen, "dns.listen");
  gather(all, settings.dns.listen_tls, "dns.listen_tls");
  if (!settings.admin.listen.empty()) all.push_back({"admin.listen", settings.admin.listen});
  std::map<std::string, std::string> owner_of_endpoint;
  for (const Listening& listening : all) {
    // Port 0: the system chooses another one for each.
    if (listening.endpoint.empty() || listening.endpoint.ends_with(":0")) continue;
    const auto [owner, fresh] = owner_of_endpoint.emplace(listening.endpoint, listening.path);
    if (!fresh) problems.add(listening.path, fmt::format("{} listens on {} already", owner->second, listening.endpoint));
  }

  if (!settings.edge.listen_tls.empty() && !problems.present("edge.tls") && !problems.present("edge.acme")) {
    problems.add("edge.listen_tls", "needs a certificate: give edge.tls or edge.acme");
  }
  if (!settings.dns.listen_tls.empty() && !problems.present("edge.tls") && !problems.present("edge.acme")) {
    problems.add("dns.listen_tls", "needs a certificate: give edge.tls or edge.acme");
  }
  if (settings.edge.cache_disk && settings.edge.cache_disk->path.empty()) problems.add("edge.cache.disk.path", "is missing");
  if (settings.edge.cache_disk && !problems.present("edge.cache.disk.size")) problems.add("edge.cache.disk.size", "is missing");

  const auto admin = io::parse_endpoint(settings.admin.listen);
  if (admin && !is_loopback(admin->address) && !problems.present("admin.token")) {
    problems.add("admin.token", fmt::format("is missing; it is required because {} is not a loopback address", settings.admin.listen));
  }
  if (problems.present("admin.view_token") && settings.admin.token.empty()) {
    problems.add("admin.view_token", "needs admin.token beside it: without one, everybody who reaches the address may act");
  }
  if (!settings.admin.token.empty() && settings.admin.token == settings.admin.view_token) {
    problems.add("admin.view_token", "is the same as admin.token");
  }
}

namespace {
// As much as keeps an address from being something else in a mail's envelope and header.
void check_address(const std::string& address, const std::string& path, Problems& problems) {
  const size_t at_sign = address.find('@');
  const bool odd =
      std::ranges::any_of(address, [](char c) { return c <= ' ' || c > '~' || std::string_view("<>()[],;:\\\"").contains(c); });
  if (at_sign == std::string::npos || at_sign == 0 || at_sign + 1 == address.size() || odd) {
    problems.add(path, fmt::format("\"{}\" is not a mail address; write it like ops@example.com", address));
  }
}

void check_mail(const MailSettings& mail, const std::string& path, Problems& problems) {
  const bool known = mail.server.starts_with("smtp://") || mail.server.starts_with("smtps://");
  if (!problems.present(path + ".server")) {
    problems.add(path + ".server", "is missing");
  } else if (!known || !io::parse_http_url("http" + mail.server.substr(mail.server.find("://")))) {
    problems.add(path + ".server", fmt::format("\"{}\" is not a mail server; write it like smtp://mail.example.com:587", mail.server));
  }
  if (!problems.present(path + ".from")) problems.add(path + ".from", "is missing");
  if (mail.to.empty()) problems.add(path + ".to", problems.present(path + ".to") ? "is empty; give an address" : "is missing");
  if (problems.present(path + ".from")) check_address(mail.from, path + ".from", problems);
  for (size_t i = 0; i < mail.to.size(); ++i) check_address(mail.to[i], at(path + ".to", i), problems);
  if (mail.user.empty() != mail.password.empty()) problems.add(path, "needs user and password together");
  if (!mail.user.empty() && !mail.starttls && mail.server.starts_with("smtp://")) {
    problems.add(path + ".starttls", "would send the password unencrypted; leave starttls on, or sign in nowhere");
  }
}
}  // namespace

void check_alerts(const Settings& settings, Problems& problems) {
  for (size_t i = 0; i < settings.alerts.size(); ++i) {
    const std::string path = at("alerts", i);
    const auto& alert = settings.alerts[i];
    const bool webhook = problems.present(path + ".webhook");
    const bool exec = problems.present(path + ".exec");
    const bool mail = std::ranges::any_of(std::array{"server", "from", "to", "user", "password", "starttls"},
                                          [&](const char* field) { return problems.present(path + ".mail." + field); });
    const int ways = int{webhook} + int{exec} + int{mail};
    if (ways == 0) problems.add(path, "has none of webhook, exec and mail; give one");
    if (ways > 1) problems.add(path, "has more than one of webhook, exec and mail; give one");
    if (exec && alert.exec.empty()) problems.add(path + ".exec", "is empty; give the program and its arguments");
    if (!webhook && problems.present(path + ".token")) problems.add(path + ".token", "is for a webhook; a program or a mail gets none");
    if (mail && problems.present(path + ".format")) problems.add(path + ".format", "is for webhook and exec; a mail has its own");
    if (mail) check_mail(alert.mail, path + ".mail", problems);
    check_unique(alert.on, path + ".on", problems);
  }
}

void check_cookie_secret(const Secret& secret, Problems& problems) {
  constexpr size_t kSecretBytes = 16;
  const auto bytes = from_hex(secret.reveal());
  if (secret.empty() || problems.any_below("dns.cookie_secret") || (bytes && bytes->size() == kSecretBytes)) return;
  problems.add("dns.cookie_secret", "must be 32 hex digits; make them with: openssl rand -hex 16");
}

void check_dns(const Settings& settings, Problems& problems) {
  check_cookie_secret(settings.dns.cookie_secret, problems);
  const std::vector<std::string> sites = names_of(settings.sites);
  for (size_t i = 0; i < settings.dns.records.size(); ++i) {
    const std::string& site = settings.dns.records[i].site;
    if (!site.empty() && !settings.sites.contains(site)) {
      problems.add(at("dns.records", i) + ".site", fmt::format("there is no site \"{}\"{}", site, did_you_mean(site, sites)));
    }
  }
  if (!settings.dns.geo_database.empty() && !problems.any_below("dns.geo_database")) {
    if (auto database = io::read_geo_database(settings.dns.geo_database); !database)
      problems.add("dns.geo_database", database.error().text);
  }
  const std::vector<std::string> checks = known_checks(settings);
  for (const auto& problem : dns::load_transfer_rules(settings.dns).problems) {
    if (!problems.any_below(problem.path)) problems.add(problem.path, problem.message);
  }
  const auto files = zone_files(settings.dns, problems);
  for (const dns::Problem& problem : dns::validate(settings.dns, {checks.begin(), checks.end()}, files)) {
    std::string owner = "dns";
    if (problem.where != dns::Problem::Where::kDns) {
      owner = at(problem.where == dns::Problem::Where::kZone ? "dns.zones" : "dns.records", problem.index);
    }
    // A record that could not be read is incomplete here: what follows from that would only confuse.
    const std::string path = owner + "." + problem.field;
    if (!problems.any_below(owner) || problems.present(path)) problems.add(path, problem.message);
  }
}

void check_aws(const Loaded& loaded, Problems& problems) {
  if (!loaded.aws || loaded.aws->site.empty()) return;
  const auto site = loaded.settings.sites.find(loaded.aws->site);
  if (site == loaded.settings.sites.end()) {
    problems.add("aws.site", fmt::format("there is no site \"{}\"{}", loaded.aws->site,
                                         did_you_mean(loaded.aws->site, names_of(loaded.settings.sites))));
    return;
  }
  // What could not be read is incomplete here: what follows from that would only confuse.
  if (problems.any_below("aws") || problems.any_below("sites." + site->first)) return;
  for (const auto& problem : aws::check_layout(*loaded.aws, site->second)) problems.add("aws." + problem.setting, problem.text);
}

}  // namespace evershore::app
