#include "aws/export.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "aws/cost.h"

namespace evershore::aws {
namespace {

using Json = nlohmann::json;

Layout some_layout(const std::string& kind, const std::string& primary_region = "us-east-1") {
  AwsSettings aws{
      .layout = kind, .site = "assets", .hosted_zone = "example.com", .primary_region = primary_region, .primary_bucket = "example-assets"};
  aws.secondary_region = "us-west-2";
  aws.notify = "ops@example.com";
  if (kind == "origin-group") aws.secondary_bucket = "example-west";
  if (kind == "evershore") aws.edges = {"198.51.100.1"};
  return wanted(aws, {.name = "assets", .hosts = {"assets.example.com"}, .error_document = "404.html"});
}

// Every resource that something refers to is in the template.
void check_references(const Json& json, const Json& document) {
  if (json.is_array()) {
    for (const auto& each : json) check_references(each, document);
  }
  if (!json.is_object()) return;
  for (const auto& [key, value] : json.items()) {
    if (key == "Ref") {
      const auto name = value.get<std::string>();
      EXPECT_TRUE(document["Resources"].contains(name) || (document.contains("Parameters") && document["Parameters"].contains(name)))
          << name;
    }
    if (key == "Fn::GetAtt") EXPECT_TRUE(document["Resources"].contains(value[0].get<std::string>())) << value;
    check_references(value, document);
  }
}

class EveryExport : public testing::TestWithParam<const char*> {};

TEST_P(EveryExport, is_json_without_open_references) {
  const auto layout = some_layout(GetParam());
  for (const auto& text : {cloudformation(layout, StackPart::kPrimary), cloudformation(layout, StackPart::kSecondary), terraform(layout)}) {
    EXPECT_FALSE(Json::parse(text, nullptr, false).is_discarded());
    EXPECT_EQ(text.find("@{"), std::string::npos) << text.substr(text.find("@{"), 60);
  }
  const auto document = Json::parse(cloudformation(layout, StackPart::kPrimary));
  check_references(document, document);
  for (const auto& [name, resource] : document["Resources"].items()) {
    EXPECT_TRUE(resource["Type"].get<std::string>().starts_with("AWS::")) << name;
    EXPECT_TRUE(resource["Properties"].is_object()) << name;
  }
}

// "${aws_type.name.attribute}" names a resource that is there.
TEST_P(EveryExport, terraform_refers_to_its_own_resources) {
  const auto text = terraform(some_layout(GetParam()));
  const auto document = Json::parse(text);
  for (size_t at = text.find("${aws_"); at != std::string::npos; at = text.find("${aws_", at + 1)) {
    const auto type_end = text.find('.', at);
    const auto type = text.substr(at + 2, type_end - at - 2);
    const auto name = text.substr(type_end + 1, text.find('.', type_end + 1) - type_end - 1);
    EXPECT_TRUE(document["resource"].contains(type) && document["resource"][type].contains(name)) << type << "." << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Layouts, EveryExport, testing::Values("classic", "origin-group", "evershore"), [](const auto& each) {
  std::string name = each.param;
  std::ranges::replace(name, '-', '_');
  return name;
});

TEST(Export, classic_has_what_the_plan_makes) {
  const auto resources = Json::parse(cloudformation(some_layout("classic"), StackPart::kPrimary))["Resources"];
  for (const char* name : {"Zone", "Certificate", "PrimaryBucket", "PrimaryBucketPolicy", "Role", "Distribution", "CheckBucket",
                           "CheckDistribution", "CheckBoth", "Topic", "Alarm", "Records"}) {
    EXPECT_TRUE(resources.contains(name)) << name;
  }
  EXPECT_EQ(resources["CheckBoth"]["Properties"]["HealthCheckConfig"]["ChildHealthChecks"].size(), 2U);
  EXPECT_EQ(resources["Records"]["Properties"]["RecordSets"][0]["HealthCheckId"]["Fn::GetAtt"][0], "CheckBoth");
  const auto secondary = Json::parse(cloudformation(some_layout("classic"), StackPart::kSecondary))["Resources"];
  EXPECT_EQ(secondary["SecondaryBucket"]["Properties"]["BucketName"], "assets.example.com");
}

TEST(Export, elsewhere_than_us_east_1_the_certificate_is_a_parameter) {
  const auto document = Json::parse(cloudformation(some_layout("classic", "eu-west-1"), StackPart::kPrimary));
  EXPECT_TRUE(document["Parameters"].contains("CertificateArn"));
  EXPECT_FALSE(document["Resources"].contains("Alarm"));
}

double line_of(const Estimate& estimate, const std::string& what) {
  for (const auto& line : estimate.lines) {
    if (line.what.find(what) != std::string::npos) return line.usd;
  }
  return -1000;
}

TEST(Cost, three_basic_checks_list_at_1_50_and_are_free) {
  const auto bill = estimate(some_layout("classic"), {});
  EXPECT_DOUBLE_EQ(line_of(bill, "checks of AWS endpoints"), 1.50);
  EXPECT_DOUBLE_EQ(line_of(bill, "in the free tier (50"), -1.50);
  EXPECT_NE(estimate_text(some_layout("classic"), bill).find("1.25 = 0.50 + 0.75"), std::string::npos);
  EXPECT_NEAR(bill.total(), 0.50, 1e-9) << "the zone is what is left of an empty layout";
}

TEST(Cost, each_option_of_a_check_is_a_dollar) {
  auto layout = some_layout("classic");
  for (auto& want : layout.checks) {
    if (!want.check.calculated()) want.check.interval_s = 10;
  }
  EXPECT_DOUBLE_EQ(line_of(estimate(layout, {}), "options"), 2.00);
}

TEST(Cost, edges_are_no_aws_endpoints) { EXPECT_DOUBLE_EQ(line_of(estimate(some_layout("evershore"), {}), "other endpoints"), 0.75); }

TEST(Cost, the_sum_is_that_of_its_lines_with_volumes) {
  const auto bill =
      estimate(some_layout("classic"), {.stored_gb = 100, .served_gb = 2048, .written_gb = 10, .requests = 20'000'000, .writes = 100'000});
  EXPECT_NEAR(line_of(bill, "storage, primary"), 2.30, 1e-9);
  EXPECT_NEAR(line_of(bill, "transfer between regions"), 0.20, 1e-9);
  EXPECT_NEAR(line_of(bill, "CloudFront: transfer"), 2048 * 0.085, 1e-9);
  EXPECT_NEAR(line_of(bill, "(1 TB)"), -1024 * 0.085, 1e-9);
  EXPECT_NEAR(line_of(bill, "(10 million)"), -10.0, 1e-9);
  const auto json = Json::parse(estimate_json(some_layout("classic"), bill));
  EXPECT_NEAR(json["total_usd"].get<double>(), bill.total(), 1e-9);
}

}  // namespace
}  // namespace evershore::aws
