// Every call that changes something, as a value; one value is one request.
#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "wire/aws/resources.h"

namespace evershore::aws {

// Route 53
struct CreateHostedZone {
  std::string name, caller_reference, comment;
};
struct DeleteHostedZone {
  std::string id;
};
struct TagZone {
  std::string id;
  Tags tags;
};
struct CreateHealthCheck {
  HealthCheck check;
  std::string caller_reference;  // the same reference with the same settings answers with the same check
};
struct UpdateHealthCheck {  // cannot change type, interval and latency graphs
  std::string id;
  uint64_t version = 0;  // refused when the check has another by now
  HealthCheck check;
};
struct DeleteHealthCheck {
  std::string id;
};
struct TagHealthCheck {
  std::string id;
  Tags tags;
};
struct ChangeRecordSets {  // all or nothing
  std::string zone_id;
  std::vector<RecordChange> changes;
};

// S3
struct CreateBucket {
  std::string region, name;
  Tags tags;
};
struct TagBucket {
  std::string region, name;
  Tags tags;
};
struct EnableVersioning {
  std::string region, name;
};
struct SetPublicAccess {  // whether a policy may open the bucket to everyone
  std::string region, name;
  bool allowed = false;
};
struct SetBucketPolicy {
  std::string region, name, policy;  // JSON; "" deletes it
};
struct SetWebsite {
  std::string region, name;
  Website website;
};
struct SetReplication {  // without rules: deletes the configuration
  std::string region, name;
  Replication replication;
};
struct DeleteVersions {  // at most 1,000
  std::string region, name;
  std::vector<std::pair<std::string, std::string>> versions;  // key, version id
};
struct DeleteBucket {
  std::string region, name;
};

// IAM
struct CreateRole {
  std::string name, trust_policy, description;
  Tags tags;
};
struct SetRolePolicy {
  std::string role, name, policy;
};
struct DeleteRolePolicy {
  std::string role, name;
};
struct DeleteRole {
  std::string name;
};

// ACM, in us-east-1
struct RequestCertificate {
  std::string domain, token;  // the same token within an hour answers with the same certificate
  Tags tags;
};
struct DeleteCertificate {
  std::string arn;
};

// CloudFront
struct CreateAccessControl {
  std::string name;
};
struct DeleteAccessControl {
  std::string id, etag;
};
struct CreateDistribution {
  Distribution distribution;
  std::string caller_reference;
  Tags tags;
};
struct UpdateDistribution {  // what we do not manage stays as it is in `present_config`
  std::string id, etag, present_config;
  Distribution distribution;
};
struct DeleteDistribution {
  std::string id, etag;
};

// SNS and CloudWatch, in us-east-1 where Route 53's metrics are
struct CreateTopic {  // answers with the topic if it is there
  std::string name;
  Tags tags;
};
struct Subscribe {
  std::string topic_arn, email;
};
struct DeleteTopic {
  std::string arn;
};
struct SetAlarm {
  Alarm alarm;
  Tags tags;
};
struct DeleteAlarm {
  std::string name;
};

using Change =
    std::variant<std::monostate, CreateHostedZone, DeleteHostedZone, TagZone, CreateHealthCheck, UpdateHealthCheck, DeleteHealthCheck,
                 TagHealthCheck, ChangeRecordSets, CreateBucket, TagBucket, EnableVersioning, SetPublicAccess, SetBucketPolicy, SetWebsite,
                 SetReplication, DeleteVersions, DeleteBucket, CreateRole, SetRolePolicy, DeleteRolePolicy, DeleteRole, RequestCertificate,
                 DeleteCertificate, CreateAccessControl, DeleteAccessControl, CreateDistribution, UpdateDistribution, DeleteDistribution,
                 CreateTopic, Subscribe, DeleteTopic, SetAlarm, DeleteAlarm>;

// What a change made: "" = its id, "domain", "arn", "etag", "change" (of Route 53, to wait for), "name_servers".
using Made = std::map<std::string, std::string>;

}  // namespace evershore::aws
