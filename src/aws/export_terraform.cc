#include <algorithm>
#include <nlohmann/json.hpp>

#include "aws/export.h"
#include "aws/refs.h"
#include "wire/aws/cloudfront.h"

namespace evershore::aws {

namespace {

using Json = nlohmann::json;

// "check/both" -> "check_both"
std::string resource_name(std::string part) {
  std::ranges::replace(part, '/', '_');
  std::ranges::replace(part, '-', '_');
  return part;
}

class Terraform {
 public:
  explicit Terraform(const Layout& layout) : layout_(layout) {
    known_ = {{"zone", "${aws_route53_zone.zone.zone_id}"},
              {"topic", "${aws_sns_topic.topic.arn}"},
              {"role", "${aws_iam_role.replication.arn}"},
              {"certificate", "${aws_acm_certificate_validation.certificate.certificate_arn}"},
              {"access-control", "${aws_cloudfront_origin_access_control.control.id}"},
              {"distribution.domain", "${aws_cloudfront_distribution.distribution.domain_name}"},
              {"distribution.arn", "${aws_cloudfront_distribution.distribution.arn}"}};
    for (const auto& check : layout.checks) known_[check.part] = "${aws_route53_health_check." + resource_name(check.part) + ".id}";
  }

  Json document() {
    add("aws_route53_zone", "zone", {{"name", layout_.zone}, {"tags", layout_.tags_of("zone")}});
    certificate();
    for (const auto& bucket : layout_.buckets) add_bucket(bucket);
    role();
    distribution();
    for (const auto& check : layout_.checks) add_check(check);
    alarm();
    for (size_t i = 0; i < layout_.records.size(); ++i) add_record(layout_.records[i], i);
    return {{"terraform", {{"required_providers", {{"aws", {{"source", "hashicorp/aws"}, {"version", ">= 5.0"}}}}}}},
            {"provider", {{"aws", providers()}}},
            {"resource", resources_}};
  }

 private:
  void add(const char* type, const std::string& name, Json body) { resources_[type][name] = std::move(body); }
  std::string text(const std::string& with_refs) const { return filled(with_refs, known_); }

  Json providers() const {
    Json list = Json::array(
        {{{"region", layout_.buckets.empty() ? "us-east-1" : layout_.buckets[0].region}}, {{"alias", "global"}, {"region", "us-east-1"}}});
    for (const auto& bucket : layout_.buckets) list.push_back({{"alias", bucket.part}, {"region", bucket.region}});
    return list;
  }

  void certificate() {
    if (layout_.certificate_domain.empty()) return;
    add("aws_acm_certificate", "certificate",
        {{"provider", "aws.global"},
         {"domain_name", layout_.certificate_domain},
         {"validation_method", "DNS"},
         {"tags", layout_.tags_of("certificate")},
         {"lifecycle", {{"create_before_destroy", true}}}});
    const std::string option = "tolist(aws_acm_certificate.certificate.domain_validation_options)[0]";
    add("aws_route53_record", "certificate",
        {{"zone_id", text(ref_to("zone"))},
         {"name", "${" + option + ".resource_record_name}"},
         {"type", "${" + option + ".resource_record_type}"},
         {"ttl", 300},
         {"records", Json::array({"${" + option + ".resource_record_value}"})}});
    add("aws_acm_certificate_validation", "certificate",
        {{"provider", "aws.global"},
         {"certificate_arn", "${aws_acm_certificate.certificate.arn}"},
         {"validation_record_fqdns", Json::array({"${aws_route53_record.certificate.fqdn}"})}});
  }

  void add_bucket(const WantedBucket& bucket) {
    const std::string provider = "aws." + bucket.part;
    const std::string id = "${aws_s3_bucket." + bucket.part + ".id}";
    add("aws_s3_bucket", bucket.part,
        {{"provider", provider}, {"bucket", bucket.name}, {"tags", layout_.tags_of("bucket/" + bucket.part)}});
    add("aws_s3_bucket_public_access_block", bucket.part,
        {{"provider", provider},
         {"bucket", id},
         {"block_public_acls", true},
         {"ignore_public_acls", true},
         {"block_public_policy", !bucket.public_read},
         {"restrict_public_buckets", !bucket.public_read}});
    if (layout_.role) {
      add("aws_s3_bucket_versioning", bucket.part,
          {{"provider", provider}, {"bucket", id}, {"versioning_configuration", {{"status", "Enabled"}}}});
    }
    if (bucket.website) {
      Json website = {{"provider", provider}, {"bucket", id}, {"index_document", {{"suffix", bucket.website->index}}}};
      if (!bucket.website->error.empty()) website["error_document"] = {{"key", bucket.website->error}};
      add("aws_s3_bucket_website_configuration", bucket.part, website);
    }
    if (!bucket.policy_statement.empty()) {
      const Json policy = {{"Version", "2012-10-17"},
                           {"Statement", Json::array({Json::parse(text(bucket.policy_statement), nullptr, false)})}};
      add("aws_s3_bucket_policy", bucket.part,
          {{"provider", provider},
           {"bucket", id},
           {"policy", policy.dump()},
           {"depends_on", Json::array({"aws_s3_bucket_public_access_block." + bucket.part})}});
    }
    if (bucket.replication) add_replication(bucket, *bucket.replication);
  }

  void add_replication(const WantedBucket& bucket, const ReplicationRule& rule) {
    Json destination = {{"bucket", "${aws_s3_bucket.secondary.arn}"}};
    if (rule.time_control) {
      destination["replication_time"] = {{"status", "Enabled"}, {"time", {{"minutes", 15}}}};
      destination["metrics"] = {{"status", "Enabled"}, {"event_threshold", {{"minutes", 15}}}};
    }
    const Json one = {{"id", rule.id},
                      {"priority", rule.priority},
                      {"status", "Enabled"},
                      {"filter", {{"prefix", rule.prefix}}},
                      {"delete_marker_replication", {{"status", rule.delete_markers ? "Enabled" : "Disabled"}}},
                      {"destination", destination}};
    add("aws_s3_bucket_replication_configuration", bucket.part,
        {{"provider", "aws." + bucket.part},
         {"bucket", "${aws_s3_bucket." + bucket.part + ".id}"},
         {"role", text(ref_to("role"))},
         {"rule", Json::array({one})},
         {"depends_on",
          Json::array({"aws_s3_bucket_versioning.primary", "aws_s3_bucket_versioning.secondary", "aws_iam_role_policy.replication"})}});
  }

  void role() {
    if (!layout_.role) return;
    add("aws_iam_role", "replication",
        {{"name", layout_.role->name}, {"assume_role_policy", layout_.role->trust_policy}, {"tags", layout_.tags_of("role")}});
    add("aws_iam_role_policy", "replication",
        {{"name", layout_.role->policy_name}, {"role", "${aws_iam_role.replication.id}"}, {"policy", layout_.role->policy}});
  }

  Json origin_json(const Origin& origin) const {
    Json json = {{"origin_id", origin.id},
                 {"domain_name", origin.domain},
                 {"connection_attempts", origin.connection_attempts},
                 {"connection_timeout", origin.connection_timeout_s}};
    if (origin.access_control_id.empty()) {
      json["s3_origin_config"] = {{"origin_access_identity", ""}};
    } else {
      json["origin_access_control_id"] = text(origin.access_control_id);
    }
    return json;
  }

  void distribution() {
    if (!layout_.distribution) return;
    const Distribution& d = *layout_.distribution;
    if (!layout_.access_control.empty()) {
      add("aws_cloudfront_origin_access_control", "control",
          {{"name", layout_.access_control},
           {"origin_access_control_origin_type", "s3"},
           {"signing_behavior", "always"},
           {"signing_protocol", "sigv4"}});
    }
    Json body = {{"aliases", d.aliases},
                 {"comment", d.comment},
                 {"default_root_object", d.default_root},
                 {"enabled", d.enabled},
                 {"http_version", "http2and3"},
                 {"is_ipv6_enabled", d.ipv6},
                 {"price_class", d.price_class},
                 {"tags", layout_.tags_of("distribution")}};
    for (const auto& origin : d.origins) body["origin"].push_back(origin_json(origin));
    if (d.origins.size() > 1) {
      Json members = Json::array();
      for (const auto& origin : d.origins) members.push_back({{"origin_id", origin.id}});
      body["origin_group"] = {
          {"origin_id", kGroupOrigin}, {"failover_criteria", {{"status_codes", d.failover_statuses}}}, {"member", members}};
    }
    body["default_cache_behavior"] = {{"target_origin_id", d.origins.size() > 1 ? std::string(kGroupOrigin) : d.origins.front().id},
                                      {"viewer_protocol_policy", "redirect-to-https"},
                                      {"allowed_methods", {"GET", "HEAD"}},
                                      {"cached_methods", {"GET", "HEAD"}},
                                      {"compress", true},
                                      {"cache_policy_id", kCachingOptimized}};
    body["viewer_certificate"] = {
        {"acm_certificate_arn", text(d.certificate_arn)}, {"ssl_support_method", "sni-only"}, {"minimum_protocol_version", "TLSv1.2_2021"}};
    body["restrictions"] = {{"geo_restriction", {{"restriction_type", "none"}}}};
    for (const int status : {403, 404}) {
      if (d.error_page.empty()) break;
      body["custom_error_response"].push_back(
          {{"error_code", status}, {"response_code", 404}, {"response_page_path", d.error_page}, {"error_caching_min_ttl", 10}});
    }
    add("aws_cloudfront_distribution", "distribution", body);
  }

  void add_check(const WantedCheck& want) {
    const HealthCheck& check = want.check;
    Json body = {{"type", check.type}, {"tags", layout_.tags_of(want.part)}};
    if (check.calculated()) {
      body["child_health_threshold"] = check.health_threshold;
      for (const auto& child : check.children) body["child_healthchecks"].push_back(text(child));
    } else {
      body.update({{"fqdn", text(check.fqdn)},
                   {"port", check.port},
                   {"resource_path", check.path},
                   {"request_interval", check.interval_s},
                   {"failure_threshold", check.failure_threshold}});
      if (!check.address.empty()) body["ip_address"] = check.address;
      if (check.enable_sni) body["enable_sni"] = true;
    }
    add("aws_route53_health_check", resource_name(want.part), body);
  }

  void alarm() {
    if (!layout_.alarm) return;
    const std::string topic = text(ref_to("topic"));
    add("aws_sns_topic", "topic", {{"provider", "aws.global"}, {"name", layout_.topic}, {"tags", layout_.tags_of("topic")}});
    if (!layout_.notify.empty()) {
      add("aws_sns_topic_subscription", "mail",
          {{"provider", "aws.global"}, {"topic_arn", topic}, {"protocol", "email"}, {"endpoint", layout_.notify}});
    }
    add("aws_cloudwatch_metric_alarm", "alarm",
        {{"provider", "aws.global"},
         {"alarm_name", layout_.alarm->name},
         {"namespace", "AWS/Route53"},
         {"metric_name", "HealthCheckStatus"},
         {"dimensions", {{"HealthCheckId", text(layout_.alarm->health_check)}}},
         {"statistic", "Minimum"},
         {"period", 60},
         {"evaluation_periods", 1},
         {"threshold", 1},
         {"comparison_operator", "LessThanThreshold"},
         {"treat_missing_data", "breaching"},
         {"alarm_actions", Json::array({topic})},
         {"ok_actions", Json::array({topic})},
         {"tags", layout_.tags_of("alarm")}});
  }

  void add_record(const RecordSet& set, size_t index) {
    Json body = {{"zone_id", text(ref_to("zone"))}, {"name", set.name}, {"type", set.type}};
    if (!set.set_identifier.empty()) body["set_identifier"] = set.set_identifier;
    if (!set.failover.empty()) body["failover_routing_policy"] = {{"type", set.failover}};
    if (set.ttl_s) body["ttl"] = *set.ttl_s;
    for (const auto& each : set.values) body["records"].push_back(text(each));
    if (set.alias)
      body["alias"] = {
          {"name", text(set.alias->name)}, {"zone_id", set.alias->zone_id}, {"evaluate_target_health", set.alias->evaluate_target_health}};
    if (!set.health_check.empty()) body["health_check_id"] = text(set.health_check);
    const std::string name = set.failover == "PRIMARY"     ? "primary"
                             : set.failover == "SECONDARY" ? "secondary"
                             : index == 0                  ? "host_a"
                                                           : "host_aaaa";
    add("aws_route53_record", name, body);
  }

  const Layout& layout_;
  Known known_;
  Json resources_ = Json::object();
};

}  // namespace

std::string terraform(const Layout& layout) { return Terraform(layout).document().dump(2) + "\n"; }

}  // namespace evershore::aws
