#include "wire/aws/route53.h"

#include <gtest/gtest.h>

#include "wire/aws/requests.h"

namespace evershore::aws {
namespace {

// The names of a document's elements in the order they open: what Route 53 and CloudFront insist on.
std::string order_of(const std::string& xml) {
  std::string names;
  for (size_t at = xml.find('<'); at != std::string::npos; at = xml.find('<', at + 1)) {
    if (xml[at + 1] == '/' || xml[at + 1] == '?') continue;
    names += xml.substr(at + 1, xml.find_first_of(" >/", at + 1) - at - 1) + " ";
  }
  return names;
}

Answer answer(std::string body) { return {.status = 200, .headers = {}, .body = std::move(body)}; }

TEST(Route53, check_by_name_in_the_schemas_order) {
  HealthCheck check{.type = "HTTP_STR_MATCH", .fqdn = "b.s3.us-east-1.amazonaws.com", .path = "/index.html", .search = "ok & <well>"};
  check.regions = {"us-east-1", "us-west-1", "eu-west-1"};
  const auto call = request(CreateHealthCheck{check, "evershore/x/check-bucket/1"});
  EXPECT_EQ(call.method, "POST");
  EXPECT_EQ(call.target, "/2013-04-01/healthcheck");
  EXPECT_EQ(order_of(call.body),
            "CreateHealthCheckRequest CallerReference HealthCheckConfig Port Type ResourcePath FullyQualifiedDomainName SearchString "
            "RequestInterval FailureThreshold MeasureLatency Inverted Disabled EnableSNI Regions Region Region Region ");
  EXPECT_NE(call.body.find("xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\""), std::string::npos);
  EXPECT_NE(call.body.find("<SearchString>ok &amp; &lt;well&gt;</SearchString>"), std::string::npos);
}

TEST(Route53, check_by_address_names_the_address_first) {
  const HealthCheck check{.type = "HTTP", .address = "192.0.2.1", .fqdn = "assets.example.com", .path = "/"};
  EXPECT_TRUE(order_of(request(CreateHealthCheck{check, "r"}).body)
                  .starts_with("CreateHealthCheckRequest CallerReference HealthCheckConfig IPAddress Port Type "));
}

TEST(Route53, calculated_check_has_no_interval) {
  HealthCheck check{.type = "CALCULATED"};
  check.children = {"a", "b"};
  check.health_threshold = 2;
  EXPECT_EQ(order_of(request(CreateHealthCheck{check, "r"}).body),
            "CreateHealthCheckRequest CallerReference HealthCheckConfig Type Inverted Disabled HealthThreshold ChildHealthChecks "
            "ChildHealthCheck ChildHealthCheck ");
}

TEST(Route53, update_says_its_version_first_and_nothing_unchangeable) {
  const HealthCheck check{.type = "HTTPS", .fqdn = "x.example.com", .port = 443, .path = "/", .enable_sni = true};
  const auto call = request(UpdateHealthCheck{"id-1", 7, check});
  EXPECT_EQ(call.target, "/2013-04-01/healthcheck/id-1");
  EXPECT_EQ(order_of(call.body),
            "UpdateHealthCheckRequest HealthCheckVersion Port ResourcePath FullyQualifiedDomainName FailureThreshold Inverted Disabled "
            "EnableSNI ");
}

TEST(Route53, record_batch_in_the_schemas_order) {
  RecordSet plain{.name = "a.example.com", .type = "CNAME", .set_identifier = "evershore-primary", .failover = "PRIMARY", .ttl_s = 60};
  plain.values = {"d1.cloudfront.net"};
  plain.health_check = "hc";
  RecordSet alias{.name = "a.example.com", .type = "A"};
  alias.alias = AliasTarget{"Z2FDTNDATAQYW2", "d1.cloudfront.net", false};
  const auto call = request(ChangeRecordSets{"Z1", {{RecordAction::kDelete, alias}, {RecordAction::kUpsert, plain}}});
  EXPECT_EQ(call.target, "/2013-04-01/hostedzone/Z1/rrset/");
  EXPECT_EQ(
      order_of(call.body),
      "ChangeResourceRecordSetsRequest ChangeBatch Changes Change Action ResourceRecordSet Name Type AliasTarget HostedZoneId DNSName "
      "EvaluateTargetHealth Change Action ResourceRecordSet Name Type SetIdentifier Failover TTL ResourceRecords ResourceRecord Value "
      "HealthCheckId ");
}

TEST(Route53, what_was_listed_is_deleted_word_for_word) {
  const auto page = parse_record_sets(answer(
      R"(<ListResourceRecordSetsResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><ResourceRecordSets><ResourceRecordSet>)"
      R"(<Name>\052.example.com.</Name><Type>A</Type><SetIdentifier>x</SetIdentifier><Weight>3</Weight><TTL>60</TTL><ResourceRecords><ResourceRecord>)"
      R"(<Value>192.0.2.1</Value></ResourceRecord></ResourceRecords></ResourceRecordSet></ResourceRecordSets><IsTruncated>true</IsTruncated>)"
      R"(<NextRecordName>b.example.com.</NextRecordName><NextRecordType>A</NextRecordType></ListResourceRecordSetsResponse>)"));
  ASSERT_TRUE(page.has_value());
  ASSERT_EQ(page->sets.size(), 1U);
  EXPECT_EQ(page->sets[0].name, "*.example.com");
  EXPECT_EQ(page->next_name, "b.example.com");
  const auto call = request(ChangeRecordSets{"Z1", {{RecordAction::kDelete, page->sets[0]}}});
  EXPECT_NE(call.body.find("<Weight>3</Weight>"), std::string::npos);
  EXPECT_NE(call.body.find("<Name>\\052.example.com.</Name>"), std::string::npos);
}

TEST(Route53, zone_and_tags) {
  EXPECT_EQ(order_of(request(CreateHostedZone{"example.com", "r", "c"}).body),
            "CreateHostedZoneRequest Name CallerReference HostedZoneConfig Comment PrivateZone ");
  const auto call = request(TagHealthCheck{"id", {{"k", "v"}}});
  EXPECT_EQ(call.target, "/2013-04-01/tags/healthcheck/id");
  EXPECT_EQ(order_of(call.body), "ChangeTagsForResourceRequest AddTags Tag Key Value ");
  const auto made =
      parse_route53_made(answer("<CreateHostedZoneResponse><HostedZone><Id>/hostedzone/Z9</Id></HostedZone><ChangeInfo><Id>/change/C1</"
                                "Id></ChangeInfo><DelegationSet>"
                                "<NameServers><NameServer>ns-1.example.</NameServer><NameServer>ns-2.example.</NameServer></NameServers></"
                                "DelegationSet></CreateHostedZoneResponse>"));
  ASSERT_TRUE(made.has_value());
  EXPECT_EQ(*made, (Made{{"", "Z9"}, {"change", "C1"}, {"name_servers", "ns-1.example. ns-2.example."}}));
}

TEST(Route53, checks_are_read_page_by_page) {
  const auto page = parse_health_checks(
      answer("<R><HealthChecks><HealthCheck><Id>1</Id><CallerReference>ref</CallerReference><HealthCheckConfig><Type>CALCULATED</"
             "Type><HealthThreshold>2"
             "</HealthThreshold><ChildHealthChecks><ChildHealthCheck>a</ChildHealthCheck></ChildHealthChecks></"
             "HealthCheckConfig><HealthCheckVersion>4"
             "</HealthCheckVersion></HealthCheck></HealthChecks><IsTruncated>true</IsTruncated><NextMarker>m</NextMarker></R>"));
  ASSERT_TRUE(page.has_value());
  EXPECT_EQ(page->checks[0].version, 4U);
  EXPECT_EQ(page->checks[0].check.children, std::vector<std::string>{"a"});
  EXPECT_EQ(page->next_marker, "m");
  EXPECT_EQ(list_health_checks("m").target, "/2013-04-01/healthcheck?maxitems=100&marker=m");
}

TEST(Route53, broken_documents_are_errors) {
  for (const char* body : {"", "<", "{}", "<a><b></a>"}) {
    EXPECT_FALSE(parse_health_checks(answer(body)).has_value()) << body;
    EXPECT_FALSE(parse_record_sets(answer(body)).has_value()) << body;
  }
}

}  // namespace
}  // namespace evershore::aws
