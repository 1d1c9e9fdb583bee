#include "app/settings/rows.h"

#include <array>

#include "model/object.h"

namespace evershore::app {

namespace {

using Texts = std::vector<std::string>;

// The accessor of a member, also of a nested one.
#define FIELD(Struct, Type, member) [](Struct& at) -> Type& { return at.member; }
#define CHOICE(Struct, Enum, member)                                          \
  Choice<Struct> {                                                            \
    [](Struct& at, size_t option) { at.member = static_cast<Enum>(option); }, \
        [](const Struct& at) { return static_cast<size_t>(at.member); }       \
  }

// In the order of the enums.
constexpr std::array<Option, 3> kAddressings{{{"path"}, {"virtual"}, {"bare"}}};
constexpr std::array<Option, 2> kForwardModes{{{"keys"}, {"requests"}}};
constexpr std::array<Option, 3> kFailbackModes{{{"in-sync"}, {"immediate"}, {"manual"}}};
constexpr std::array<Option, 6> kPolicies{{{"simple"}, {"failover"}, {"weighted"}, {"multivalue"}, {"latency"}, {"geo"}}};
constexpr std::array<Option, 4> kWhenAllDown{{{"all"}, {"last-known"}, {"fallback"}, {"none"}}};
constexpr std::array<Option, 7> kContinents{{{"AF"}, {"AN"}, {"AS"}, {"EU"}, {"NA"}, {"OC"}, {"SA"}}};
constexpr std::array<Option, 4> kCheckTypes{{{"http"}, {"https"}, {"tcp"}, {"calculated"}}};
// Of texts.
constexpr std::array<Option, 2> kRoles{{{"primary"}, {"secondary"}}};

constexpr Limits kNetworkNames{.most = kNetworksMax};
constexpr Limits kInterval{.shortest = 100ms, .longest = 1h};
constexpr Limits kTimeout{.shortest = 10ms, .longest = 1min};
constexpr Limits kThreshold{.least = 1, .most = 10};
constexpr Limits kEndpoints{.format = Format::kEndpoint, .most = 64};
constexpr Limits kResolvers{.format = Format::kResolver, .most = kResolversMax};

}  // namespace

std::span<const Row<NodeSettings>> node_rows() {
  using S = NodeSettings;
  static const Row<S> rows[] = {
      {"name",
       FIELD(S, std::string, name),
       {.format = Format::kName, .most = 64, .default_text = "the host's name"},
       Apply::kRestart,
       "This node's name, in `edge/NAME` checks, logs and versions of objects. Different on every node."},
      {"data",
       FIELD(S, std::string, data),
       {.format = Format::kDirectory},
       Apply::kRestart,
       "Folder for the node's state; created with mode 0700."},
      {"threads",
       FIELD(S, uint32_t, threads),
       {.most = 256, .default_text = "one per core"},
       Apply::kRestart,
       "Event loops for DNS and edge."},
      {"user",
       FIELD(S, std::string, user),
       {.format = Format::kName, .most = 32, .default_text = "stays who it is"},
       Apply::kRestart,
       "The user that a node started by root becomes, for good, once it listens."},
  };
  return rows;
}

std::span<const Row<RegionSettings>> region_rows() {
  using S = RegionSettings;
  static const Row<S> rows[] = {
      {"endpoint",
       FIELD(S, std::string, endpoint),
       {.required = true, .format = Format::kOrigin},
       Apply::kLive,
       "Where the store is: scheme, host and port."},
      {"addressing",
       CHOICE(S, Addressing, addressing),
       {.options = kAddressings},
       Apply::kLive,
       "`path`: the bucket is the first part of the path. `virtual`: the bucket is in the host name. `bare`: the endpoint is the bucket "
       "itself (a website endpoint, a CDN, any HTTP server); read only, without bucket and keys."},
      {"bucket",
       FIELD(S, std::string, bucket),
       {.most = 255, .default_text = "required unless `bare`"},
       Apply::kLive,
       "The bucket's name."},
      {"probe",
       FIELD(S, std::string, probe),
       {.most = kObjectKeyBytesMax, .default_text = "none"},
       Apply::kLive,
       "A key that the region's own check fetches besides its default check; it must answer 2xx or 3xx."},
      {"check.interval", FIELD(S, Duration, check.interval), kInterval, Apply::kLive,
       "Time between two probes of the region's own check, `region/NAME`."},
      {"check.timeout", FIELD(S, Duration, check.timeout), kTimeout, Apply::kLive, "A probe that takes longer has failed."},
      {"check.failure_threshold", FIELD(S, uint32_t, check.failure_threshold), kThreshold, Apply::kLive,
       "Probes in a row that change the state, both ways."},
      {"access_key",
       FIELD(S, Secret, access_key),
       {.default_text = "anonymous"},
       Apply::kLive,
       "Literal, `env:NAME` or `file:PATH`. Never logged or shown."},
      {"secret_key",
       FIELD(S, Secret, secret_key),
       {.default_text = "anonymous"},
       Apply::kLive,
       "Literal, `env:NAME` or `file:PATH`. Never logged or shown."},
      {"signing_region",
       FIELD(S, std::string, signing_region),
       {.format = Format::kName, .most = 64},
       Apply::kLive,
       "The region name in request signatures."},
      {"ca_file",
       FIELD(S, std::string, ca_file),
       {.format = Format::kReadableFile, .default_text = "the system's authorities"},
       Apply::kLive,
       "PEM file of the authorities that may have signed the certificate of an https endpoint. Read again when it changes."},
      {"client_certificate",
       FIELD(S, std::string, client_certificate),
       {.format = Format::kReadableFile, .default_text = "none"},
       Apply::kLive,
       "PEM file of a certificate and its chain, shown to the endpoint if it asks for one: by edge, probes and replication alike. Read "
       "again "
       "when it changes."},
      {"client_key",
       FIELD(S, std::string, client_key),
       {.format = Format::kReadableFile, .default_text = "required with `client_certificate`"},
       Apply::kLive,
       "PEM file of its private key."},
      region_replication_rows()[0],
      region_replication_rows()[1],
      region_replication_rows()[2],
      region_replication_rows()[3],
  };
  return rows;
}

namespace {

Row<SiteSettings> forward_row() {
  using S = SiteSettings;
  return {
      "forward",
      CHOICE(S, ForwardMode, forward),
      {.options = kForwardModes},
      Apply::kLive,
      "`keys`: regions are asked for a key, and see nothing of the client. `requests`: any method with its query, fields and body goes to "
      "them, and answers of all kinds come back; for sites whose regions are all `bare`."};
}

Row<SiteSettings> override_ttl_row() {
  using S = SiteSettings;
  return {"override_ttl",
          [](S& at) -> Duration& { return at.override_ttl ? *at.override_ttl : at.override_ttl.emplace(); },
          {.default_text = "what regions say"},
          Apply::kLive,
          "Freshness of all that may be stored, whatever lifetime the region gives it."};
}

Row<SiteSettings> max_ttl_row() {
  using S = SiteSettings;
  return {"max_ttl",
          [](S& at) -> Duration& { return at.max_ttl ? *at.max_ttl : at.max_ttl.emplace(); },
          {.default_text = "none"},
          Apply::kLive,
          "The longest freshness that a region can ask for."};
}

}  // namespace

std::span<const Row<SiteSettings>> site_rows() {
  using S = SiteSettings;
  static const Row<S> rows[] = {
      {"hosts",
       FIELD(S, Texts, hosts),
       {.required = true, .format = Format::kHost, .least = 1, .most = 256},
       Apply::kLive,
       "Host names the site answers to: exact, `*.example.com`, or `*` for any."},
      {"regions",
       FIELD(S, Texts, regions),
       {.required = true, .format = Format::kName, .least = 1, .most = kRegionsMax},
       Apply::kLive,
       "Regions in order of preference; the first is the primary."},
      {"prefix",
       FIELD(S, std::string, prefix),
       {.most = kObjectKeyBytesMax, .default_text = "none"},
       Apply::kLive,
       "Key prefix inside the buckets."},
      {"index", FIELD(S, std::string, index), {.most = kObjectKeyBytesMax}, Apply::kLive, "Appended to keys that are empty or end in `/`."},
      {"error_document",
       FIELD(S, std::string, error_document),
       {.most = kObjectKeyBytesMax, .default_text = "built in"},
       Apply::kLive,
       "Key of the page for what no region has."},
      {"default_ttl",
       FIELD(S, Duration, default_ttl),
       {},
       Apply::kLive,
       "Freshness of objects without caching headers; `0s` is the heuristic of RFC 9111."},
      forward_row(),
      {"negative_ttl",
       FIELD(S, Duration, negative_ttl),
       {.longest = 24h},
       Apply::kLive,
       "For so long \"no region has this key\" is answered from the cache; `0s` asks each time."},
      override_ttl_row(),
      max_ttl_row(),
      redirect_row(),
      hsts_rows()[0],
      hsts_rows()[1],
      hsts_rows()[2],
      {"failback.mode",
       CHOICE(S, FailbackMode, failback.mode),
       {.options = kFailbackModes},
       Apply::kLive,
       "When a region that came back serves again: `in-sync` (it has all data), `immediate`, or `manual`."},
      {"failback.hold",
       FIELD(S, Duration, failback.hold),
       {.longest = 24h},
       Apply::kLive,
       "For so long it must have been healthy and in sync."},
  };
  return with_behaviour(rows);
}

std::span<const Row<DnsSettings>> dns_rows() {
  using S = DnsSettings;
  static const Row<S> rows[] = {
      {"listen", FIELD(S, Texts, listen), kEndpoints, Apply::kRestart, "Addresses for UDP and TCP. None: no dns role."},
      {"listen_tls", FIELD(S, Texts, listen_tls), kEndpoints, Apply::kRestart,
       "Addresses for DNS over TLS (RFC 7858), with the certificates of `edge.tls`."},
      {"rate_limit",
       FIELD(S, uint32_t, rate_limit),
       {.most = 1'000'000},
       Apply::kLive,
       "Equal answers per second and client network (IPv4 /24, IPv6 /56) over UDP; clients with a cookie are exempt; 0 is no limit."},
      {"cookie_secret",
       FIELD(S, Secret, cookie_secret),
       {.default_text = "random at each start"},
       Apply::kRestart,
       "32 hex digits for DNS cookies (RFC 9018); give all nodes behind one name the same."},
      {"transfer.allow",
       FIELD(S, Texts, transfer.allow),
       {.most = 256},
       Apply::kLive,
       "Networks that may take the zones by AXFR and IXFR, such as `192.0.2.0/24`. With neither these nor `transfer.keys`: nobody."},
      {"transfer.keys",
       FIELD(S, Texts, transfer.keys),
       {.format = Format::kDomain, .most = kTsigKeysMax},
       Apply::kLive,
       "Names of keys, one of which must have signed the request. NOTIFY is signed with the first."},
      {"transfer.notify",
       FIELD(S, Texts, transfer.notify),
       {.format = Format::kEndpoint, .most = kSecondariesMax},
       Apply::kLive,
       "Secondaries that are told of each change at once (NOTIFY)."},
      {"keys", Tables{}, {.most = kTsigKeysMax}, Apply::kLive, "Keys that sign transfers (TSIG)."},
      {"why",
       FIELD(S, Texts, why),
       {.format = Format::kPrefix, .most = 256},
       Apply::kLive,
       "Networks that may ask for TXT at `_why.NAME`, which tells why NAME answers what it does. Empty: nobody; for them the name does not "
       "exist."},
      {"resolvers", FIELD(S, Texts, resolvers), kResolvers, Apply::kLive,
       "Recursive resolvers that are asked for ALIAS targets outside the zones; see docs/operating/dns-alias.md."},
      {"client_subnet",
       FIELD(S, bool, client_subnet),
       {},
       Apply::kLive,
       "Whether a resolver's word on where its client is (EDNS client subnet, RFC 7871) goes before the resolver's own address. Turn it on "
       "only if resolvers that send it ask this server: each distinct subnet is a cache entry of theirs."},
      {"geo_database",
       FIELD(S, std::string, geo_database),
       {.format = Format::kReadableFile, .default_text = "none"},
       Apply::kLive,
       "A MaxMind database (.mmdb) with countries, for `country` and `continent`. Read at start and on reload."},
      {"networks", Named{}, kNetworkNames, Apply::kLive,
       "`NAME = [\"192.0.2.0/24\", \"2001:db8::/32\"]`: networks for `geo` and `latency`; the longest prefix wins."},
      {"latency", Named{}, kNetworkNames, Apply::kLive,
       "`[dns.latency.NETWORK]` with `REGION = \"12ms\"`: how far each region is from a network, from `\"country/DE\"` or from "
       "`\"continent/EU\"`, as you measured it; for policy `latency`."},
      route53_rows()[0],
      route53_rows()[1],
      route53_rows()[2],
      route53_rows()[3],
      {"zones", Tables{}, {.most = kZonesMax}, Apply::kLive, "The zones this node answers for."},
      {"records", Tables{}, {.most = kRecordsMax}, Apply::kLive, "Records, added to those of the zones' files."},
  };
  return rows;
}

std::span<const Row<TsigKeySettings>> tsig_key_rows() {
  using S = TsigKeySettings;
  static constexpr Option kAlgorithms[] = {{"hmac-sha256"}, {"hmac-sha384"}, {"hmac-sha512"}};
  static const Row<S> rows[] = {
      {"name", FIELD(S, std::string, name), {.required = true, .format = Format::kDomain, .most = 255}, Apply::kLive, "The key's name."},
      {"algorithm", FIELD(S, std::string, algorithm), {.options = kAlgorithms}, Apply::kLive, "How it signs."},
      {"secret", FIELD(S, Secret, secret), {.required = true}, Apply::kLive, "The key itself, in base64."},
  };
  return rows;
}

Limits prefix_limits() { return {.format = Format::kPrefix, .least = 1, .most = kPrefixesMax}; }
Limits latency_limits() { return {.longest = 1min}; }

std::span<const Row<ZoneSettings>> zone_rows() {
  using S = ZoneSettings;
  static const Row<S> rows[] = {
      {"name", FIELD(S, std::string, name), {.required = true, .format = Format::kDomain, .most = 255}, Apply::kLive, "The zone's name."},
      {"file",
       FIELD(S, std::string, file),
       {.format = Format::kReadableFile, .default_text = "none"},
       Apply::kLive,
       "A master file (RFC 1035) with more of the zone's records."},
      {"nameservers",
       FIELD(S, Texts, nameservers),
       {.format = Format::kDomain, .most = 13},
       Apply::kLive,
       "Names of the zone's servers, for its NS and SOA records."},
      {"dnssec",
       FIELD(S, bool, dnssec),
       {},
       Apply::kLive,
       "Whether the zone is signed, with keys that `evershore dns keys make` put into `node.data`."},
  };
  return rows;
}

std::span<const Row<RecordSettings>> record_rows() {
  using S = RecordSettings;
  static const Row<S> rows[] = {
      {"name",
       FIELD(S, std::string, name),
       {.required = true, .format = Format::kDomain, .most = 255},
       Apply::kLive,
       "The record's full name."},
      {"type",
       FIELD(S, std::string, type),
       {.required = true, .format = Format::kName, .most = 16},
       Apply::kLive,
       "`A`, `AAAA`, `CNAME`, `TXT`, `MX`, `SRV`, `CAA`, `SVCB`, `HTTPS`, ...; `ALIAS` where a CNAME is not allowed."},
      {"ttl", FIELD(S, Duration, ttl), {.longest = 24h * 7}, Apply::kLive, "How long resolvers may keep the answer; whole seconds."},
      {"policy",
       CHOICE(S, RecordPolicy, policy),
       {.options = kPolicies},
       Apply::kLive,
       "How an answer is chosen: `simple` (all), `failover` (the first healthy one), `weighted` (drawn for each query), `multivalue` (up "
       "to 8 "
       "healthy ones), `latency` (the nearest healthy region), `geo` (by the client's network, country, continent)."},
      {"when_all_down",
       CHOICE(S, WhenAllDown, when_all_down),
       {.options = kWhenAllDown},
       Apply::kLive,
       "What is answered when no answer is healthy: `all` (as if all were; for `failover` the first), `last-known` (those that were "
       "healthy "
       "last), `fallback` (the answer named there) or `none` (the name without data). Unknown health is not down."},
      {"fallback",
       FIELD(S, std::string, fallback),
       {.format = Format::kName, .most = 128, .default_text = "none"},
       Apply::kLive,
       "Id of the answer for `when_all_down = \"fallback\"`; it is given only then."},
      {"answers", Tables{}, {.most = kAnswersMax}, Apply::kLive, "The answers to choose from."},
      {"values", FIELD(S, Texts, values), {.most = 400}, Apply::kLive, "For `simple`: the values, all of which are answered."},
      {"site",
       FIELD(S, std::string, site),
       {.format = Format::kName, .default_text = "none"},
       Apply::kLive,
       "Derive the answers from this site instead."},
  };
  return rows;
}

std::span<const Row<AnswerSettings>> answer_rows() {
  using S = AnswerSettings;
  static const Row<S> rows[] = {
      {"id", FIELD(S, std::string, id), {.format = Format::kName, .most = 128}, Apply::kLive, "Tells the record's answers apart."},
      {"role",
       FIELD(S, std::string, role),
       {.options = kRoles},
       Apply::kLive,
       "For `failover` of two answers: `primary` or `secondary`. Without roles the order is that of the answers, two or more."},
      {"value", FIELD(S, std::string, value), {.required = true}, Apply::kLive, "One value, as in a zone file."},
      {"health_check",
       FIELD(S, std::string, health_check),
       {.most = 128, .default_text = "none: always healthy"},
       Apply::kLive,
       "Name of a health check, `region/NAME` or `edge/NODE`."},
      {"evaluate_target_health",
       FIELD(S, bool, evaluate_target_health),
       {},
       Apply::kLive,
       "The value is the name of another record with a policy: this answer is down while that record has no healthy answer."},
      {"weight",
       FIELD(S, uint32_t, weight),
       {.most = 255},
       Apply::kLive,
       "For `weighted`: the answer's share is its weight among those of all healthy answers. 0: only if no other is healthy; all 0: equal "
       "shares."},
      {"networks",
       FIELD(S, Texts, networks),
       {.format = Format::kName, .most = 64},
       Apply::kLive,
       "For `geo`: for clients in these networks of `[dns.networks]`. The smallest area wins: network, country, continent, default."},
      {"country",
       FIELD(S, std::string, country),
       {.format = Format::kCountry, .default_text = "none"},
       Apply::kLive,
       "For `geo`: for clients in this country (ISO 3166, `DE`)."},
      {"continent",
       FIELD(S, std::string, continent),
       {.options = kContinents, .default_text = "none"},
       Apply::kLive,
       "For `geo`: for clients on this continent."},
      {"default",
       FIELD(S, bool, for_others),
       {},
       Apply::kLive,
       "For `geo`: for clients from anywhere else. Without such an answer they get the name without data."},
      {"region",
       FIELD(S, std::string, region),
       {.format = Format::kName, .most = 64, .default_text = "required for `latency`"},
       Apply::kLive,
       "For `latency`: where the answer is, a region of `[dns.latency.NETWORK]`."},
  };
  return rows;
}

std::span<const Row<HealthCheckSettings>> health_check_rows() {
  using S = HealthCheckSettings;
  static const Row<S> rows[] = {
      {"type",
       CHOICE(S, CheckType, type),
       {.required = true, .options = kCheckTypes},
       Apply::kLive,
       "`http` and `https`: an answer of 2xx or 3xx (certificates are not verified). `tcp`: a connection. `calculated`: from other "
       "checks."},
      {"url",
       FIELD(S, std::string, url),
       {.default_text = "required unless `calculated`"},
       Apply::kLive,
       "What is probed; for `tcp`: host:port."},
      {"search",
       FIELD(S, std::string, search),
       {.most = 255, .default_text = "none"},
       Apply::kLive,
       "Text that must lie within the first 5120 bytes of the answer's body."},
      {"interval", FIELD(S, Duration, timing.interval), kInterval, Apply::kLive, "Time between two probes."},
      {"timeout", FIELD(S, Duration, timing.timeout), kTimeout, Apply::kLive, "A probe that takes longer has failed."},
      {"failure_threshold", FIELD(S, uint32_t, timing.failure_threshold), kThreshold, Apply::kLive,
       "Probes in a row that change the state, both ways."},
      {"children", FIELD(S, Texts, children), {.most = 255}, Apply::kLive, "For `calculated`: the checks it counts."},
      {"healthy_at_least",
       FIELD(S, uint32_t, healthy_at_least),
       {.most = 255},
       Apply::kLive,
       "For `calculated`: healthy if so many children are; 0 is always."},
      {"inverted", FIELD(S, bool, inverted), {}, Apply::kLive, "Publish the opposite; applied after `disabled`."},
      {"disabled", FIELD(S, bool, disabled), {}, Apply::kLive, "Stop probing and publish healthy."},
  };
  return rows;
}

std::span<const Row<AdminSettings>> admin_rows() {
  using S = AdminSettings;
  static const Row<S> rows[] = {
      {"listen",
       FIELD(S, std::string, listen),
       {.format = Format::kEndpoint, .default_text = "none: no console role"},
       Apply::kRestart,
       "Address of console, API and metrics."},
      {"token",
       FIELD(S, Secret, token),
       {.default_text = "required unless the address is loopback"},
       Apply::kRestart,
       "Literal, `env:NAME` or `file:PATH`. What callers must present to see and to act."},
      {"view_token",
       FIELD(S, Secret, view_token),
       {.default_text = "none"},
       Apply::kRestart,
       "The same for callers that may look, and change nothing; beside `token`."},
  };
  return rows;
}

}  // namespace evershore::app
