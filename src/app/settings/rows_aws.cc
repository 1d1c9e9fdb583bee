// The rows of [aws].
#include <array>

#include "app/settings/rows.h"

namespace evershore::app {

namespace {

using Texts = std::vector<std::string>;

#define FIELD(Struct, Type, member) [](Struct& at) -> Type& { return at.member; }

constexpr std::array<Option, 3> kLayouts{{{"classic"}, {"origin-group"}, {"evershore"}}};
constexpr std::array<Option, 2> kAwsRecords{{{"cname"}, {"alias"}}};
constexpr Limits kThreshold{.least = 1, .most = 10};

Row<AwsSettings> bucket_row(std::string_view key, Access<AwsSettings, std::string> field) {
  return {key, field, {.most = 63, .default_text = "named like the host"}, Apply::kLive, "Bucket there; made if it is missing."};
}

Row<AwsSettings> aws_text_row(std::string_view key, Access<AwsSettings, std::string> field, std::string_view usual, std::string_view text) {
  return {key, field, {.most = 2048, .default_text = usual}, Apply::kLive, text};
}

constexpr std::array<Option, 1> kPublish{{{"route53"}}};

Row<DnsSettings> route53_row(std::string_view key, Access<DnsSettings, std::string> field, std::string_view usual, std::string_view text) {
  return {key, field, {.most = 2048, .default_text = usual}, Apply::kRestart, text};
}

}  // namespace

std::array<Row<DnsSettings>, 4> route53_rows() {
  using S = DnsSettings;
  return {
      {{"publish",
        FIELD(S, std::string, publish),
        {.options = kPublish, .default_text = "nowhere"},
        Apply::kRestart,
        "`route53`: what the records here answer is written to Route 53's zones of the same names, at each decision; see "
        "docs/operating/route53.md."},
       route53_row("route53.profile", FIELD(S, std::string, route53.profile), "the usual chain",
                   "Profile of `~/.aws` whose credentials are used."),
       route53_row("route53.assume_role", FIELD(S, std::string, route53.assume_role), "none", "ARN of a role that is assumed with them."),
       route53_row("route53.endpoint", FIELD(S, std::string, route53.endpoint), "AWS's own", "Instead of AWS, for emulation.")}};
}

std::span<const Row<AwsSettings>> aws_rows() {
  using S = AwsSettings;
  static const Row<S> rows[] = {
      {"layout", FIELD(S, std::string, layout), {.options = kLayouts}, Apply::kLive, "Which layout `evershore aws` builds."},
      {"site",
       FIELD(S, std::string, site),
       {.required = true, .format = Format::kName},
       Apply::kLive,
       "The site of this file that it is for."},
      {"hosted_zone",
       FIELD(S, std::string, hosted_zone),
       {.required = true, .format = Format::kDomain},
       Apply::kLive,
       "The Route 53 zone; created if missing."},
      {"primary.region", FIELD(S, std::string, primary_region), {.required = true, .format = Format::kName}, Apply::kLive, "AWS region."},
      bucket_row("primary.bucket", FIELD(S, std::string, primary_bucket)),
      {"secondary.region",
       FIELD(S, std::string, secondary_region),
       {.required = true, .format = Format::kName},
       Apply::kLive,
       "AWS region."},
      bucket_row("secondary.bucket", FIELD(S, std::string, secondary_bucket)),
      {"endpoint",
       FIELD(S, std::string, endpoint),
       {.format = Format::kOrigin, .default_text = "AWS's own"},
       Apply::kLive,
       "Where to send the calls instead, for emulation."},
      aws_text_row("profile", FIELD(S, std::string, profile), "the usual chain", "Profile of `~/.aws` whose credentials are used."),
      aws_text_row("assume_role", FIELD(S, std::string, assume_role), "none", "ARN of a role that is assumed with them."),
      aws_text_row("certificate", FIELD(S, std::string, certificate), "requested, and proven by DNS",
                   "ARN of a certificate of us-east-1 for the host."),
      {"records",
       FIELD(S, std::string, records),
       {.options = kAwsRecords},
       Apply::kLive,
       "Classic: failover records as `cname`, or as `alias` (A), which the zone's own name needs."},
      aws_text_row("check.path", FIELD(S, std::string, check_path), "the site's index", "What the health checks fetch."),
      {"check.interval", FIELD(S, Duration, check_interval), {.shortest = 10s, .longest = 30s}, Apply::kLive, "10s (costs more) or 30s."},
      {"check.failure_threshold", FIELD(S, uint32_t, check_failure_threshold), kThreshold, Apply::kLive,
       "Probes in a row that change the state, both ways."},
      {"check.https", FIELD(S, bool, check_https), {}, Apply::kLive, "Whether checks speak TLS (costs more)."},
      {"check.secondary", FIELD(S, bool, check_secondary), {}, Apply::kLive, "A check of the secondary too, on its record."},
      {"alarm", FIELD(S, bool, alarm), {}, Apply::kLive, "A CloudWatch alarm on the deciding check, to an SNS topic."},
      aws_text_row("notify", FIELD(S, std::string, notify), "nobody", "E-mail address that the topic tells; AWS asks it for consent."),
      {"replication_time_control",
       FIELD(S, bool, replication_time_control),
       {},
       Apply::kLive,
       "S3's 15 minutes, with metrics (costs more)."},
      {"tags", FIELD(S, Texts, tags), {.most = 40}, Apply::kLive, "Tags for all that is made, besides our own: `key=value`."},
      {"edges",
       FIELD(S, Texts, edges),
       {.most = 16},
       Apply::kLive,
       "Layout `evershore`: IPv4 addresses of our edges, in order of preference."},
  };
  return rows;
}

}  // namespace evershore::app
