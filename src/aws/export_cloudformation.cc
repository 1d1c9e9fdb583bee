#include <algorithm>
#include <nlohmann/json.hpp>

#include "aws/export.h"
#include "aws/refs.h"
#include "wire/aws/cloudfront.h"

namespace evershore::aws {

namespace {

using Json = nlohmann::json;

constexpr const char* kGlobalRegion = "us-east-1";

Json get_att(const char* resource, const char* attribute) { return {{"Fn::GetAtt", Json::array({resource, attribute})}}; }

// "check/both" -> "CheckBoth"
std::string resource_name(const std::string& part) {
  std::string name;
  bool upper = true;
  for (const char c : part) {
    if (c == '/' || c == '-') {
      upper = true;
      continue;
    }
    name += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    upper = false;
  }
  return name;
}

class Template {
 public:
  explicit Template(const Layout& layout) : layout_(layout), global_(!layout.buckets.empty() && layout.buckets[0].region == kGlobalRegion) {
    if (layout.buckets.empty()) global_ = true;
  }

  Json primary() {
    add("Zone", "AWS::Route53::HostedZone", {{"Name", layout_.zone}, {"HostedZoneTags", tags("zone")}});
    certificate();
    for (const auto& bucket : layout_.buckets) {
      if (bucket.part == "primary") add_bucket(bucket);
    }
    role();
    distribution();
    for (const auto& check : layout_.checks) add_check(check);
    alarm();
    records();
    return document("Evershore: " + layout_.host);
  }

  Json secondary() {
    for (const auto& bucket : layout_.buckets) {
      if (bucket.part == "secondary") add_bucket(bucket);
    }
    return document("Evershore: the secondary bucket of " + layout_.host);
  }

 private:
  void add(const std::string& name, const char* type, Json properties) {
    resources_[name] = {{"Type", type}, {"Properties", std::move(properties)}};
  }

  Json document(const std::string& description) const {
    Json json = {{"AWSTemplateFormatVersion", "2010-09-09"}, {"Description", description}, {"Resources", resources_}};
    if (!parameters_.empty()) json["Parameters"] = parameters_;
    return json;
  }

  Json tags(const std::string& part) const {
    Json list = Json::array();
    for (const auto& [key, value] : layout_.tags_of(part)) list.push_back({{"Key", key}, {"Value", value}});
    return list;
  }

  // A text that is one reference becomes the function that gives it; any other stays.
  Json value(const std::string& text) const {
    if (text == ref_to("zone")) return {{"Ref", "Zone"}};
    if (text == ref_to("topic")) return {{"Ref", "Topic"}};
    if (text == ref_to("certificate")) return {{"Ref", global_ ? "Certificate" : "CertificateArn"}};
    if (text == ref_to("role")) return get_att("Role", "Arn");
    if (text == ref_to("access-control")) return get_att("AccessControl", "Id");
    if (text == ref_to("distribution.domain")) return get_att("Distribution", "DomainName");
    if (text == ref_to("distribution.arn"))
      return {{"Fn::Sub", "arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${Distribution}"}};
    for (const auto& check : layout_.checks) {
      if (text == ref_to(check.part)) return get_att(resource_name(check.part).c_str(), "HealthCheckId");
    }
    return text;
  }

  Json with_values(Json json) const {
    if (json.is_string()) return value(json.get<std::string>());
    if (json.is_structured()) {
      for (auto& each : json) each = with_values(each);
    }
    return json;
  }

  void certificate() {
    if (layout_.certificate_domain.empty()) return;
    if (!global_) {
      parameters_["CertificateArn"] = {{"Type", "String"}, {"Description", "An issued certificate of us-east-1 for " + layout_.host}};
      return;
    }
    add("Certificate", "AWS::CertificateManager::Certificate",
        {{"DomainName", layout_.certificate_domain},
         {"ValidationMethod", "DNS"},
         {"DomainValidationOptions", Json::array({{{"DomainName", layout_.certificate_domain}, {"HostedZoneId", value(ref_to("zone"))}}})},
         {"Tags", tags("certificate")}});
  }

  void add_bucket(const WantedBucket& bucket) {
    const std::string name = resource_name(bucket.part) + "Bucket";
    Json properties = {{"BucketName", bucket.name}, {"Tags", tags("bucket/" + bucket.part)}};
    properties["PublicAccessBlockConfiguration"] = {{"BlockPublicAcls", true},
                                                    {"IgnorePublicAcls", true},
                                                    {"BlockPublicPolicy", !bucket.public_read},
                                                    {"RestrictPublicBuckets", !bucket.public_read}};
    if (layout_.role) properties["VersioningConfiguration"] = {{"Status", "Enabled"}};
    if (bucket.website) {
      properties["WebsiteConfiguration"] = {{"IndexDocument", bucket.website->index}};
      if (!bucket.website->error.empty()) properties["WebsiteConfiguration"]["ErrorDocument"] = bucket.website->error;
    }
    if (bucket.replication) properties["ReplicationConfiguration"] = replication(*bucket.replication);
    add(name, "AWS::S3::Bucket", std::move(properties));
    // The secondary's stack does not know the distribution: its policy follows by apply, or by hand.
    const bool known_here = bucket.part == "primary" || bucket.policy_statement.find("@{") == std::string::npos;
    if (bucket.policy_statement.empty() || !known_here) return;
    const Json statement = with_values(Json::parse(bucket.policy_statement, nullptr, false));
    add(name + "Policy", "AWS::S3::BucketPolicy",
        {{"Bucket", {{"Ref", name}}}, {"PolicyDocument", {{"Version", "2012-10-17"}, {"Statement", Json::array({statement})}}}});
  }

  Json replication(const ReplicationRule& rule) const {
    Json destination = {{"Bucket", {{"Fn::Sub", "arn:${AWS::Partition}:s3:::" + rule.destination_bucket}}}};
    if (rule.time_control) {
      destination["ReplicationTime"] = {{"Status", "Enabled"}, {"Time", {{"Minutes", 15}}}};
      destination["Metrics"] = {{"Status", "Enabled"}, {"EventThreshold", {{"Minutes", 15}}}};
    }
    const Json one = {{"Id", rule.id},
                      {"Priority", rule.priority},
                      {"Status", "Enabled"},
                      {"Filter", {{"Prefix", rule.prefix}}},
                      {"DeleteMarkerReplication", {{"Status", rule.delete_markers ? "Enabled" : "Disabled"}}},
                      {"Destination", destination}};
    return {{"Role", value(ref_to("role"))}, {"Rules", Json::array({one})}};
  }

  void role() {
    if (!layout_.role) return;
    const auto& role = *layout_.role;
    const Json policy = {{"PolicyName", role.policy_name}, {"PolicyDocument", Json::parse(role.policy)}};
    add("Role", "AWS::IAM::Role",
        {{"RoleName", role.name},
         {"AssumeRolePolicyDocument", Json::parse(role.trust_policy)},
         {"Policies", Json::array({policy})},
         {"Tags", tags("role")}});
  }

  Json origin_json(const Origin& origin) const {
    Json json = {{"Id", origin.id},
                 {"DomainName", origin.domain},
                 {"S3OriginConfig", {{"OriginAccessIdentity", ""}}},
                 {"ConnectionAttempts", origin.connection_attempts},
                 {"ConnectionTimeout", origin.connection_timeout_s}};
    if (!origin.access_control_id.empty()) json["OriginAccessControlId"] = value(origin.access_control_id);
    return json;
  }

  Json group_json(const Distribution& d) const {
    Json members = Json::array();
    for (const auto& origin : d.origins) members.push_back({{"OriginId", origin.id}});
    const Json group = {{"Id", kGroupOrigin},
                        {"FailoverCriteria", {{"StatusCodes", {{"Quantity", d.failover_statuses.size()}, {"Items", d.failover_statuses}}}}},
                        {"Members", {{"Quantity", members.size()}, {"Items", members}}}};
    return {{"Quantity", 1}, {"Items", Json::array({group})}};
  }

  void distribution() {
    if (!layout_.distribution) return;
    const Distribution& d = *layout_.distribution;
    if (!layout_.access_control.empty()) {
      add("AccessControl", "AWS::CloudFront::OriginAccessControl",
          {{"OriginAccessControlConfig",
            {{"Name", layout_.access_control},
             {"OriginAccessControlOriginType", "s3"},
             {"SigningBehavior", "always"},
             {"SigningProtocol", "sigv4"}}}});
    }
    Json config = {{"Aliases", d.aliases},       {"Comment", d.comment},  {"DefaultRootObject", d.default_root}, {"Enabled", d.enabled},
                   {"HttpVersion", "http2and3"}, {"IPV6Enabled", d.ipv6}, {"PriceClass", d.price_class}};
    for (const auto& origin : d.origins) config["Origins"].push_back(origin_json(origin));
    if (d.origins.size() > 1) config["OriginGroups"] = group_json(d);
    config["DefaultCacheBehavior"] = {{"TargetOriginId", d.origins.size() > 1 ? std::string(kGroupOrigin) : d.origins.front().id},
                                      {"ViewerProtocolPolicy", "redirect-to-https"},
                                      {"AllowedMethods", {"GET", "HEAD"}},
                                      {"Compress", true},
                                      {"CachePolicyId", kCachingOptimized}};
    config["ViewerCertificate"] = {
        {"AcmCertificateArn", value(d.certificate_arn)}, {"SslSupportMethod", "sni-only"}, {"MinimumProtocolVersion", "TLSv1.2_2021"}};
    for (const int status : {403, 404}) {
      if (d.error_page.empty()) break;
      config["CustomErrorResponses"].push_back(
          {{"ErrorCode", status}, {"ResponseCode", 404}, {"ResponsePagePath", d.error_page}, {"ErrorCachingMinTTL", 10}});
    }
    add("Distribution", "AWS::CloudFront::Distribution", {{"DistributionConfig", config}, {"Tags", tags("distribution")}});
  }

  void add_check(const WantedCheck& want) {
    const HealthCheck& check = want.check;
    Json config = {{"Type", check.type}, {"Inverted", check.inverted}};
    if (check.calculated()) {
      config["HealthThreshold"] = check.health_threshold;
      for (const auto& child : check.children) config["ChildHealthChecks"].push_back(value(child));
    } else {
      config.update({{"Port", check.port},
                     {"ResourcePath", check.path},
                     {"RequestInterval", check.interval_s},
                     {"FailureThreshold", check.failure_threshold}});
      config["FullyQualifiedDomainName"] = value(check.fqdn);
      config["EnableSNI"] = check.enable_sni;
      if (!check.address.empty()) config["IPAddress"] = check.address;
    }
    add(resource_name(want.part), "AWS::Route53::HealthCheck", {{"HealthCheckConfig", config}, {"HealthCheckTags", tags(want.part)}});
  }

  void alarm() {
    if (!layout_.alarm || !global_) return;
    Json topic = {{"TopicName", layout_.topic}, {"Tags", tags("topic")}};
    if (!layout_.notify.empty()) topic["Subscription"] = Json::array({{{"Protocol", "email"}, {"Endpoint", layout_.notify}}});
    add("Topic", "AWS::SNS::Topic", topic);
    add("Alarm", "AWS::CloudWatch::Alarm",
        {{"AlarmName", layout_.alarm->name},
         {"Namespace", "AWS/Route53"},
         {"MetricName", "HealthCheckStatus"},
         {"Dimensions", Json::array({{{"Name", "HealthCheckId"}, {"Value", value(layout_.alarm->health_check)}}})},
         {"Statistic", "Minimum"},
         {"Period", 60},
         {"EvaluationPeriods", 1},
         {"Threshold", 1},
         {"ComparisonOperator", "LessThanThreshold"},
         {"TreatMissingData", "breaching"},
         {"AlarmActions", Json::array({value(ref_to("topic"))})},
         {"OKActions", Json::array({value(ref_to("topic"))})}});
  }

  void records() {
    Json sets = Json::array();
    for (const auto& set : layout_.records) {
      Json json = {{"Name", set.name + "."}, {"Type", set.type}};
      if (!set.set_identifier.empty()) json["SetIdentifier"] = set.set_identifier;
      if (!set.failover.empty()) json["Failover"] = set.failover;
      if (set.ttl_s) json["TTL"] = std::to_string(*set.ttl_s);
      for (const auto& each : set.values) json["ResourceRecords"].push_back(value(each));
      if (set.alias) {
        json["AliasTarget"] = {{"HostedZoneId", set.alias->zone_id},
                               {"DNSName", value(set.alias->name)},
                               {"EvaluateTargetHealth", set.alias->evaluate_target_health}};
      }
      if (!set.health_check.empty()) json["HealthCheckId"] = value(set.health_check);
      sets.push_back(json);
    }
    // One group is one change batch: the name is never half there.
    add("Records", "AWS::Route53::RecordSetGroup", {{"HostedZoneId", value(ref_to("zone"))}, {"RecordSets", sets}});
  }

  const Layout& layout_;
  bool global_;
  Json resources_ = Json::object();
  Json parameters_ = Json::object();
};

}  // namespace

std::string cloudformation(const Layout& layout, StackPart part) {
  Template made(layout);
  return (part == StackPart::kPrimary ? made.primary() : made.secondary()).dump(2) + "\n";
}

}  // namespace evershore::aws
