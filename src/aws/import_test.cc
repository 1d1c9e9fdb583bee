#include "aws/import.h"

#include <gtest/gtest.h>

namespace evershore::aws {
namespace {

TEST(Import, buckets_by_the_names_that_lead_to_them) {
  const auto place = [](const char* domain) {
    const auto found = bucket_place(domain);
    return found ? found->bucket + " in " + found->region : "none";
  };
  EXPECT_EQ(place("b.s3.us-east-1.amazonaws.com"), "b in us-east-1");
  EXPECT_EQ(place("b.s3.amazonaws.com."), "b in ");
  EXPECT_EQ(place("a.b.c.s3-website-us-west-2.amazonaws.com"), "a.b.c in us-west-2");
  EXPECT_EQ(place("a.b.c.s3-website.eu-central-1.amazonaws.com"), "a.b.c in eu-central-1");
  EXPECT_EQ(place("d1.cloudfront.net"), "none");
  EXPECT_EQ(place("s3.us-east-1.amazonaws.com"), "none");
}

Survey classic() {
  Survey survey{.host = "assets.example.com", .zone = "example.com", .account = "1"};
  survey.records = {{.name = survey.host,
                     .type = "CNAME",
                     .set_identifier = "a",
                     .failover = "SECONDARY",
                     .ttl_s = 60,
                     .values = {"assets.example.com.s3-website-us-west-2.amazonaws.com"}},
                    {.name = survey.host,
                     .type = "CNAME",
                     .set_identifier = "b",
                     .failover = "PRIMARY",
                     .ttl_s = 60,
                     .values = {"d1.cloudfront.net"},
                     .health_check = "id-3"}};
  survey.checks = {
      {.id = "id-1", .check = {.type = "HTTP_STR_MATCH", .fqdn = "x.s3.us-east-1.amazonaws.com", .path = "/h", .search = "say \"ok\""}},
      {.id = "id-2", .check = {.type = "CLOUDWATCH_METRIC"}},
      {.id = "id-3", .check = {.type = "CALCULATED", .health_threshold = 1, .children = {"id-1", "id-9"}}}};
  survey.distribution = Distribution{
      .default_root = "index.html", .origins = {{.id = "o", .domain = "x.s3.us-east-1.amazonaws.com"}}, .error_page = "/404.html"};
  survey.replicates_to = {{"x", "assets.example.com"}};
  return survey;
}

TEST(Import, the_distributions_bucket_is_the_primary_and_the_website_the_secondary) {
  const auto places = places_of(classic());
  ASSERT_EQ(places.size(), 2U);
  EXPECT_EQ(places[0].bucket, "x");
  EXPECT_EQ(places[1].region, "us-west-2");
}

TEST(Import, settings_hold_sites_checks_and_records) {
  const auto text = settings_from(classic());
  ASSERT_TRUE(text.has_value());
  for (const char* part :
       {"[regions.primary]", "bucket = \"x\"", "regions = [\"primary\", \"secondary\"]", "error_document = \"404.html\"",
        "search = \"say \\\"ok\\\"\"", "children = [\"endpoint-1\"]", "health_check = \"calculated-3\"", "no counterpart"}) {
    EXPECT_NE(text->find(part), std::string::npos) << part << "\n" << *text;
  }
}

TEST(Import, a_host_that_leads_to_no_bucket_is_an_error) {
  EXPECT_FALSE(settings_from({.host = "a.example.com", .zone = "example.com"}).has_value());
}

}  // namespace
}  // namespace evershore::aws
