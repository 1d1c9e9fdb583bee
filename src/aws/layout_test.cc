#include "aws/layout.h"

#include <gtest/gtest.h>

#include "aws/names.h"
#include "aws/policies.h"

namespace evershore::aws {
namespace {

SiteSettings some_site() { return {.name = "assets", .hosts = {"assets.example.com"}, .regions = {"east", "west"}}; }

AwsSettings some_settings() {
  AwsSettings aws{.site = "assets", .hosted_zone = "example.com", .primary_region = "us-east-1", .primary_bucket = "example-assets"};
  aws.secondary_region = "us-west-2";
  return aws;
}

const HealthCheck& check_of(const Layout& layout, const std::string& part) {
  for (const auto& check : layout.checks) {
    if (check.part == part) return check.check;
  }
  static const HealthCheck kNone{.type = "none"};
  return kNone;
}

// The layout that people build by hand, point by point.
class ClassicLayout : public testing::Test {
 protected:
  const Layout layout = wanted(some_settings(), some_site());
  const WantedBucket& primary = layout.buckets.at(0);
  const WantedBucket& secondary = layout.buckets.at(1);
  const RecordSet& first = layout.records.at(0);
  const RecordSet& second = layout.records.at(1);
};

TEST_F(ClassicLayout, two_buckets_in_two_regions) {
  ASSERT_EQ(layout.buckets.size(), 2U);
  EXPECT_EQ(primary.region, "us-east-1");
  EXPECT_EQ(secondary.region, "us-west-2");
}
TEST_F(ClassicLayout, the_primary_bucket_is_named_freely) { EXPECT_EQ(primary.name, "example-assets"); }
TEST_F(ClassicLayout, the_secondary_bucket_is_named_like_the_host) { EXPECT_EQ(secondary.name, "assets.example.com"); }
TEST_F(ClassicLayout, the_secondary_is_a_website_and_the_primary_is_not) {
  EXPECT_EQ(secondary.website, (Website{"index.html", ""}));
  EXPECT_FALSE(primary.website.has_value());
}
TEST_F(ClassicLayout, everyone_may_read_both) {
  for (const auto& bucket : layout.buckets) {
    EXPECT_TRUE(bucket.public_read);
    EXPECT_EQ(bucket.policy_statement, public_read_statement("aws", bucket.name));
  }
}
TEST_F(ClassicLayout, replication_goes_from_the_primary_to_the_secondary_only) {
  ASSERT_TRUE(primary.replication.has_value());
  EXPECT_EQ(primary.replication->destination_bucket, secondary.name);
  EXPECT_TRUE(primary.replication->enabled);
  EXPECT_FALSE(secondary.replication.has_value());
}
TEST_F(ClassicLayout, replication_has_a_role_that_s3_may_take) {
  ASSERT_TRUE(layout.role.has_value());
  EXPECT_TRUE(same_json(layout.role->trust_policy, replication_trust_policy()));
  EXPECT_NE(layout.role->policy.find("arn:aws:s3:::assets.example.com/*"), std::string::npos);
}
TEST_F(ClassicLayout, cloudfront_stands_in_front_of_the_primary_alone) {
  ASSERT_TRUE(layout.distribution.has_value());
  ASSERT_EQ(layout.distribution->origins.size(), 1U);
  EXPECT_EQ(layout.distribution->origins[0].domain, "example-assets.s3.us-east-1.amazonaws.com");
}
TEST_F(ClassicLayout, cloudfront_answers_for_the_host_with_its_certificate) {
  EXPECT_EQ(layout.distribution->aliases, std::vector<std::string>{"assets.example.com"});
  EXPECT_EQ(layout.certificate_domain, "assets.example.com");
}
TEST_F(ClassicLayout, three_health_checks) { EXPECT_EQ(layout.checks.size(), 3U); }
TEST_F(ClassicLayout, one_check_is_on_the_bucket) {
  EXPECT_EQ(check_of(layout, "check/bucket").fqdn, "example-assets.s3.us-east-1.amazonaws.com");
}
TEST_F(ClassicLayout, one_check_is_on_the_distribution_by_its_own_name) {
  EXPECT_EQ(check_of(layout, "check/distribution").fqdn, "@{distribution.domain}") << "never the failover record's own name";
}
TEST_F(ClassicLayout, one_check_is_calculated_and_needs_both) {
  const auto& both = check_of(layout, "check/both");
  EXPECT_EQ(both.type, "CALCULATED");
  EXPECT_EQ(both.children, (std::vector<std::string>{"@{check/bucket}", "@{check/distribution}"}));
  EXPECT_EQ(both.health_threshold, 2U);
}
TEST_F(ClassicLayout, checks_are_route_53s_basic_ones) {
  for (const char* part : {"check/bucket", "check/distribution"}) {
    EXPECT_EQ(check_of(layout, part).type, "HTTP");
    EXPECT_EQ(check_of(layout, part).interval_s, 30U);
    EXPECT_EQ(check_of(layout, part).failure_threshold, 3U);
  }
}
TEST_F(ClassicLayout, two_failover_records_at_the_host) {
  ASSERT_EQ(layout.records.size(), 2U);
  EXPECT_EQ(first.failover, "PRIMARY");
  EXPECT_EQ(second.failover, "SECONDARY");
  for (const auto& set : layout.records) {
    EXPECT_EQ(set.name, "assets.example.com");
    EXPECT_EQ(set.type, "CNAME");
    EXPECT_EQ(set.ttl_s, 60U);
  }
  EXPECT_NE(first.set_identifier, second.set_identifier);
}
TEST_F(ClassicLayout, the_primary_record_leads_to_cloudfront_and_hangs_on_the_calculated_check) {
  EXPECT_EQ(first.values, std::vector<std::string>{"@{distribution.domain}"});
  EXPECT_EQ(first.health_check, "@{check/both}");
}
TEST_F(ClassicLayout, the_secondary_record_leads_to_the_website_and_hangs_on_nothing) {
  EXPECT_EQ(second.values, std::vector<std::string>{"assets.example.com.s3-website-us-west-2.amazonaws.com"});
  EXPECT_EQ(second.health_check, "");
}
TEST_F(ClassicLayout, an_alarm_tells_a_topic) {
  ASSERT_TRUE(layout.alarm.has_value());
  EXPECT_EQ(layout.alarm->health_check, "@{check/both}");
  EXPECT_EQ(layout.alarm->actions, std::vector<std::string>{"@{topic}"});
}
TEST_F(ClassicLayout, says_what_it_cannot_do) {
  std::string all;
  for (const auto& text : layout.cannot) all += text + "\n";
  for (const char* part : {"TLS on the secondary", "writes", "a download that was running"})
    EXPECT_NE(all.find(part), std::string::npos) << part;
}

TEST(Layout, a_check_on_the_secondary_goes_to_its_website_and_its_record) {
  auto aws = some_settings();
  aws.check_secondary = true;
  const auto layout = wanted(aws, some_site());
  EXPECT_EQ(check_of(layout, "check/secondary").fqdn, "assets.example.com.s3-website-us-west-2.amazonaws.com");
  EXPECT_EQ(layout.records[1].health_check, "@{check/secondary}");
}

TEST(Layout, alias_records_obey_route_53) {
  auto aws = some_settings();
  aws.records = "alias";
  const auto layout = wanted(aws, some_site());
  const auto& primary = layout.records[0];
  const auto& secondary = layout.records[1];
  EXPECT_EQ(primary.type, "A");
  EXPECT_EQ(primary.alias, (AliasTarget{"Z2FDTNDATAQYW2", "@{distribution.domain}", false})) << "must be false for CloudFront";
  EXPECT_EQ(secondary.alias, (AliasTarget{"Z3BJ6K6RIION7M", "s3-website-us-west-2.amazonaws.com", true}));
  EXPECT_FALSE(primary.ttl_s.has_value());
  EXPECT_FALSE(layout.distribution->ipv6) << "the website's alias is of type A only";
}

TEST(Layout, origin_group_has_private_buckets_and_both_origins) {
  auto aws = some_settings();
  aws.layout = "origin-group";
  const auto layout = wanted(aws, some_site());
  EXPECT_EQ(layout.distribution->origins.size(), 2U);
  EXPECT_EQ(layout.distribution->origins[1].access_control_id, "@{access-control}");
  EXPECT_EQ(layout.distribution->failover_statuses, (std::vector<uint32_t>{403, 404, 500, 502, 503, 504})) << "429 is not offered";
  EXPECT_FALSE(layout.buckets[0].public_read);
  EXPECT_NE(layout.buckets[0].policy_statement.find("@{distribution.arn}"), std::string::npos);
  EXPECT_TRUE(layout.checks.empty());
  ASSERT_EQ(layout.records.size(), 2U);
  EXPECT_EQ(layout.records[1].type, "AAAA");
}

TEST(Layout, evershore_points_at_our_edges_by_address) {
  auto aws = some_settings();
  aws.layout = "evershore";
  aws.edges = {"198.51.100.1", "203.0.113.1"};
  const auto layout = wanted(aws, some_site());
  EXPECT_TRUE(layout.buckets.empty());
  EXPECT_EQ(check_of(layout, "check/edge-1").address, "198.51.100.1");
  EXPECT_EQ(check_of(layout, "check/edge-1").fqdn, "assets.example.com") << "sent as Host; not looked up";
  EXPECT_EQ(layout.records[1].values, std::vector<std::string>{"203.0.113.1"});
  EXPECT_EQ(layout.records[1].health_check, "@{check/edge-2}");
}

struct Refused {
  const char* what;
  const char* setting;
  void (*change)(AwsSettings&, SiteSettings&);
};

TEST(LayoutCheck, refuses_what_aws_would) {
  EXPECT_TRUE(check_layout(some_settings(), some_site()).empty());
  const std::vector<Refused> cases = {
      {"a wildcard host", "site", [](auto&, auto& site) { site.hosts = {"*.example.com"}; }},
      {"two hosts", "site", [](auto&, auto& site) { site.hosts = {"a.example.com", "b.example.com"}; }},
      {"a host outside of the zone", "hosted_zone", [](auto& aws, auto&) { aws.hosted_zone = "example.org"; }},
      {"a host that only ends like the zone", "hosted_zone", [](auto&, auto& site) { site.hosts = {"badexample.com"}; }},
      {"a CNAME at the apex", "records", [](auto&, auto& site) { site.hosts = {"example.com"}; }},
      {"a region that is none", "primary.region", [](auto& aws, auto&) { aws.primary_region = "us-east-9"; }},
      {"both in one region", "secondary.region", [](auto& aws, auto&) { aws.secondary_region = "us-east-1"; }},
      {"both buckets of one name", "primary.bucket", [](auto& aws, auto&) { aws.primary_bucket = ""; }},
      {"a secondary that is not named like the host", "secondary.bucket", [](auto& aws, auto&) { aws.secondary_bucket = "other"; }},
      {"an upper-case bucket", "primary.bucket", [](auto& aws, auto&) { aws.primary_bucket = "Assets"; }},
      {"a bucket like an address", "primary.bucket", [](auto& aws, auto&) { aws.primary_bucket = "192.0.2.1"; }},
      {"a bucket of two letters", "primary.bucket", [](auto& aws, auto&) { aws.primary_bucket = "ab"; }},
      {"20 s checks", "check.interval", [](auto& aws, auto&) { aws.check_interval = 20s; }},
      {"a path of 255 characters without its slash", "check.path", [](auto& aws, auto&) { aws.check_path = std::string(255, 'x'); }},
      {"TLS to a bucket with dots", "check.https",
       [](auto& aws, auto&) {
         aws.check_https = true;
         aws.primary_bucket = "a.b.c";
       }},
      {"a certificate of another region", "certificate",
       [](auto& aws, auto&) { aws.certificate = "arn:aws:acm:eu-west-1:1:certificate/x"; }},
      {"a tag without value", "tags", [](auto& aws, auto&) { aws.tags = {"team"}; }},
      {"a tag of ours", "tags", [](auto& aws, auto&) { aws.tags = {"evershore:host=x"}; }},
      {"mail to nobody", "notify", [](auto& aws, auto&) { aws.notify = "ops"; }},
      {"no edges", "edges", [](auto& aws, auto&) { aws.layout = "evershore"; }},
      {"a private edge", "edges",
       [](auto& aws, auto&) {
         aws.layout = "evershore";
         aws.edges = {"10.0.0.1"};
       }},
      {"an edge in shared space", "edges",
       [](auto& aws, auto&) {
         aws.layout = "evershore";
         aws.edges = {"100.64.0.1"};
       }},
      {"three edges", "edges",
       [](auto& aws, auto&) {
         aws.layout = "evershore";
         aws.edges = {"198.51.100.1", "198.51.100.2", "198.51.100.3"};
       }},
  };
  for (const auto& each : cases) {
    auto aws = some_settings();
    auto site = some_site();
    each.change(aws, site);
    const auto problems = check_layout(aws, site);
    ASSERT_FALSE(problems.empty()) << each.what;
    EXPECT_EQ(problems.front().setting, each.setting) << each.what << ": " << problems.front().text;
  }
}

struct Limit {
  const char* what;
  bool good;
  void (*change)(HealthCheck&);
};

TEST(LayoutCheck, limits_of_health_checks_from_both_sides) {
  const std::vector<Limit> cases = {
      {"10 s", true, [](auto& c) { c.interval_s = 10; }},
      {"11 s", false, [](auto& c) { c.interval_s = 11; }},
      {"threshold 1", true, [](auto& c) { c.failure_threshold = 1; }},
      {"threshold 0", false, [](auto& c) { c.failure_threshold = 0; }},
      {"threshold 10", true, [](auto& c) { c.failure_threshold = 10; }},
      {"threshold 11", false, [](auto& c) { c.failure_threshold = 11; }},
      {"path of 255", true, [](auto& c) { c.path = std::string(255, '/'); }},
      {"path of 256", false, [](auto& c) { c.path = std::string(256, '/'); }},
      {"name of 256", false, [](auto& c) { c.fqdn = std::string(256, 'x'); }},
      {"search of 255", true,
       [](auto& c) {
         c.type = "HTTP_STR_MATCH";
         c.search = std::string(255, 'x');
       }},
      {"search of 256", false,
       [](auto& c) {
         c.type = "HTTP_STR_MATCH";
         c.search = std::string(256, 'x');
       }},
      {"a string match without search", false, [](auto& c) { c.type = "HTTPS_STR_MATCH"; }},
      {"search without a string match", false, [](auto& c) { c.search = "x"; }},
      {"two regions", false, [](auto& c) { c.regions = {"us-east-1", "us-west-1"}; }},
      {"three regions", true, [](auto& c) { c.regions = {"us-east-1", "us-west-1", "eu-west-1"}; }},
      {"a region without checkers", false, [](auto& c) { c.regions = {"us-east-1", "us-west-1", "eu-central-1"}; }},
      {"255 children", true,
       [](auto& c) {
         c = {.type = "CALCULATED"};
         c.children.resize(255);
       }},
      {"256 children", false,
       [](auto& c) {
         c = {.type = "CALCULATED"};
         c.children.resize(256);
       }},
      {"threshold of children 257", false,
       [](auto& c) {
         c = {.type = "CALCULATED"};
         c.health_threshold = 257;
       }},
  };
  for (const auto& each : cases) {
    HealthCheck check;
    each.change(check);
    EXPECT_EQ(broken_limit(check).empty(), each.good) << each.what << ": " << broken_limit(check);
  }
}

TEST(Names, references_and_names_fit_awss_limits) {
  const std::string host(240, 'a');
  EXPECT_LE(reference_prefix(host, "check/distribution").size() + 16, 64U);
  EXPECT_EQ(plain_name("assets.example.com"), "evershore-assets-example-com");
  EXPECT_LE(plain_name(host).size(), 64U);
  EXPECT_NE(plain_name(host), plain_name(host + "b"));
}

TEST(Names, website_endpoints_have_a_dash_or_a_dot) {
  EXPECT_EQ(website_domain("us-west-2"), "s3-website-us-west-2.amazonaws.com");
  EXPECT_EQ(website_domain("eu-central-1"), "s3-website.eu-central-1.amazonaws.com");
}

TEST(Policies, others_statements_stay) {
  const std::string theirs = R"({"Version":"2012-10-17","Statement":{"Sid":"Theirs","Effect":"Deny"}})";
  const auto ours = public_read_statement("aws", "b");
  const auto both = with_statement(theirs, ours);
  EXPECT_TRUE(has_statement(both, ours));
  EXPECT_NE(both.find("Theirs"), std::string::npos);
  EXPECT_EQ(with_statement(both, ours), both);
  EXPECT_FALSE(has_statement(both, public_read_statement("aws", "c")));
  EXPECT_TRUE(has_statement(with_statement(both, ""), ""));
  EXPECT_EQ(with_statement(with_statement("", ours), ""), "");
}

}  // namespace
}  // namespace evershore::aws
