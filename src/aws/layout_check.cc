// What AWS would refuse, said before anything is made.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "aws/layout.h"
#include "aws/names.h"
#include "base/text.h"

namespace evershore::aws {

namespace {

constexpr size_t kCheckTextMax = 255;  // SearchString, ResourcePath, FullyQualifiedDomainName
constexpr size_t kChildrenMax = 255;   // the two AWS texts say 255 and 256: the safe one

using Problems = std::vector<LayoutProblem>;

bool is_domain_below(const std::string& host, const std::string& zone) { return host == zone || host.ends_with("." + zone); }

// S3's rules for new buckets: 3 to 63 of a-z 0-9 . -, beginning and ending with a letter or digit, no "..", no IPv4 address.
std::string bucket_name_problem(const std::string& name) {
  const auto alnum = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (name.size() < 3 || name.size() > 63) return "a bucket's name has 3 to 63 characters";
  if (!std::ranges::all_of(name, [&](char c) { return alnum(c) || c == '.' || c == '-'; }))
    return "a bucket's name holds a-z, 0-9, '.' and '-' only";
  if (!alnum(name.front()) || !alnum(name.back())) return "a bucket's name begins and ends with a letter or digit";
  if (name.find("..") != std::string::npos) return "a bucket's name may not hold \"..\"";
  if (std::ranges::count(name, '.') == 3 && std::ranges::all_of(name, [](char c) { return c == '.' || (c >= '0' && c <= '9'); }))
    return "a bucket's name may not look like an address";
  return "";
}

std::string address_problem(const std::string& address) {
  const auto parts = split(address, '.');
  std::array<uint64_t, 4> byte{};
  if (parts.size() != byte.size()) return "is not an IPv4 address";
  for (size_t i = 0; i < byte.size(); ++i) {
    const auto value = parse_u64(parts[i]);
    if (!value || *value > 255) return "is not an IPv4 address";
    byte[i] = *value;
  }
  const bool hidden = byte[0] == 10 || byte[0] == 127 || byte[0] == 0 || (byte[0] == 172 && byte[1] >= 16 && byte[1] < 32) ||
                      (byte[0] == 192 && byte[1] == 168) || (byte[0] == 169 && byte[1] == 254) ||
                      (byte[0] == 100 && byte[1] >= 64 && byte[1] < 128) || byte[0] >= 224;
  return hidden ? "is private, loopback, shared or multicast: Route 53 cannot check it" : "";
}

void check_host(Problems& problems, const AwsSettings& aws, const SiteSettings& site) {
  if (site.hosts.size() != 1 || site.hosts.front().find('*') != std::string::npos) {
    problems.push_back({"site", "the site must have exactly one host, without a wildcard"});
    return;
  }
  const auto& host = site.hosts.front();
  if (!is_domain_below(host, aws.hosted_zone))
    problems.push_back({"hosted_zone", fmt::format("{} is not in the zone {}", host, aws.hosted_zone)});
  if (aws.layout == "classic" && host == aws.hosted_zone && aws.records == "cname")
    problems.push_back({"records", "a zone's own name cannot be a CNAME; write records = \"alias\""});
}

void check_regions(Problems& problems, const AwsSettings& aws) {
  for (const auto& [setting, region] :
       {std::pair("primary.region", aws.primary_region), std::pair("secondary.region", aws.secondary_region)}) {
    if (!known_region(region)) problems.push_back({setting, fmt::format("\"{}\" is no AWS region that we know", region)});
  }
  if (aws.primary_region == aws.secondary_region && aws.layout != "evershore")
    problems.push_back({"secondary.region", "is the primary's: the layout is there to survive a region"});
}

void check_buckets(Problems& problems, const AwsSettings& aws, const SiteSettings& site) {
  const auto& host = site.hosts.front();
  const std::string primary = aws.primary_bucket.empty() ? host : aws.primary_bucket;
  const std::string secondary = aws.secondary_bucket.empty() ? host : aws.secondary_bucket;
  if (primary == secondary)
    problems.push_back({"primary.bucket", fmt::format("both buckets are called {}; names are global, give another", primary)});
  if (aws.layout == "classic" && secondary != host)
    problems.push_back({"secondary.bucket", fmt::format("a website bucket must be named like its host, {}; leave it out", host)});
  for (const auto& [setting, name] : {std::pair("primary.bucket", primary), std::pair("secondary.bucket", secondary)}) {
    if (const auto text = bucket_name_problem(name); !text.empty()) problems.push_back({setting, fmt::format("\"{}\": {}", name, text)});
  }
  // S3's wildcard certificate does not cover names with dots.
  if (aws.layout == "classic" && aws.check_https && primary.find('.') != std::string::npos)
    problems.push_back({"check.https", "S3's certificate does not cover bucket names with dots; give primary.bucket one without"});
}

void check_checks(Problems& problems, const AwsSettings& aws, const SiteSettings& site) {
  if (aws.check_interval != 10s && aws.check_interval != 30s) problems.push_back({"check.interval", "Route 53 offers 10s and 30s"});
  const auto& path = aws.check_path.empty() ? site.index : aws.check_path;
  if (path.size() + 1 > kCheckTextMax) problems.push_back({"check.path", fmt::format("is longer than {} characters", kCheckTextMax)});
  if (aws.layout == "evershore") {
    if (aws.edges.empty()) problems.push_back({"edges", "is missing: give the addresses of one or two edges"});
    if (aws.edges.size() > 2) problems.push_back({"edges", "a failover group has a primary and a secondary: give one or two"});
    for (const auto& edge : aws.edges) {
      if (const auto text = address_problem(edge); !text.empty()) problems.push_back({"edges", fmt::format("{} {}", edge, text)});
    }
  }
}

void check_texts(Problems& problems, const AwsSettings& aws) {
  for (const auto& tag : aws.tags) {
    const auto equals = tag.find('=');
    if (equals == std::string::npos || equals == 0 || equals > 128 || tag.size() - equals - 1 > 256 || tag.starts_with("aws:") ||
        tag.starts_with("evershore:"))
      problems.push_back(
          {"tags", fmt::format("\"{}\" is not key=value with a key of at most 128 and a value of at most 256 characters", tag)});
  }
  if (!aws.certificate.empty() && (!aws.certificate.starts_with("arn:") || aws.certificate.find(":acm:us-east-1:") == std::string::npos))
    problems.push_back({"certificate", "CloudFront takes certificates of us-east-1 only: give the ARN of one"});
  if (!aws.notify.empty() && aws.notify.find('@') == std::string::npos) problems.push_back({"notify", "is no e-mail address"});
}

}  // namespace

std::vector<LayoutProblem> check_layout(const AwsSettings& aws, const SiteSettings& site) {
  Problems problems;
  check_host(problems, aws, site);
  check_regions(problems, aws);
  if (aws.layout != "evershore" && !site.hosts.empty()) check_buckets(problems, aws, site);
  check_checks(problems, aws, site);
  check_texts(problems, aws);
  return problems;
}

std::string broken_limit(const HealthCheck& check) {
  static constexpr std::array<std::string_view, 8> kCheckerRegions{"us-east-1",      "us-west-1",      "us-west-2",      "eu-west-1",
                                                                   "ap-southeast-1", "ap-southeast-2", "ap-northeast-1", "sa-east-1"};
  if (check.calculated()) {
    if (check.children.size() > kChildrenMax) return "a calculated check has at most 255 children";
    if (check.health_threshold > 256) return "HealthThreshold is at most 256";
    return "";
  }
  if (check.interval_s != 10 && check.interval_s != 30) return "RequestInterval is 10 or 30";
  if (check.failure_threshold < 1 || check.failure_threshold > 10) return "FailureThreshold is 1 to 10";
  for (const auto& text : {check.search, check.path, check.fqdn}) {
    if (text.size() > kCheckTextMax) return "SearchString, ResourcePath and FullyQualifiedDomainName have at most 255 characters";
  }
  if (check.type.ends_with("_STR_MATCH") == check.search.empty())
    return "SearchString belongs to the types with _STR_MATCH, and to them alone";
  if (!check.regions.empty() && check.regions.size() < 3) return "Regions are at least three, or none for all";
  for (const auto& region : check.regions) {
    if (std::ranges::find(kCheckerRegions, region) == kCheckerRegions.end()) return region + " has no checkers";
  }
  return "";
}

}  // namespace evershore::aws
