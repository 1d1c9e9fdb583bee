#include "aws/policies.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "aws/names.h"

namespace evershore::aws {

namespace {

using Json = nlohmann::json;

constexpr const char* kVersion = "2012-10-17";

std::string arn_of(std::string_view partition, const std::string& bucket) { return fmt::format("arn:{}:s3:::{}", partition, bucket); }

bool is_our_statement(const Json& statement) {
  return statement.is_object() && statement.contains("Sid") && statement["Sid"].is_string() &&
         statement["Sid"].get<std::string>().starts_with(kSidPrefix);
}

// AWS lets a lone statement stand without a list.
Json statements_in(const std::string& policy) {
  const auto document = Json::parse(policy, nullptr, false);
  if (!document.is_object() || !document.contains("Statement")) return Json::array();
  return document["Statement"].is_array() ? document["Statement"] : Json::array({document["Statement"]});
}

}  // namespace

std::string replication_trust_policy() {
  const Json policy = {
      {"Version", kVersion},
      {"Statement", Json::array({{{"Effect", "Allow"}, {"Principal", {{"Service", "s3.amazonaws.com"}}}, {"Action", "sts:AssumeRole"}}})}};
  return policy.dump();
}

std::string replication_policy(std::string_view partition, const std::string& from_bucket, const std::string& to_bucket) {
  const auto from = arn_of(partition, from_bucket);
  const auto to = arn_of(partition, to_bucket);
  const Json policy = {
      {"Version", kVersion},
      {"Statement", Json::array({{{"Effect", "Allow"}, {"Action", {"s3:GetReplicationConfiguration", "s3:ListBucket"}}, {"Resource", from}},
                                 {{"Effect", "Allow"},
                                  {"Action", {"s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging"}},
                                  {"Resource", from + "/*"}},
                                 {{"Effect", "Allow"},
                                  {"Action", {"s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"}},
                                  {"Resource", to + "/*"}}})}};
  return policy.dump();
}

std::string public_read_statement(std::string_view partition, const std::string& bucket) {
  const Json statement = {{"Sid", "EvershorePublicRead"},
                          {"Effect", "Allow"},
                          {"Principal", "*"},
                          {"Action", "s3:GetObject"},
                          {"Resource", arn_of(partition, bucket) + "/*"}};
  return statement.dump();
}

std::string distribution_statement(std::string_view partition, const std::string& bucket, const std::string& distribution_arn) {
  const Json statement = {{"Sid", "EvershoreDistribution"},
                          {"Effect", "Allow"},
                          {"Principal", {{"Service", "cloudfront.amazonaws.com"}}},
                          {"Action", "s3:GetObject"},
                          {"Resource", arn_of(partition, bucket) + "/*"},
                          {"Condition", {{"StringEquals", {{"AWS:SourceArn", distribution_arn}}}}}};
  return statement.dump();
}

std::string with_statement(const std::string& policy, const std::string& statement) {
  Json kept = Json::array();
  for (const auto& each : statements_in(policy)) {
    if (!is_our_statement(each)) kept.push_back(each);
  }
  if (!statement.empty()) kept.push_back(Json::parse(statement, nullptr, false));
  if (kept.empty()) return "";
  Json document = Json::parse(policy, nullptr, false);
  if (!document.is_object()) document = {{"Version", kVersion}};
  document["Statement"] = kept;
  return document.dump();
}

bool has_statement(const std::string& policy, const std::string& statement) {
  Json ours = Json::array();
  for (const auto& each : statements_in(policy)) {
    if (is_our_statement(each)) ours.push_back(each);
  }
  if (statement.empty()) return ours.empty();
  return ours.size() == 1 && ours[0] == Json::parse(statement, nullptr, false);
}

bool same_json(const std::string& a, const std::string& b) {
  const auto left = Json::parse(a, nullptr, false);
  const auto right = Json::parse(b, nullptr, false);
  return !left.is_discarded() && left == right;
}

}  // namespace evershore::aws
