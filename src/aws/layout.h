// What should stand in the account: the settings' layout as plain resources.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/aws_settings.h"
#include "model/settings.h"
#include "wire/aws/resources.h"

namespace evershore::aws {

enum class LayoutKind : uint8_t { kClassic, kOriginGroup, kEvershore };

struct WantedBucket {
  std::string part;  // "primary", "secondary"
  std::string region, name;
  std::optional<Website> website;
  bool public_read = false;      // everyone may read objects
  std::string policy_statement;  // JSON of our one statement; may hold references; "" = none
  std::optional<ReplicationRule> replication;
};

struct WantedRole {
  std::string name, trust_policy, policy_name, policy;
};

struct WantedCheck {
  std::string part;  // "check/bucket"
  std::string what;  // for people
  HealthCheck check;
};

struct Layout {
  LayoutKind kind = LayoutKind::kClassic;
  std::string host, zone;
  Tags tags;  // the user's, and our owner tag
  std::vector<WantedBucket> buckets;
  std::optional<WantedRole> role;
  std::string certificate_domain;  // one is requested; "" = given or none
  std::string access_control;      // name; "" = none
  std::optional<Distribution> distribution;
  std::vector<WantedCheck> checks;
  std::string topic;  // name; "" = none
  std::string notify;
  std::optional<Alarm> alarm;
  std::vector<RecordSet> records;    // all at `host`
  std::vector<std::string> cannot;   // what this layout cannot do, told before anything is made
  std::vector<std::string> remarks;  // what its owner has to do
  Tags tags_of(const std::string& part) const;
};

// What is wrong with the settings: the setting below [aws] ("secondary.bucket") and the text. Everything that AWS would refuse later.
struct LayoutProblem {
  std::string setting, text;
};
std::vector<LayoutProblem> check_layout(const AwsSettings& aws, const SiteSettings& site);

// `aws` and `site` have no problems.
Layout wanted(const AwsSettings& aws, const SiteSettings& site);

// Route 53's limits on a check, by the API: also for what the settings cannot say today. "" = none broken.
std::string broken_limit(const HealthCheck& check);

}  // namespace evershore::aws
