// Whether the hosts can have certificates from an ACME authority in the way that edge.acme says.
#include <algorithm>

#include "app/settings/cross_check.h"
#include "base/text.h"
#include "io/http_client.h"

namespace evershore::app {

namespace {

constexpr size_t kSecretBytes = 32;
constexpr std::string_view kPath = "edge.acme";

std::string below(std::string_view key) { return fmt::format("{}.{}", kPath, key); }

bool in_zone(std::string_view host, const std::vector<ZoneSettings>& zones) {
  if (host.starts_with("*.")) host.remove_prefix(2);
  return std::ranges::any_of(zones, [&](const ZoneSettings& zone) {
    const auto name = to_lower(zone.name);
    return host == name || host.ends_with("." + name);
  });
}

bool is_wildcard(const std::string& host) { return host.starts_with("*"); }

void check_account(const AcmeSettings& acme, Problems& problems) {
  const auto url = io::parse_http_url(acme.directory);
  if (url && !url->origin.tls) problems.add(below("directory"), "must be an https URL (RFC 8555 6.1)");
  if (!acme.accept_terms) problems.add(below("accept_terms"), "must be true: the authority's terms of service have to be agreed to");
  if (!acme.email.empty() && !acme.email.contains('@'))
    problems.add(below("email"), fmt::format("\"{}\" is no e-mail address", acme.email));
  if (acme.eab_key_id.empty() != acme.eab_hmac_key.empty()) {
    problems.add(below(acme.eab_key_id.empty() ? "eab_key_id" : "eab_hmac_key"), "is missing; the two belong together");
  }
}

void check_shared(const AcmeSettings& acme, const Settings& settings, Problems& problems) {
  for (size_t i = 0; i < acme.shared.regions.size(); ++i) {
    const auto& name = acme.shared.regions[i];
    const auto path = below(fmt::format("shared.regions[{}]", i));
    const auto region = settings.regions.find(name);
    if (region == settings.regions.end()) {
      if (!name.empty()) problems.add(path, fmt::format("there is no region \"{}\"", name));
    } else if (region->second.addressing == Addressing::kBare) {
      problems.add(path, fmt::format("region \"{}\" is \"bare\": nothing can be written there", name));
    }
  }
  if (acme.shared.regions.empty() || problems.any_below(below("shared.secret"))) return;
  const auto bytes = from_hex(acme.shared.secret.reveal());
  if (acme.shared.secret.empty() || !bytes || bytes->size() != kSecretBytes) {
    problems.add(below("shared.secret"), "must be 64 hex digits; make them with: openssl rand -hex 32");
  }
}

void check_host(const std::string& host, const std::string& path, const Settings& settings, Problems& problems) {
  const bool by_dns = settings.edge.acme->challenge == AcmeChallenge::kDns01;
  if (host == "*") {
    problems.add(path, "\"*\" is no name: no authority gives a certificate for it");
  } else if (!by_dns && is_wildcard(host)) {
    problems.add(path, fmt::format("\"{}\" is a wildcard: only challenge = \"dns-01\" can prove it", host));
  } else if (by_dns && !in_zone(host, settings.dns.zones)) {
    problems.add(path, fmt::format("\"{}\" is in none of dns.zones, so dns-01 cannot prove it", host));
  }
}

}  // namespace

std::vector<std::string> certificate_hosts(const Settings& settings) {
  if (!settings.edge.acme) return {};
  std::vector<std::string> hosts = settings.edge.acme->hosts;
  if (hosts.empty()) {
    const bool by_dns = settings.edge.acme->challenge == AcmeChallenge::kDns01;
    for (const auto& [_, site] : settings.sites) {
      std::ranges::copy_if(site.hosts, std::back_inserter(hosts),
                           [&](const std::string& host) { return host != "*" && (by_dns || !is_wildcard(host)); });
    }
  }
  std::ranges::sort(hosts);
  const auto rest = std::ranges::unique(hosts);
  hosts.erase(rest.begin(), rest.end());
  return hosts;
}

void check_acme(const Settings& settings, Problems& problems) {
  if (!settings.edge.acme) return;
  const auto& acme = *settings.edge.acme;
  if (!problems.any_below(kPath)) check_account(acme, problems);
  check_shared(acme, settings, problems);
  if (settings.edge.listen_tls.empty() && settings.dns.listen_tls.empty()) {
    problems.add(kPath, "nothing listens for TLS: give edge.listen_tls");
  }
  const bool by_dns = acme.challenge == AcmeChallenge::kDns01;
  if (!by_dns && settings.edge.listen.empty()) problems.add(below("challenge"), "http-01 needs edge.listen, on port 80 of the hosts");
  if (by_dns && settings.dns.listen.empty()) problems.add(below("challenge"), "dns-01 needs dns.listen and the hosts' zones");
  for (size_t i = 0; i < acme.hosts.size(); ++i) {
    if (!acme.hosts[i].empty()) check_host(acme.hosts[i], below(fmt::format("hosts[{}]", i)), settings, problems);
  }
  if (!acme.hosts.empty()) return;
  const auto hosts = certificate_hosts(settings);
  if (hosts.empty()) problems.add(below("hosts"), "there is no host that could have a certificate");
  for (const auto& host : hosts) check_host(host, below("hosts"), settings, problems);
}

}  // namespace evershore::app
