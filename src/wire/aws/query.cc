#include "wire/aws/query.h"

#include <fmt/format.h>

#include <cstdlib>

#include "base/text.h"
#include "wire/aws/xml_tree.h"
#include "wire/http/uri.h"

namespace evershore::aws {
namespace {

std::string encoded(std::string_view text) { return http::percent_encode(text, http::Slash::kEncode); }

// The form of one call, in the order given.
class Form {
 public:
  Form(Service service, std::string action, std::string_view version) {
    call_.service = service;
    call_.name = std::move(action);
    add("Action", call_.name).add("Version", version);
  }
  Form& add(std::string_view name, std::string_view value) {
    call_.body += fmt::format("{}{}={}", call_.body.empty() ? "" : "&", encoded(name), encoded(value));
    return *this;
  }
  Form& add_tags(std::string_view list, const Tags& tags) {
    size_t n = 0;
    for (const auto& [key, value] : tags) {
      ++n;
      add(fmt::format("{}.{}.Key", list, n), key).add(fmt::format("{}.{}.Value", list, n), value);
    }
    return *this;
  }
  Call done() {
    call_.headers.set("content-type", "application/x-www-form-urlencoded; charset=utf-8");
    return std::move(call_);
  }

 private:
  Call call_;
};

Form iam(std::string action) { return {Service::kIam, std::move(action), "2010-05-08"}; }
Form sts(std::string action) { return {Service::kSts, std::move(action), "2011-06-15"}; }
Form sns(std::string action) { return {Service::kSns, std::move(action), "2010-03-31"}; }
Form cloudwatch(std::string action) { return {Service::kCloudWatch, std::move(action), "2010-08-01"}; }

// <XResponse><XResult>...: the second.
Result<pugi::xml_node> read_result(pugi::xml_document& document, const Answer& answer) {
  TRY(const auto root, read_xml(document, answer, "the answer"));
  for (const auto& child : root.children()) {
    if (std::string_view(child.name()).ends_with("Result")) return child;
  }
  return root;
}

std::string decoded(const std::string& text) { return http::percent_decode(text).value_or(text); }  // IAM encodes policies

}  // namespace

Call request(const CreateRole& change) {
  return iam("CreateRole")
      .add("RoleName", change.name)
      .add("AssumeRolePolicyDocument", change.trust_policy)
      .add("Description", change.description)
      .add_tags("Tags.member", change.tags)
      .done();
}

Call request(const SetRolePolicy& change) {
  return iam("PutRolePolicy").add("RoleName", change.role).add("PolicyName", change.name).add("PolicyDocument", change.policy).done();
}

Call request(const DeleteRolePolicy& change) {
  return iam("DeleteRolePolicy").add("RoleName", change.role).add("PolicyName", change.name).done();
}

Call request(const DeleteRole& change) { return iam("DeleteRole").add("RoleName", change.name).done(); }

Call request(const CreateTopic& change) { return sns("CreateTopic").add("Name", change.name).add_tags("Tags.member", change.tags).done(); }

Call request(const Subscribe& change) {
  return sns("Subscribe").add("TopicArn", change.topic_arn).add("Protocol", "email").add("Endpoint", change.email).done();
}

Call request(const DeleteTopic& change) { return sns("DeleteTopic").add("TopicArn", change.arn).done(); }

// Route 53 writes HealthCheckStatus (1 or 0) once a minute.
Call request(const SetAlarm& change) {
  auto form = cloudwatch("PutMetricAlarm");
  form.add("AlarmName", change.alarm.name).add("AlarmDescription", "Evershore: the primary is down, DNS answers the secondary");
  form.add("Namespace", "AWS/Route53").add("MetricName", "HealthCheckStatus");
  form.add("Dimensions.member.1.Name", "HealthCheckId").add("Dimensions.member.1.Value", change.alarm.health_check);
  form.add("Statistic", "Minimum").add("Period", "60").add("EvaluationPeriods", "1").add("Threshold", "1");
  form.add("ComparisonOperator", "LessThanThreshold").add("TreatMissingData", "breaching");
  for (size_t i = 0; i < change.alarm.actions.size(); ++i) {
    form.add(fmt::format("AlarmActions.member.{}", i + 1), change.alarm.actions[i]);
    form.add(fmt::format("OKActions.member.{}", i + 1), change.alarm.actions[i]);
  }
  form.add_tags("Tags.member", change.tags);
  return form.done();
}

Call request(const DeleteAlarm& change) { return cloudwatch("DeleteAlarms").add("AlarmNames.member.1", change.name).done(); }

Result<Made> parse_query_made(const Answer& answer) {
  if (trim(answer.body).empty()) return Made{};
  pugi::xml_document document;
  TRY(const auto result, read_result(document, answer));
  Made made;
  if (const auto role = result.child("Role")) made["arn"] = text_of(role, "Arn");
  if (result.child("TopicArn")) made["arn"] = text_of(result, "TopicArn");
  if (made.contains("arn")) made[""] = made["arn"];
  return made;
}

Call get_role(const std::string& name) { return iam("GetRole").add("RoleName", name).done(); }

Result<FoundRole> parse_role(const Answer& answer) {
  pugi::xml_document document;
  TRY(const auto result, read_result(document, answer));
  const auto node = result.child("Role");
  FoundRole role{text_of(node, "Arn"), decoded(text_of(node, "AssumeRolePolicyDocument")), {}};
  for (const auto& tag : node.child("Tags").children("member")) role.tags[text_of(tag, "Key")] = text_of(tag, "Value");
  return role;
}

Call get_role_policy(const std::string& role, const std::string& name) {
  return iam("GetRolePolicy").add("RoleName", role).add("PolicyName", name).done();
}

Result<std::string> parse_role_policy(const Answer& answer) {
  pugi::xml_document document;
  TRY(const auto result, read_result(document, answer));
  return decoded(text_of(result, "PolicyDocument"));
}

Call get_caller_identity() { return sts("GetCallerIdentity").done(); }

Result<Identity> parse_identity(const Answer& answer) {
  pugi::xml_document document;
  TRY(const auto result, read_result(document, answer));
  return Identity{text_of(result, "Account"), text_of(result, "Arn")};
}

Call assume_role(const std::string& role_arn, const std::string& session, const std::string& external_id) {
  auto form = sts("AssumeRole");
  form.add("RoleArn", role_arn).add("RoleSessionName", session);
  if (!external_id.empty()) form.add("ExternalId", external_id);
  return form.done();
}

Call assume_role_with_web_identity(const std::string& role_arn, const std::string& session, const std::string& token) {
  auto call =
      sts("AssumeRoleWithWebIdentity").add("RoleArn", role_arn).add("RoleSessionName", session).add("WebIdentityToken", trim(token)).done();
  call.anonymous = true;
  return call;
}

Result<SessionKeys> parse_session_keys(const Answer& answer) {
  pugi::xml_document document;
  TRY(const auto result, read_result(document, answer));
  const auto node = result.child("Credentials");
  SessionKeys keys{text_of(node, "AccessKeyId"), text_of(node, "SecretAccessKey"), text_of(node, "SessionToken"),
                   parse_iso8601(text_of(node, "Expiration")).value_or(Wall{})};
  if (keys.access_key.empty() || keys.secret_key.empty()) return fail(Fault::kInvalid, "sts: the answer holds no keys");
  return keys;
}

Call list_sns_tags(const std::string& topic_arn) { return sns("ListTagsForResource").add("ResourceArn", topic_arn).done(); }

Result<Tags> parse_query_tags(const Answer& answer) {
  pugi::xml_document document;
  TRY(const auto result, read_result(document, answer));
  Tags tags;
  for (const auto& tag : result.child("Tags").children("member")) tags[text_of(tag, "Key")] = text_of(tag, "Value");
  return tags;
}

Call list_subscriptions(const std::string& topic_arn, const std::string& next_token) {
  auto form = sns("ListSubscriptionsByTopic");
  form.add("TopicArn", topic_arn);
  if (!next_token.empty()) form.add("NextToken", next_token);
  return form.done();
}

Result<SubscriptionPage> parse_subscriptions(const Answer& answer) {
  pugi::xml_document document;
  TRY(const auto result, read_result(document, answer));
  SubscriptionPage page;
  for (const auto& node : result.child("Subscriptions").children("member")) {
    if (text_of(node, "Protocol") == "email") page.emails.push_back(text_of(node, "Endpoint"));
  }
  page.next_token = text_of(result, "NextToken");
  return page;
}

Call describe_alarm(const std::string& name) { return cloudwatch("DescribeAlarms").add("AlarmNames.member.1", name).done(); }

Result<std::optional<FoundAlarm>> parse_alarm(const Answer& answer) {
  pugi::xml_document document;
  TRY(const auto result, read_result(document, answer));
  const auto node = result.child("MetricAlarms").child("member");
  if (!node) return std::nullopt;
  FoundAlarm found{text_of(node, "AlarmArn"), text_of(node, "StateValue"), {text_of(node, "AlarmName"), "", {}}};
  for (const auto& dimension : node.child("Dimensions").children("member")) {
    if (text_of(dimension, "Name") == "HealthCheckId") found.alarm.health_check = text_of(dimension, "Value");
  }
  for (const auto& action : node.child("AlarmActions").children("member")) found.alarm.actions.emplace_back(action.text().get());
  return found;
}

Call list_cloudwatch_tags(const std::string& arn) { return cloudwatch("ListTagsForResource").add("ResourceARN", arn).done(); }

Call get_metric(const MetricQuery& query, Wall now) {
  auto form = cloudwatch("GetMetricStatistics");
  form.add("Namespace", query.name_space).add("MetricName", query.metric);
  for (size_t i = 0; i < query.dimensions.size(); ++i) {
    form.add(fmt::format("Dimensions.member.{}.Name", i + 1), query.dimensions[i].first);
    form.add(fmt::format("Dimensions.member.{}.Value", i + 1), query.dimensions[i].second);
  }
  form.add("StartTime", format_iso8601(std::chrono::floor<std::chrono::seconds>(now - std::chrono::hours(1))));
  form.add("EndTime", format_iso8601(std::chrono::floor<std::chrono::seconds>(now)));
  form.add("Period", "60").add("Statistics.member.1", query.statistic);
  auto call = form.done();
  call.region = query.region;
  return call;
}

Result<std::optional<double>> parse_metric(const Answer& answer, const std::string& statistic) {
  pugi::xml_document document;
  TRY(const auto result, read_result(document, answer));
  std::optional<double> value;
  std::string newest;
  for (const auto& node : result.child("Datapoints").children("member")) {
    const auto time = text_of(node, "Timestamp");
    if (value && time < newest) continue;
    newest = time;
    value = std::strtod(node.child(statistic.c_str()).text().get(), nullptr);
  }
  return value;
}

}  // namespace evershore::aws
