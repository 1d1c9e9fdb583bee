// evershore sign: a link or a cookie that grants access for a while, made from the settings file alone.
#include <fmt/format.h>

#include <algorithm>

#include "app/commands.h"
#include "app/load.h"
#include "base/text.h"
#include "edge/signed_url.h"
#include "io/loop.h"
#include "io/stream.h"
#include "wire/http/uri.h"

namespace evershore::app {

namespace {

constexpr Duration kLongest = std::chrono::hours(24 * 366);

// "https://assets.example.com", with the port that visitors need; a path where the site has no name of its own.
std::string origin_of(const Settings& settings, const SiteSettings& site) {
  const auto host = std::ranges::find_if(site.hosts, [](const std::string& name) { return !name.contains('*'); });
  if (host == site.hosts.end()) return "";
  const bool tls = !settings.edge.listen_tls.empty();
  const auto& listen = tls ? settings.edge.listen_tls : settings.edge.listen;
  const auto endpoint = listen.empty() ? Result<io::Endpoint>(io::Endpoint{}) : io::parse_endpoint(listen.front());
  const uint16_t port = endpoint ? endpoint->port : 0;
  const bool usual = port == 0 || port == (tls ? 443 : 80);
  return fmt::format("{}://{}{}", tls ? "https" : "http", *host, usual ? "" : fmt::format(":{}", port));
}

std::string cookie_of(const std::string& parameters, const Settings& settings, Duration span) {
  return fmt::format("Set-Cookie: {}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax{}", edge::kGrantCookie, parameters,
                     std::chrono::duration_cast<std::chrono::seconds>(span).count(), settings.edge.listen_tls.empty() ? "" : "; Secure");
}

const SigningKeySettings* key_of(const SignedSettings& signing, const std::string& id) {
  const auto found = std::ranges::find_if(signing.keys, [&](const auto& key) { return id.empty() || key.id == id; });
  return found == signing.keys.end() ? nullptr : &*found;
}

}  // namespace

int command_sign(const GlobalOptions& global, const SignOptions& options) {
  const auto settings = load_or_explain(global.settings_path);
  if (!settings) return kUsage;
  const auto site = settings->sites.find(options.site);
  if (site == settings->sites.end()) return complain(kUsage, fmt::format("sign: there is no site \"{}\"", options.site));
  const auto* with = key_of(site->second.behaviour.signing, options.key_id);
  if (with == nullptr) {
    return complain(kUsage, options.key_id.empty() ? fmt::format("sign: site {} has no signed.keys", options.site)
                                                   : fmt::format("sign: site {} has no key \"{}\"", options.site, options.key_id));
  }
  const auto span = parse_duration(options.for_span);
  if (!span || *span < std::chrono::seconds(1) || *span > kLongest)
    return complain(kUsage, "sign: --for takes a time of 1s to 366d, such as 1h");
  if (!options.network.empty() && !edge::is_network(options.network))
    return complain(kUsage, fmt::format("sign: \"{}\" is not a network; write \"192.0.2.0/24\" or \"2001:db8::/32\"", options.network));
  if (options.prefix && !options.cookie) return complain(kUsage, "sign: --prefix makes a cookie: give --cookie, too");
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(io::Loop().wall().time_since_epoch());
  const edge::Grant grant{.site = options.site,
                          .key = options.key,
                          .by_prefix = options.prefix,
                          .expires_seconds = static_cast<uint64_t>((now + std::chrono::duration_cast<std::chrono::seconds>(*span)).count()),
                          .network = options.network};
  const auto parameters = edge::sign_grant(grant, *with);
  if (options.cookie) {
    fmt::print("{}\n", cookie_of(parameters, *settings, *span));
  } else {
    fmt::print("{}/{}?{}\n", origin_of(*settings, site->second), http::percent_encode(options.key, http::Slash::kKeep), parameters);
  }
  return kDone;
}

}  // namespace evershore::app
