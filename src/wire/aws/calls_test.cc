// CloudFront, S3, IAM, SNS, CloudWatch and ACM: what is sent, and what is made of the answers.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "wire/aws/acm.h"
#include "wire/aws/cloudfront.h"
#include "wire/aws/query.h"
#include "wire/aws/requests.h"
#include "wire/aws/s3_control.h"

namespace evershore::aws {
namespace {

std::string order_of(const std::string& xml) {
  std::string names;
  for (size_t at = xml.find('<'); at != std::string::npos; at = xml.find('<', at + 1)) {
    if (xml[at + 1] == '/' || xml[at + 1] == '?') continue;
    names += xml.substr(at + 1, xml.find_first_of(" >/", at + 1) - at - 1) + " ";
  }
  return names;
}

Answer answer(std::string body) { return {.status = 200, .headers = {}, .body = std::move(body)}; }

Distribution some_distribution() {
  Distribution d{.comment = "c",
                 .aliases = {"a.example.com"},
                 .default_root = "index.html",
                 .origins = {{.id = "primary", .domain = "b.s3.us-east-1.amazonaws.com"}}};
  d.certificate_arn = "arn:aws:acm:us-east-1:1:certificate/x";
  return d;
}

TEST(CloudFront, distribution_in_the_schemas_order) {
  const auto call = request(CreateDistribution{some_distribution(), "ref", {{"k", "v"}}});
  EXPECT_EQ(call.target, "/2020-05-31/distribution?WithTags");
  EXPECT_EQ(
      order_of(call.body),
      "DistributionConfigWithTags DistributionConfig CallerReference Aliases Quantity Items CNAME DefaultRootObject Origins Quantity Items "
      "Origin Id "
      "DomainName OriginPath CustomHeaders Quantity S3OriginConfig OriginAccessIdentity ConnectionAttempts ConnectionTimeout "
      "OriginAccessControlId OriginGroups Quantity DefaultCacheBehavior TargetOriginId ViewerProtocolPolicy AllowedMethods Quantity Items "
      "Method "
      "Method CachedMethods Quantity Items Method Method Compress CachePolicyId CustomErrorResponses Quantity Comment PriceClass Enabled "
      "ViewerCertificate ACMCertificateArn SSLSupportMethod MinimumProtocolVersion HttpVersion IsIPV6Enabled Tags Items Tag Key Value ");
}

TEST(CloudFront, two_origins_become_a_group) {
  auto d = some_distribution();
  d.origins.push_back({.id = "secondary", .domain = "c.s3.us-west-2.amazonaws.com"});
  d.failover_statuses = {403, 503};
  const auto body = request(CreateDistribution{d, "ref", {}}).body;
  EXPECT_NE(order_of(body).find(
                "OriginGroups Quantity Items OriginGroup Id FailoverCriteria StatusCodes Quantity Items StatusCode StatusCode Members "
                "Quantity Items OriginGroupMember OriginId OriginGroupMember OriginId DefaultCacheBehavior"),
            std::string::npos);
  EXPECT_NE(body.find("<TargetOriginId>group</TargetOriginId>"), std::string::npos);
  EXPECT_NE(body.find("<Method>GET</Method><Method>HEAD</Method>"), std::string::npos)
      << "a behaviour on a group allows reading methods only";
}

TEST(CloudFront, update_keeps_what_it_does_not_manage) {
  const std::string present =
      "<DistributionConfig "
      "xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\"><CallerReference>theirs</CallerReference><Aliases><Quantity>0"
      "</Quantity></Aliases><DefaultRootObject></DefaultRootObject><Origins/><OriginGroups/><DefaultCacheBehavior><TargetOriginId>x</"
      "TargetOriginId>"
      "<ViewerProtocolPolicy>allow-all</ViewerProtocolPolicy><FunctionAssociations><Quantity>7</Quantity></FunctionAssociations></"
      "DefaultCacheBehavior>"
      "<CustomErrorResponses/><Comment/><PriceClass/><Enabled>true</Enabled><ViewerCertificate/><WebACLId>acl-1</WebACLId><IsIPV6Enabled/"
      "></DistributionConfig>";
  const auto call = request(UpdateDistribution{"E1", "etag-1", present, some_distribution()});
  EXPECT_EQ(call.method, "PUT");
  EXPECT_EQ(call.headers.get("if-match"), "etag-1");
  for (const char* kept : {"<CallerReference>theirs</CallerReference>", "<WebACLId>acl-1</WebACLId>", "<Quantity>7</Quantity>"}) {
    EXPECT_NE(call.body.find(kept), std::string::npos) << kept;
  }
  EXPECT_NE(call.body.find("<CNAME>a.example.com</CNAME>"), std::string::npos);
  EXPECT_NE(call.body.find("<TargetOriginId>primary</TargetOriginId>"), std::string::npos);
  EXPECT_LT(call.body.find("<Aliases>"), call.body.find("<DefaultRootObject>"));
  const auto read = parse_distribution_config(answer(call.body));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->distribution, some_distribution());
}

TEST(S3Control, replication_in_the_schemas_order_and_others_rules_kept) {
  ReplicationRule ours{.id = "evershore", .destination_bucket = "b", .delete_markers = true, .time_control = true};
  ReplicationRule theirs{.id = "x", .raw = "<Rule><ID>x</ID></Rule>"};
  const auto call = request(SetReplication{"us-east-1", "a", {"arn:role", {theirs, ours}}});
  EXPECT_EQ(call.target, "/a?replication");
  EXPECT_EQ(order_of(call.body),
            "ReplicationConfiguration Role Rule ID Rule ID Priority Filter Prefix Status Destination Bucket ReplicationTime Status Time "
            "Minutes Metrics "
            "Status EventThreshold Minutes DeleteMarkerReplication Status ");
  EXPECT_NE(call.body.find("<Minutes>15</Minutes>"), std::string::npos);
  EXPECT_EQ(request(SetReplication{"us-east-1", "a", {}}).method, "DELETE");
}

TEST(S3Control, us_east_1_is_not_named_and_bodies_carry_their_md5) {
  const auto east = request(CreateBucket{"us-east-1", "a.b", {{"k", "v"}}});
  EXPECT_EQ(order_of(east.body), "CreateBucketConfiguration Tags Tag Key Value ");
  EXPECT_EQ(east.target, "/a.b");
  EXPECT_EQ(east.region, "us-east-1");
  EXPECT_EQ(east.headers.get("content-md5").size(), 24U);
  EXPECT_EQ(order_of(request(CreateBucket{"us-west-2", "a", {}}).body), "CreateBucketConfiguration LocationConstraint Tags ");
}

TEST(S3Control, website_and_public_access) {
  EXPECT_EQ(order_of(request(SetWebsite{"us-east-1", "a", {"index.html", "404.html"}}).body),
            "WebsiteConfiguration ErrorDocument Key IndexDocument Suffix ");
  EXPECT_EQ(order_of(request(SetPublicAccess{"us-east-1", "a", true}).body),
            "PublicAccessBlockConfiguration BlockPublicAcls IgnorePublicAcls BlockPublicPolicy RestrictPublicBuckets ");
}

TEST(S3Control, a_delete_can_fail_under_status_200) {
  EXPECT_TRUE(parse_deleted_versions(answer("<DeleteResult/>")).has_value());
  EXPECT_FALSE(
      parse_deleted_versions(answer("<DeleteResult><Error><Key>k</Key><Code>AccessDenied</Code></Error></DeleteResult>")).has_value());
}

TEST(Query, forms_are_encoded) {
  const auto call = request(CreateRole{"evershore-x", R"({"a":"b c"})", "d", {{"k", "v"}}});
  EXPECT_EQ(call.body,
            "Action=CreateRole&Version=2010-05-08&RoleName=evershore-x&AssumeRolePolicyDocument=%7B%22a%22%3A%22b%20c%22%7D&Description=d&"
            "Tags.member.1.Key=k&Tags.member.1.Value=v");
  EXPECT_EQ(call.headers.get("content-type"), "application/x-www-form-urlencoded; charset=utf-8");
}

TEST(Query, alarm_is_on_the_minimum_of_health_check_status) {
  const auto body = request(SetAlarm{{"n", "hc", {"arn:topic"}}, {}}).body;
  for (const char* part : {"MetricName=HealthCheckStatus", "Statistic=Minimum", "ComparisonOperator=LessThanThreshold",
                           "Dimensions.member.1.Value=hc", "AlarmActions.member.1=arn%3Atopic"}) {
    EXPECT_NE(body.find(part), std::string::npos) << part;
  }
}

TEST(Query, keys_of_a_session) {
  const auto keys =
      parse_session_keys(answer("<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>A</AccessKeyId><SecretAccessKey>S</"
                                "SecretAccessKey><SessionToken>T</SessionToken>"
                                "<Expiration>2026-11-30T12:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"));
  ASSERT_TRUE(keys.has_value());
  EXPECT_EQ(keys->session_token, "T");
  EXPECT_TRUE(assume_role_with_web_identity("r", "s", " token\n").anonymous);
  EXPECT_FALSE(parse_session_keys(answer("<AssumeRoleResponse/>")).has_value());
}

TEST(Acm, asks_for_proof_by_dns) {
  const auto call = request(RequestCertificate{"a.example.com", "token", {{"k", "v"}}});
  EXPECT_EQ(call.headers.get("x-amz-target"), "CertificateManager.RequestCertificate");
  const auto json = nlohmann::json::parse(call.body);
  EXPECT_EQ(json["ValidationMethod"], "DNS");
  const auto found = parse_certificate(answer(
      R"({"Certificate":{"CertificateArn":"arn","DomainName":"a.example.com","Status":"PENDING_VALIDATION","DomainValidationOptions":[{"ResourceRecord":)"
      R"({"Name":"_x.a.example.com.","Type":"CNAME","Value":"_y.acm-validations.aws."}}]}})"));
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->record_name, "_x.a.example.com");
  EXPECT_EQ(found->record_value, "_y.acm-validations.aws.");
}

struct ErrorCase {
  const char* what;
  Answer answer;
  const char* code;
  ErrorClass error;
};

TEST(Errors, of_all_the_services_forms) {
  const std::vector<ErrorCase> cases = {
      {"Route 53 throttles with 400",
       {400,
        {},
        "<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>"},
       "Throttling",
       ErrorClass::kThrottled},
      {"a batch before is still under way",
       {400, {}, "<ErrorResponse><Error><Code>PriorRequestNotComplete</Code></Error></ErrorResponse>"},
       "PriorRequestNotComplete",
       ErrorClass::kThrottled},
      {"a batch is wrong",
       {400, {}, "<InvalidChangeBatch><Messages><Message>no</Message><Message>nor that</Message></Messages></InvalidChangeBatch>"},
       "InvalidChangeBatch",
       ErrorClass::kRefused},
      {"S3 is not there", {404, {}, "<Error><Code>NoSuchBucket</Code></Error>"}, "NoSuchBucket", ErrorClass::kAbsent},
      {"S3 is busy", {503, {}, "<Error><Code>SlowDown</Code></Error>"}, "SlowDown", ErrorClass::kThrottled},
      {"S3 finds our clock wrong",
       {403, {}, "<Error><Code>RequestTimeTooSkewed</Code></Error>"},
       "RequestTimeTooSkewed",
       ErrorClass::kSkewed},
      {"JSON with a prefix",
       {400, {}, R"({"__type":"com.amazonaws.acm#ResourceNotFoundException","message":"m"})"},
       "ResourceNotFoundException",
       ErrorClass::kAbsent},
      {"JSON throttles", {400, {}, R"({"__type":"ThrottlingException"})"}, "ThrottlingException", ErrorClass::kThrottled},
      {"the session has ended",
       {403, {}, "<ErrorResponse><Error><Code>ExpiredToken</Code></Error></ErrorResponse>"},
       "ExpiredToken",
       ErrorClass::kExpired},
      {"somebody else was faster",
       {409, {}, "<ErrorResponse><Error><Code>HealthCheckVersionMismatch</Code></Error></ErrorResponse>"},
       "HealthCheckVersionMismatch",
       ErrorClass::kConflict},
      {"a proxy's page", {502, {}, "bad gateway"}, "", ErrorClass::kTransient},
      {"HEAD has no body", {404, {}, ""}, "", ErrorClass::kAbsent},
  };
  for (const auto& each : cases) {
    const auto error = parse_api_error(each.answer);
    EXPECT_EQ(error.code, each.code) << each.what;
    EXPECT_EQ(classify(each.answer.status, error.code), each.error) << each.what;
  }
}

TEST(Hosts, by_service_and_partition) {
  EXPECT_EQ(host_of(Service::kRoute53, "us-east-1"), "route53.amazonaws.com");
  EXPECT_EQ(host_of(Service::kS3, "eu-central-1"), "s3.eu-central-1.amazonaws.com");
  EXPECT_EQ(host_of(Service::kS3, "cn-north-1"), "s3.cn-north-1.amazonaws.com.cn");
  EXPECT_EQ(host_of(Service::kCloudWatch, "us-east-1"), "monitoring.us-east-1.amazonaws.com");
}

}  // namespace
}  // namespace evershore::aws
