// What stands in an AWS account, as plain values. A text may hold references such as "@{check/both}" to what is known only once it is
// made (refs.h).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace evershore::aws {

using Tags = std::map<std::string, std::string>;

struct HealthCheck {
  std::string type = "HTTP";  // HTTP, HTTPS, HTTP_STR_MATCH, HTTPS_STR_MATCH, TCP, CALCULATED
  std::string address;        // probed when set, with `fqdn` as Host; else `fqdn` is looked up
  std::string fqdn;
  uint32_t port = 80;
  std::string path;
  std::string search;
  uint32_t interval_s = 30;  // 10 or 30
  uint32_t failure_threshold = 3;
  bool measure_latency = false;
  bool inverted = false;
  bool disabled = false;
  bool enable_sni = false;
  std::vector<std::string> regions;   // of checkers; none = all
  uint32_t health_threshold = 0;      // CALCULATED
  std::vector<std::string> children;  // CALCULATED: ids
  bool calculated() const { return type == "CALCULATED"; }
  bool operator==(const HealthCheck&) const = default;
};

struct AliasTarget {
  std::string zone_id;
  std::string name;  // without the final dot
  bool evaluate_target_health = false;
  bool operator==(const AliasTarget&) const = default;
};

struct RecordSet {
  std::string name;  // without the final dot
  std::string type;
  std::string set_identifier;
  std::string failover;  // "PRIMARY", "SECONDARY" or ""
  std::optional<uint32_t> ttl_s;
  std::vector<std::string> values;
  std::optional<AliasTarget> alias;
  std::string health_check;  // id
  std::string raw;           // as it was listed, for deleting exactly what is there; "" for our own
};

enum class RecordAction : uint8_t { kUpsert, kDelete };
struct RecordChange {
  RecordAction action = RecordAction::kUpsert;
  RecordSet set;
};

struct Origin {
  std::string id;
  std::string domain;
  std::string access_control_id;       // "" = none
  uint32_t connection_attempts = 3;    // 1..3
  uint32_t connection_timeout_s = 10;  // 1..10
  bool operator==(const Origin&) const = default;
};

struct Distribution {
  std::string comment;
  std::vector<std::string> aliases;
  std::string default_root;
  std::vector<Origin> origins;              // in an origin group if two
  std::vector<uint32_t> failover_statuses;  // of the group
  std::string certificate_arn;              // "" = CloudFront's own name only
  std::string error_page;                   // "/404.html", shown for 403 and 404; "" = the origin's
  std::string price_class = "PriceClass_All";
  bool ipv6 = true;
  bool enabled = true;
  bool operator==(const Distribution&) const = default;
};

struct ReplicationRule {
  std::string id;
  uint32_t priority = 1;
  std::string prefix;
  std::string destination_bucket;  // name
  bool enabled = true;
  bool delete_markers = false;
  bool time_control = false;  // 15 minutes, with metrics
  std::string raw;            // as it was listed: somebody else's rule is kept byte for byte
};

struct Replication {
  std::string role_arn;
  std::vector<ReplicationRule> rules;
};

struct Website {
  std::string index;
  std::string error;  // "" = S3's own
  bool operator==(const Website&) const = default;
};

struct Alarm {
  std::string name;
  std::string health_check;          // id
  std::vector<std::string> actions;  // topics
};

}  // namespace evershore::aws
