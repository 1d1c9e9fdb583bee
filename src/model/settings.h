// The nouns of the settings file as plain values, one struct a noun. Who reads them takes the noun, never the whole.
// app/settings fills them; their defaults are the product's defaults.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/admin_settings.h"
#include "model/alert_settings.h"
#include "model/edge_front.h"
#include "model/replication_filter.h"
#include "model/route53_settings.h"
#include "model/secret.h"
#include "model/site_behaviour.h"
#include "model/site_reads.h"

namespace evershore {

using namespace std::chrono_literals;

enum class Addressing : uint8_t { kPath, kVirtual, kBare };

struct ProbeTiming {
  Duration interval = 1s;
  Duration timeout = 1s;
  uint32_t failure_threshold = 3;
  bool operator==(const ProbeTiming&) const = default;
};

struct RegionSettings {
  std::string name;
  std::string endpoint;  // "http://127.0.0.1:9001"
  Addressing addressing = Addressing::kPath;
  std::string bucket;
  std::string probe;  // optional key the region's own check fetches
  ProbeTiming check;
  Secret access_key;  // both empty = anonymous
  Secret secret_key;
  std::string signing_region = "us-east-1";
  std::string ca_file;             // of an https endpoint; "" = the system's authorities
  std::string client_certificate;  // that we show it; "" = none
  std::string client_key;
  std::string event_queue;                    // URL of an SQS queue that tells of its changes; "" = none
  std::string storage_class;                  // of what replication writes; "" = the bucket's default, "source" = as its source
  uint64_t replication_bytes_per_second = 0;  // read and written by replication; 0 = no limit
  uint32_t replication_requests_per_second = 0;
  bool operator==(const RegionSettings&) const = default;
};

enum class ReplicationMode : uint8_t { kOff, kAsync, kQuorum };
enum class FailbackMode : uint8_t { kInSync, kImmediate, kManual };

// What becomes of tags where a region cannot hold them.
enum class TagRule : uint8_t { kWhereHeld, kRequire, kIgnore };

struct ReplicationSettings {
  ReplicationMode mode = ReplicationMode::kAsync;
  uint32_t copies = 2;  // for kQuorum
  bool deletes = true;
  Duration scan_interval = 15min;
  TagRule tags = TagRule::kWhereHeld;
  ReplicationFilter filter;
  std::vector<std::string> read_only;      // regions that copies are only taken from
  Duration conflict_retention = 24h * 30;  // 0 = losers of crossing writes are not kept
  bool operator==(const ReplicationSettings&) const = default;
};

struct FailbackSettings {
  FailbackMode mode = FailbackMode::kInSync;
  Duration hold = 30s;
  RampSettings ramp;
  bool operator==(const FailbackSettings&) const = default;
};

// What goes to a region: a request for a key, or the client's request itself (of a site whose regions are any HTTP servers).
enum class ForwardMode : uint8_t { kKeys, kRequests };

// Strict-Transport-Security (RFC 6797), in answers over TLS.
struct HstsSettings {
  Duration max_age{};  // 0 = none
  bool include_subdomains = false;
  bool preload = false;
  bool operator==(const HstsSettings&) const = default;
};

struct SiteSettings {
  std::string name;
  std::vector<std::string> hosts;    // exact, "*.example.com", "*"; lower case
  std::vector<std::string> regions;  // order of preference
  std::string prefix;
  std::string index = "index.html";
  std::string error_document;  // "" = built-in
  ForwardMode forward = ForwardMode::kKeys;
  Duration default_ttl{};                // 0 = the RFC's heuristic
  Duration negative_ttl{};               // of "no region has it"; 0 = not kept
  std::optional<Duration> override_ttl;  // instead of what regions say
  std::optional<Duration> max_ttl;       // regions cannot ask for more
  bool redirect_https = false;           // plain requests are sent to HTTPS
  HstsSettings hsts;
  ReplicationSettings replication;
  FailbackSettings failback;
  ReadSettings reads;
  SiteBehaviour behaviour;
  bool operator==(const SiteSettings&) const = default;
};

struct TlsPair {
  std::string certificate_path;
  std::string private_key_path;
  std::string ocsp_path;  // "" = none
  bool operator==(const TlsPair&) const = default;
};

// Certificates from an ACME authority (RFC 8555).
enum class AcmeChallenge : uint8_t { kHttp01, kDns01 };
struct AcmeSettings {
  std::string directory;  // its URL
  std::string email;
  bool accept_terms = false;
  AcmeChallenge challenge = AcmeChallenge::kHttp01;
  std::vector<std::string> hosts;  // empty = the sites'
  std::string ca_file;             // PEM; "" = the system's store
  std::string eab_key_id;          // external account binding
  Secret eab_hmac_key;             // base64url
  Duration dns_wait{};             // after publishing a dns-01 record
  struct Shared {
    std::vector<std::string> regions;  // empty = not shared
    Secret secret;                     // 64 hex digits
    Duration interval = 30s;
    bool operator==(const Shared&) const = default;
  } shared;
  bool operator==(const AcmeSettings&) const = default;
};

struct DiskCacheSettings {
  std::string path;
  uint64_t size_bytes = 0;
  bool operator==(const DiskCacheSettings&) const = default;
};

struct EdgeSettings {
  std::vector<std::string> listen;  // "0.0.0.0:8080"; empty = no edge role
  std::vector<std::string> listen_tls;
  std::vector<TlsPair> tls;
  bool http2 = true;  // on listen_tls
  std::optional<AcmeSettings> acme;
  uint32_t https_port = 443;  // where clients reach TLS, for redirects
  uint64_t cache_memory_bytes = 256ULL << 20;
  std::optional<DiskCacheSettings> cache_disk;
  Duration connect_timeout = 300ms;
  Duration first_byte_timeout = 2s;
  Duration stall_timeout = 3s;
  bool expose_header = true;  // X-Evershore and X-Evershore-Request
  AccessLogSettings access_log;
  EdgeLimits limits;
  ProxySettings proxies;
  bool operator==(const EdgeSettings&) const = default;
};

struct ZoneSettings {
  std::string name;  // "example.com" without the final dot
  std::string file;  // optional master file
  std::vector<std::string> nameservers;
  bool dnssec = false;  // signed with the keys in node.data
  bool operator==(const ZoneSettings&) const = default;
};

enum class RecordPolicy : uint8_t { kSimple, kFailover, kWeighted, kMultivalue, kLatency, kGeo };
// What a record with a policy answers when none of its answers is healthy.
enum class WhenAllDown : uint8_t { kAll, kLastKnown, kFallback, kNone };

struct AnswerSettings {
  std::string id;
  std::string role;                     // "primary" | "secondary" for failover of two; without roles the order counts
  std::string value;                    // one value, presentation form of the record's type
  std::string health_check;             // "" = none; a check's name, "region/NAME" or "edge/NODE"
  bool evaluate_target_health = false;  // `value` names a record with a policy: its members' health counts
  uint32_t weight = 1;                  // weighted
  std::vector<std::string> networks;    // geo: names in DnsSettings::networks
  std::string country;                  // geo: "DE"
  std::string continent;                // geo: "EU"
  bool for_others = false;              // geo: for clients from anywhere else
  std::string region;                   // latency: a column of DnsSettings::latency
  bool operator==(const AnswerSettings&) const = default;
};

struct RecordSettings {
  std::string name;  // absolute, without the final dot
  std::string type;  // "A", "AAAA", "CNAME", "TXT", "NS", "MX", ... or "ALIAS"
  Duration ttl = 60s;
  RecordPolicy policy = RecordPolicy::kSimple;
  std::vector<AnswerSettings> answers;
  std::vector<std::string> values;  // simple policy may list values instead of answers
  std::string site;                 // derive the answers from this site's edges
  WhenAllDown when_all_down = WhenAllDown::kAll;
  std::string fallback;  // kFallback: an answer's id
  bool operator==(const RecordSettings&) const = default;
};

// A shared key that signs transfers (RFC 8945).
struct TsigKeySettings {
  std::string name;
  std::string algorithm = "hmac-sha256";
  Secret secret;  // base64
  bool operator==(const TsigKeySettings&) const = default;
};

// Other servers that hold copies of the zones.
struct TransferSettings {
  std::vector<std::string> allow;   // networks that may take the zones
  std::vector<std::string> keys;    // names in DnsSettings::keys, one of which must sign
  std::vector<std::string> notify;  // "192.0.2.1:53": told of each change
  bool operator==(const TransferSettings&) const = default;
};

struct DnsSettings {
  std::vector<std::string> listen;      // empty = no dns role
  std::vector<std::string> listen_tls;  // DNS over TLS, with the certificates of EdgeSettings::tls
  uint32_t rate_limit = 200;            // equal answers per second and client network; 0 = off
  Secret cookie_secret;                 // 32 hex digits (RFC 9018), the same on all nodes behind one name; empty = one of this start's own
  std::vector<ZoneSettings> zones;
  std::vector<RecordSettings> records;
  std::vector<TsigKeySettings> keys;
  TransferSettings transfer;
  std::vector<std::string> why;                                    // networks whose TXT questions for _why.NAME are answered
  std::vector<std::string> resolvers;                              // "address:port": asked for ALIAS targets outside the zones
  bool client_subnet = false;                                      // heed the clients' EDNS client subnet (RFC 7871)
  std::string geo_database;                                        // path of a MaxMind database of countries; "" = none
  std::map<std::string, std::vector<std::string>> networks;        // by name: prefixes
  std::map<std::string, std::map<std::string, Duration>> latency;  // by network, "country/DE" or "continent/EU": to each region
  std::string publish;                                             // "" or "route53": who else is told what the records answer
  Route53Settings route53;
  bool operator==(const DnsSettings&) const = default;
};

enum class CheckType : uint8_t { kHttp, kHttps, kTcp, kCalculated };

struct HealthCheckSettings {
  std::string name;
  CheckType type = CheckType::kHttp;
  std::string url;     // http, https: the URL; tcp: "host:port" or "tcp://host:port"
  std::string search;  // non-empty makes it a string match
  ProbeTiming timing{.interval = 10s, .timeout = 4s, .failure_threshold = 3};
  std::vector<std::string> children;  // calculated
  uint32_t healthy_at_least = 1;      // calculated
  bool inverted = false;
  bool disabled = false;
  bool operator==(const HealthCheckSettings&) const = default;
};

struct NodeSettings {
  std::string name;
  std::string data = "/var/lib/evershore";
  uint32_t threads = 0;  // 0 = one per core
  std::string user;      // whom the process becomes once it listens; "" = it stays who it is
  bool operator==(const NodeSettings&) const = default;
};

// Only app/ holds the whole.
struct Settings {
  NodeSettings node;
  std::map<std::string, RegionSettings> regions;
  std::map<std::string, SiteSettings> sites;
  EdgeSettings edge;
  DnsSettings dns;
  std::map<std::string, HealthCheckSettings> health_checks;
  std::vector<AlertSettings> alerts;
  AdminSettings admin;
  bool operator==(const Settings&) const = default;
};

}  // namespace evershore
