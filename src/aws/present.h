// What stands in the account now, as far as a layout could touch it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "aws/layout.h"
#include "aws/refs.h"
#include "wire/aws/acm.h"
#include "wire/aws/cloudfront.h"
#include "wire/aws/query.h"
#include "wire/aws/route53.h"

namespace evershore::aws {

struct PresentBucket {
  bool exists = false;
  bool refused = false;  // somebody else's
  std::string region;    // where it is
  Tags tags;
  bool versioned = false;
  bool public_allowed = false;
  bool empty = true;  // of objects, versions and delete markers
  std::string policy;
  std::optional<Website> website;
  std::optional<Replication> replication;
};

struct PresentZone {
  FoundZone zone;
  Tags tags;
  std::vector<std::string> name_servers;
};

struct PresentCheck {
  FoundCheck found;
  Tags tags;
};

struct PresentCertificate {
  FoundCertificate found;
  Tags tags;
};

struct PresentDistribution {
  DistributionSummary summary;
  DistributionConfig config;
  Tags tags;
};

struct PresentControl {
  std::string id, etag;
};

struct PresentRole {
  FoundRole role;
  std::string policy;  // our inline one; "" = none
};

struct PresentTopic {
  std::string arn;
  Tags tags;
  std::vector<std::string> emails;
};

struct PresentAlarm {
  FoundAlarm found;
  Tags tags;
};

struct Present {
  std::string account;
  std::optional<PresentZone> zone;
  std::vector<RecordSet> records;                   // of the zone, as far as read: the host's, and all of it if the zone is ours
  std::vector<PresentCheck> checks;                 // ours, by caller reference
  std::map<std::string, PresentBucket> buckets;     // by name
  std::optional<PresentRole> role;                  // of our role's name
  std::optional<PresentCertificate> certificate;    // ours
  std::optional<PresentControl> access_control;     // of our name
  std::optional<PresentDistribution> distribution;  // ours
  std::vector<DistributionSummary> rivals;          // others' that list the host
  std::optional<PresentTopic> topic;                // of our name
  std::optional<PresentAlarm> alarm;                // of our name
};

// Where to look, by names that a layout gives.
struct Question {
  std::string host, zone;
  std::vector<std::pair<std::string, std::string>> buckets;  // region, name
  std::string home_region;                                   // tells the partition
};
Question question_of(const Layout& layout, const std::string& home_region);

// The layout's part that our check is, by its caller reference; "" = none of ours.
std::string part_of_reference(const std::string& host, const std::string& caller_reference);

// What references mean now. Of several checks of one part (one is being replaced) the one that `layout` wants.
Known known_of(const Present& present, const Layout& layout);

// The check that stands for `want`: nullptr when none has its unchangeable settings.
const PresentCheck* check_for(const Present& present, const std::string& host, const WantedCheck& want);

}  // namespace evershore::aws
