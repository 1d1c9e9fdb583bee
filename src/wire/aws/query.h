// The services of the Query protocol (form in, XML out): IAM, STS, SNS and CloudWatch.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "wire/aws/call.h"
#include "wire/aws/changes.h"

namespace evershore::aws {

Call request(const CreateRole& change);
Call request(const SetRolePolicy& change);
Call request(const DeleteRolePolicy& change);
Call request(const DeleteRole& change);
Call request(const CreateTopic& change);
Call request(const Subscribe& change);
Call request(const DeleteTopic& change);
Call request(const SetAlarm& change);
Call request(const DeleteAlarm& change);
Result<Made> parse_query_made(const Answer& answer);  // a role's or topic's "arn"

struct FoundRole {
  std::string arn, trust_policy;
  Tags tags;
};
Call get_role(const std::string& name);
Result<FoundRole> parse_role(const Answer& answer);
Call get_role_policy(const std::string& role, const std::string& name);
Result<std::string> parse_role_policy(const Answer& answer);

struct Identity {
  std::string account, arn;
};
Call get_caller_identity();
Result<Identity> parse_identity(const Answer& answer);

struct SessionKeys {
  std::string access_key, secret_key, session_token;
  Wall expires{};
};
Call assume_role(const std::string& role_arn, const std::string& session, const std::string& external_id);
Call assume_role_with_web_identity(const std::string& role_arn, const std::string& session, const std::string& token);
Result<SessionKeys> parse_session_keys(const Answer& answer);

Call list_sns_tags(const std::string& topic_arn);
Result<Tags> parse_query_tags(const Answer& answer);
Call list_subscriptions(const std::string& topic_arn, const std::string& next_token);
struct SubscriptionPage {
  std::vector<std::string> emails;
  std::string next_token;
};
Result<SubscriptionPage> parse_subscriptions(const Answer& answer);

struct FoundAlarm {
  std::string arn, state;
  Alarm alarm;
};
Call describe_alarm(const std::string& name);
Result<std::optional<FoundAlarm>> parse_alarm(const Answer& answer);
Call list_cloudwatch_tags(const std::string& arn);

// The newest of a metric's values in the last `period`; nullopt: none.
struct MetricQuery {
  std::string region, name_space, metric, statistic;
  std::vector<std::pair<std::string, std::string>> dimensions;
};
Call get_metric(const MetricQuery& query, Wall now);
Result<std::optional<double>> parse_metric(const Answer& answer, const std::string& statistic);

}  // namespace evershore::aws
