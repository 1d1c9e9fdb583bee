#include "aws/layout.h"

#include <fmt/format.h>

#include "aws/names.h"
#include "aws/policies.h"
#include "aws/refs.h"
#include "base/text.h"
#include "wire/aws/call.h"

namespace evershore::aws {

namespace {

constexpr uint32_t kRecordTtl = 60;  // advised for records with health checks

std::string name_or_host(const std::string& name, const std::string& host) { return name.empty() ? host : name; }

WantedBucket bucket(const char* part, const std::string& region, const std::string& name) {
  return {.part = part, .region = region, .name = name};
}

HealthCheck endpoint_check(const AwsSettings& aws, const SiteSettings& site, std::string fqdn) {
  HealthCheck check{.type = aws.check_https ? "HTTPS" : "HTTP", .fqdn = std::move(fqdn), .port = aws.check_https ? 443U : 80U};
  check.path = aws.check_path.empty() ? "/" + site.index : aws.check_path;
  if (!check.path.starts_with('/')) check.path.insert(0, 1, '/');
  check.interval_s = static_cast<uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(aws.check_interval).count());
  check.failure_threshold = aws.check_failure_threshold;
  check.enable_sni = aws.check_https;
  return check;
}

WantedRole replication_role(const Layout& layout, const AwsSettings& aws, const std::string& from, const std::string& to) {
  const auto partition = partition_of(aws.primary_region);
  return {.name = plain_name(layout.host),
          .trust_policy = replication_trust_policy(),
          .policy_name = "replicate",
          .policy = replication_policy(partition, from, to)};
}

void add_buckets(Layout& layout, const AwsSettings& aws, const SiteSettings& site) {
  auto primary = bucket("primary", aws.primary_region, name_or_host(aws.primary_bucket, layout.host));
  auto secondary = bucket("secondary", aws.secondary_region, name_or_host(aws.secondary_bucket, layout.host));
  const auto partition = partition_of(aws.primary_region);
  if (layout.kind == LayoutKind::kClassic) {
    primary.public_read = secondary.public_read = true;
    primary.policy_statement = public_read_statement(partition, primary.name);
    secondary.policy_statement = public_read_statement(partition, secondary.name);
    secondary.website = Website{site.index, site.error_document};
  } else {
    primary.policy_statement = distribution_statement(partition, primary.name, ref_to("distribution.arn"));
    secondary.policy_statement = distribution_statement(partition, secondary.name, ref_to("distribution.arn"));
  }
  if (site.replication.mode != ReplicationMode::kOff) {
    layout.role = replication_role(layout, aws, primary.name, secondary.name);
    primary.replication = ReplicationRule{.id = std::string(kRuleId),
                                          .prefix = site.prefix,
                                          .destination_bucket = secondary.name,
                                          .delete_markers = site.replication.deletes,
                                          .time_control = aws.replication_time_control};
  }
  layout.buckets = {std::move(primary), std::move(secondary)};
}

void add_distribution(Layout& layout, const AwsSettings& aws, const SiteSettings& site) {
  Distribution d{.comment = "Evershore: " + layout.host, .aliases = {layout.host}, .default_root = site.index};
  for (const auto& each : layout.buckets) {
    if (layout.kind == LayoutKind::kClassic && each.part != "primary") continue;
    Origin origin{.id = each.part, .domain = bucket_domain(each.name, each.region)};
    if (layout.kind == LayoutKind::kOriginGroup) {
      origin.access_control_id = ref_to("access-control");
      origin.connection_attempts = 1;  // 1 x 2 s before the second origin is asked, not 3 x 10 s
      origin.connection_timeout_s = 2;
    }
    d.origins.push_back(std::move(origin));
  }
  if (layout.kind == LayoutKind::kOriginGroup) d.failover_statuses = {403, 404, 500, 502, 503, 504};
  if (!site.error_document.empty()) d.error_page = "/" + site.error_document;
  d.certificate_arn = aws.certificate.empty() ? ref_to("certificate") : aws.certificate;
  d.ipv6 = layout.kind != LayoutKind::kClassic || aws.records == "cname";
  if (aws.certificate.empty()) layout.certificate_domain = layout.host;
  if (layout.kind == LayoutKind::kOriginGroup) layout.access_control = plain_name(layout.host);
  layout.distribution = std::move(d);
}

void add_checks(Layout& layout, const AwsSettings& aws, const SiteSettings& site) {
  const auto& primary = layout.buckets[0];
  const auto& secondary = layout.buckets[1];
  layout.checks.push_back(
      {"check/bucket", "the primary bucket answers", endpoint_check(aws, site, bucket_domain(primary.name, primary.region))});
  layout.checks.push_back({"check/distribution", "the distribution answers", endpoint_check(aws, site, ref_to("distribution.domain"))});
  HealthCheck both{.type = "CALCULATED", .port = 0, .interval_s = 0, .failure_threshold = 0};
  both.children = {ref_to("check/bucket"), ref_to("check/distribution")};
  both.health_threshold = 2;
  layout.checks.push_back({"check/both", "both of them", both});
  if (aws.check_secondary) {
    auto plain = endpoint_check(aws, site, secondary.name + "." + website_domain(secondary.region));
    plain.type = "HTTP";  // a website endpoint speaks nothing else
    plain.port = 80;
    plain.enable_sni = false;
    layout.checks.push_back({"check/secondary", "the secondary answers", plain});
  }
}

void add_alarm(Layout& layout, const AwsSettings& aws, const std::string& check_part) {
  if (!aws.alarm) return;
  layout.topic = plain_name(layout.host);
  layout.notify = aws.notify;
  layout.alarm = Alarm{plain_name(layout.host), ref_to(check_part), {ref_to("topic")}};
}

RecordSet failover_record(const Layout& layout, const char* role) {
  RecordSet set{.name = layout.host, .type = "CNAME", .failover = role};
  set.set_identifier = std::string(kSetPrefix) + to_lower(role);
  return set;
}

void add_failover_records(Layout& layout, const AwsSettings& aws) {
  const auto& secondary = layout.buckets[1];
  auto first = failover_record(layout, "PRIMARY");
  auto second = failover_record(layout, "SECONDARY");
  first.health_check = ref_to("check/both");
  if (aws.check_secondary) second.health_check = ref_to("check/secondary");
  const std::string website = website_domain(secondary.region);
  if (aws.records == "alias") {
    first.type = second.type = "A";
    first.alias = AliasTarget{std::string(kCloudFrontZone), ref_to("distribution.domain"), false};  // must be false for CloudFront
    second.alias = AliasTarget{website_zone(secondary.region), website, !aws.check_secondary};
  } else {
    first.ttl_s = second.ttl_s = kRecordTtl;
    first.values = {ref_to("distribution.domain")};
    second.values = {secondary.name + "." + website};
  }
  layout.records = {std::move(first), std::move(second)};
}

void add_alias_records(Layout& layout) {
  for (const char* type : {"A", "AAAA"}) {
    RecordSet set{.name = layout.host, .type = type};
    set.alias = AliasTarget{std::string(kCloudFrontZone), ref_to("distribution.domain"), false};
    layout.records.push_back(std::move(set));
  }
}

// The first edge is the primary, the second its secondary; a failover group has no more.
void add_edge_records(Layout& layout, const AwsSettings& aws, const SiteSettings& site) {
  for (size_t i = 0; i < aws.edges.size() && i < 2; ++i) {
    const std::string part = fmt::format("check/edge-{}", i + 1);
    auto check = endpoint_check(aws, site, layout.host);
    check.address = aws.edges[i];
    layout.checks.push_back({part, "edge " + aws.edges[i] + " answers", check});
    auto set = failover_record(layout, i == 0 ? "PRIMARY" : "SECONDARY");
    set.type = "A";
    set.ttl_s = kRecordTtl;
    set.values = {aws.edges[i]};
    set.health_check = ref_to(part);
    layout.records.push_back(std::move(set));
  }
  add_alarm(layout, aws, "check/edge-1");
}

void tell_limits(Layout& layout, const AwsSettings& aws) {
  auto& cannot = layout.cannot;
  if (layout.kind == LayoutKind::kClassic) {
    cannot = {"TLS on the secondary: S3's website endpoint speaks plain HTTP only; https:// links fail while it serves",
              "a free choice of the secondary bucket's name: it is the host's",
              "private buckets: health checks and the website read them as everyone does",
              "a quick change: about 1.4 to 2.7 minutes pass from the failure until clients are elsewhere (10 s checks: 0.5 to 1.7)",
              "going on with a download that was running when the primary failed",
              "writes: both ways serve reads only, and replication is one way, for new objects"};
    if (aws.records == "alias") cannot.push_back("IPv6: the secondary's alias can be of type A only");
  } else if (layout.kind == LayoutKind::kOriginGroup) {
    cannot = {"remembering: each request that misses the cache asks the primary first, and waits 2 s for it while it is down",
              "writes: an origin group serves GET, HEAD and OPTIONS only",
              "going on with a download that was running when an origin failed",
              "failing over on 429 (too many requests), which CloudFront does not offer", "surviving a failure of CloudFront itself"};
  } else {
    cannot = {"more than two edges in one failover group: list the two that matter, or use our own DNS",
              "a change of DNS quicker than Route 53's checks: 85 s at 30 s x 3, 8 s at best (our own DNS: about a second)"};
  }
}

void tell_remarks(Layout& layout, const AwsSettings& aws, const SiteSettings& site) {
  auto& remarks = layout.remarks;
  if (layout.role) remarks.push_back("replication copies new objects only: bring the existing ones over with `evershore sync`");
  if (layout.kind != LayoutKind::kOriginGroup) {
    const auto path = aws.check_path.empty() ? "/" + site.index : aws.check_path;
    remarks.push_back(fmt::format("health checks fetch {}: unhealthy until it is there", path));
  }
  if (!aws.notify.empty()) remarks.push_back(fmt::format("{} gets a mail from AWS and has to agree before alarms are sent", aws.notify));
}

}  // namespace

Tags Layout::tags_of(const std::string& part) const {
  Tags all = tags;
  all[std::string(kPartTag)] = part;
  return all;
}

Layout wanted(const AwsSettings& aws, const SiteSettings& site) {
  Layout layout{.host = site.hosts.front(), .zone = aws.hosted_zone};
  if (aws.layout == "origin-group") layout.kind = LayoutKind::kOriginGroup;
  if (aws.layout == "evershore") layout.kind = LayoutKind::kEvershore;
  for (const auto& tag : aws.tags) layout.tags[tag.substr(0, tag.find('='))] = tag.substr(tag.find('=') + 1);
  layout.tags[std::string(kOwnerTag)] = layout.host;
  if (layout.kind == LayoutKind::kEvershore) {
    add_edge_records(layout, aws, site);
  } else {
    add_buckets(layout, aws, site);
    add_distribution(layout, aws, site);
  }
  if (layout.kind == LayoutKind::kClassic) {
    add_checks(layout, aws, site);
    add_alarm(layout, aws, "check/both");
    add_failover_records(layout, aws);
  }
  if (layout.kind == LayoutKind::kOriginGroup) add_alias_records(layout);
  tell_limits(layout, aws);
  tell_remarks(layout, aws, site);
  return layout;
}

}  // namespace evershore::aws
