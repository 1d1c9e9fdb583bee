#include "aws/run/live_api.h"

#include <fmt/format.h>

#include <algorithm>

#include "aws/names.h"
#include "wire/aws/requests.h"

namespace evershore::aws {

namespace {
constexpr size_t kPagesMax = 1'000;  // of one list: an end, should a service go round in circles

std::string our_comment(const std::string& host) { return "Evershore: " + host; }
}  // namespace

Task<Result<std::optional<Answer>>> LiveApi::find(Call call) {
  auto answer = co_await client_.send(std::move(call));
  if (answer) co_return std::optional<Answer>(std::move(*answer));
  if (answer.error().fault == Fault::kNotFound) co_return std::optional<Answer>();
  co_return std::unexpected(std::move(answer).error());
}

Task<Result<Made>> LiveApi::change(Change change) {
  auto answer = co_await client_.send(request_of(change));
  if (!answer) co_return std::unexpected(std::move(answer).error());
  co_return made_by(change, *answer);
}

Task<Result<bool>> LiveApi::in_sync(std::string change_id) {
  auto answer = co_await client_.send(get_change(change_id));
  if (!answer) co_return std::unexpected(std::move(answer).error());
  co_return parse_in_sync(*answer);
}

Task<Result<FoundCertificate>> LiveApi::certificate(std::string arn) {
  auto answer = co_await client_.send(describe_certificate(arn));
  if (!answer) co_return std::unexpected(std::move(answer).error());
  co_return parse_certificate(*answer);
}

Task<Result<std::string>> LiveApi::distribution_status(std::string id) {
  auto answer = co_await client_.send(get_distribution(id));
  if (!answer) co_return std::unexpected(std::move(answer).error());
  co_return parse_distribution_status(*answer);
}

Task<Result<VersionPage>> LiveApi::versions(std::string region, std::string bucket) {
  auto answer = co_await client_.send(list_versions(region, bucket, "", "", 1000));
  if (!answer) co_return std::unexpected(std::move(answer).error());
  co_return parse_versions(*answer);
}

Task<Result<std::vector<Observation>>> LiveApi::observations(std::string check_id) {
  auto answer = co_await client_.send(get_check_status(check_id));
  if (!answer) co_return std::unexpected(std::move(answer).error());
  co_return parse_observations(*answer);
}

Task<Result<TestAnswer>> LiveApi::test_answer(std::string zone_id, std::string name, std::string type) {
  auto answer = co_await client_.send(test_dns_answer(zone_id, name, type));
  if (!answer) co_return std::unexpected(std::move(answer).error());
  co_return parse_test_answer(*answer);
}

Task<Result<std::optional<double>>> LiveApi::metric(MetricQuery query, Wall now) {
  auto answer = co_await client_.send(get_metric(query, now));
  if (!answer) co_return std::unexpected(std::move(answer).error());
  co_return parse_metric(*answer, query.statistic);
}

Task<Result<Present>> LiveApi::read(Question question) {
  Present present;
  auto identity = co_await client_.send(get_caller_identity());
  if (!identity) co_return std::unexpected(std::move(identity).error());
  CO_TRY(auto who, parse_identity(*identity));
  present.account = who.account;
  CO_TRY_VOID(co_await read_zone(question, present));
  CO_TRY_VOID(co_await read_checks(question, present));
  for (const auto& [region, name] : question.buckets) {
    auto bucket = co_await read_bucket(region, name);
    if (!bucket) co_return std::unexpected(std::move(bucket).error());
    present.buckets[name] = std::move(*bucket);
  }
  CO_TRY_VOID(co_await read_role(question, present));
  CO_TRY_VOID(co_await read_certificate(question, present));
  CO_TRY_VOID(co_await read_access_control(question, present));
  CO_TRY_VOID(co_await read_distribution(question, present));
  CO_TRY_VOID(co_await read_topic(question, present));
  CO_TRY_VOID(co_await read_alarm(question, present));
  if (present.zone) {
    CO_TRY_VOID(co_await read_records(question, present));
  }
  co_return present;
}

Task<Result<void>> LiveApi::read_zone(const Question& question, Present& present) {
  auto listed = co_await client_.send(list_zones_by_name(question.zone));
  if (!listed) co_return std::unexpected(std::move(listed).error());
  CO_TRY(auto zones, parse_zones(*listed));
  const auto fits = [&](const FoundZone& zone) { return zone.name == question.zone && !zone.private_zone; };
  const auto at = std::ranges::find_if(zones, fits);
  if (at == zones.end()) co_return Result<void>{};
  PresentZone zone{.zone = *at, .tags = {}, .name_servers = {}};
  const std::vector<std::string> ids{zone.zone.id};
  auto tags = co_await client_.send(list_route53_tags("hostedzone", ids));
  if (!tags) co_return std::unexpected(std::move(tags).error());
  CO_TRY(auto by_id, parse_route53_tags(*tags));
  zone.tags = by_id[zone.zone.id];
  auto details = co_await client_.send(get_zone(zone.zone.id));
  if (!details) co_return std::unexpected(std::move(details).error());
  CO_TRY(zone.name_servers, parse_name_servers(*details));
  present.zone = std::move(zone);
  co_return Result<void>{};
}

// The host's records and the certificate's; the whole zone where it is ours, to see whether anything else is in it.
Task<Result<void>> LiveApi::read_records(const Question& question, Present& present) {
  const bool whole =
      is_ours(present.zone->tags, question.host) || part_of_reference(question.host, present.zone->zone.caller_reference) == "zone";
  std::vector<std::string> starts;
  if (whole) starts = {""};
  if (!whole) starts = {question.host};
  if (!whole && present.certificate && !present.certificate->found.record_name.empty())
    starts.push_back(present.certificate->found.record_name);
  for (const auto& start : starts) {
    RecordPage page{.sets = {}, .next_name = start};
    for (size_t pages = 0; pages < kPagesMax; ++pages) {
      auto listed = co_await client_.send(list_record_sets(present.zone->zone.id, page.next_name, page.next_type, page.next_identifier));
      if (!listed) co_return std::unexpected(std::move(listed).error());
      CO_TRY(page, parse_record_sets(*listed));
      for (auto& set : page.sets) {
        if (whole || set.name == start) present.records.push_back(std::move(set));
      }
      if (page.next_name.empty() || (!whole && page.next_name != start)) break;
    }
  }
  co_return Result<void>{};
}

Task<Result<void>> LiveApi::read_checks(const Question& question, Present& present) {
  CheckPage page;
  for (size_t pages = 0; pages < kPagesMax; ++pages) {
    auto listed = co_await client_.send(list_health_checks(page.next_marker));
    if (!listed) co_return std::unexpected(std::move(listed).error());
    CO_TRY(page, parse_health_checks(*listed));
    for (auto& check : page.checks) {
      if (!part_of_reference(question.host, check.caller_reference).empty()) present.checks.push_back({std::move(check), {}});
    }
    if (page.next_marker.empty()) break;
  }
  for (size_t first = 0; first < present.checks.size(); first += kTagResourcesMax) {
    std::vector<std::string> ids;
    for (size_t i = first; i < std::min(first + kTagResourcesMax, present.checks.size()); ++i) ids.push_back(present.checks[i].found.id);
    auto tags = co_await client_.send(list_route53_tags("healthcheck", ids));
    if (!tags) co_return std::unexpected(std::move(tags).error());
    CO_TRY(auto by_id, parse_route53_tags(*tags));
    for (auto& check : present.checks) {
      if (by_id.contains(check.found.id)) check.tags = by_id[check.found.id];
    }
  }
  co_return Result<void>{};
}

Task<Result<void>> LiveApi::read_role(const Question& question, Present& present) {
  const auto name = plain_name(question.host);
  auto answer = co_await find(get_role(name));
  if (!answer) co_return std::unexpected(std::move(answer).error());
  if (!*answer) co_return Result<void>{};
  PresentRole role;
  CO_TRY(role.role, parse_role(**answer));
  auto policy = co_await find(get_role_policy(name, "replicate"));
  if (!policy) co_return std::unexpected(std::move(policy).error());
  if (*policy) {
    CO_TRY(role.policy, parse_role_policy(**policy));
  }
  present.role = std::move(role);
  co_return Result<void>{};
}

Task<Result<void>> LiveApi::read_certificate(const Question& question, Present& present) {
  CertificatePage page;
  for (size_t pages = 0; pages < kPagesMax; ++pages) {
    auto listed = co_await client_.send(list_certificates(page.next_token));
    if (!listed) co_return std::unexpected(std::move(listed).error());
    CO_TRY(page, parse_certificates(*listed, question.host));
    for (const auto& arn : page.arns) {
      auto tagged = co_await client_.send(list_certificate_tags(arn));
      if (!tagged) co_return std::unexpected(std::move(tagged).error());
      CO_TRY(auto tags, parse_certificate_tags(*tagged));
      if (!is_ours(tags, question.host)) continue;
      auto found = co_await certificate(arn);
      if (!found) co_return std::unexpected(std::move(found).error());
      present.certificate = PresentCertificate{std::move(*found), std::move(tags)};
      co_return Result<void>{};
    }
    if (page.next_token.empty()) break;
  }
  co_return Result<void>{};
}

Task<Result<void>> LiveApi::read_access_control(const Question& question, Present& present) {
  AccessControlPage page;
  for (size_t pages = 0; pages < kPagesMax; ++pages) {
    auto listed = co_await client_.send(list_access_controls(page.next_marker));
    if (!listed) co_return std::unexpected(std::move(listed).error());
    CO_TRY(page, parse_access_controls(*listed));
    const auto at = std::ranges::find(page.controls, plain_name(question.host), &AccessControl::name);
    if (at != page.controls.end()) {
      auto details = co_await client_.send(get_access_control(at->id));
      if (!details) co_return std::unexpected(std::move(details).error());
      present.access_control = PresentControl{at->id, std::string(details->headers.get("etag"))};
      break;
    }
    if (page.next_marker.empty()) break;
  }
  co_return Result<void>{};
}

Task<Result<void>> LiveApi::read_distribution(const Question& question, Present& present) {
  DistributionPage page;
  for (size_t pages = 0; pages < kPagesMax; ++pages) {
    auto listed = co_await client_.send(list_distributions(page.next_marker));
    if (!listed) co_return std::unexpected(std::move(listed).error());
    CO_TRY(page, parse_distributions(*listed));
    for (const auto& summary : page.distributions) {
      const bool has_host = std::ranges::find(summary.aliases, question.host) != summary.aliases.end();
      const bool says_nothing = summary.aliases.empty() && summary.comment.empty();  // then only its tags can
      if (has_host || says_nothing || summary.comment == our_comment(question.host)) {
        CO_TRY_VOID(co_await look_at_distribution(question, summary, present));
      }
    }
    if (page.next_marker.empty()) break;
  }
  co_return Result<void>{};
}

Task<Result<void>> LiveApi::look_at_distribution(const Question& question, DistributionSummary summary, Present& present) {
  auto tagged = co_await client_.send(list_cloudfront_tags(summary.arn));
  if (!tagged) co_return std::unexpected(std::move(tagged).error());
  CO_TRY(auto tags, parse_cloudfront_tags(*tagged));
  if (!is_ours(tags, question.host)) {
    if (std::ranges::find(summary.aliases, question.host) != summary.aliases.end()) present.rivals.push_back(std::move(summary));
    co_return Result<void>{};
  }
  auto answer = co_await client_.send(get_distribution_config(summary.id));
  if (!answer) co_return std::unexpected(std::move(answer).error());
  CO_TRY(auto config, parse_distribution_config(*answer));
  present.distribution = PresentDistribution{std::move(summary), std::move(config), std::move(tags)};
  co_return Result<void>{};
}

Task<Result<void>> LiveApi::read_topic(const Question& question, Present& present) {
  const auto arn =
      fmt::format("arn:{}:sns:us-east-1:{}:{}", partition_of(question.home_region), present.account, plain_name(question.host));
  auto tagged = co_await find(list_sns_tags(arn));
  if (!tagged) co_return std::unexpected(std::move(tagged).error());
  if (!*tagged) co_return Result<void>{};
  PresentTopic topic{.arn = arn, .tags = {}, .emails = {}};
  CO_TRY(topic.tags, parse_query_tags(**tagged));
  SubscriptionPage page;
  for (size_t pages = 0; pages < kPagesMax; ++pages) {
    auto listed = co_await client_.send(list_subscriptions(arn, page.next_token));
    if (!listed) co_return std::unexpected(std::move(listed).error());
    CO_TRY(page, parse_subscriptions(*listed));
    topic.emails.insert(topic.emails.end(), page.emails.begin(), page.emails.end());
    if (page.next_token.empty()) break;
  }
  present.topic = std::move(topic);
  co_return Result<void>{};
}

Task<Result<void>> LiveApi::read_alarm(const Question& question, Present& present) {
  auto answer = co_await client_.send(describe_alarm(plain_name(question.host)));
  if (!answer) co_return std::unexpected(std::move(answer).error());
  CO_TRY(auto found, parse_alarm(*answer));
  if (!found) co_return Result<void>{};
  PresentAlarm alarm{.found = std::move(*found), .tags = {}};
  auto tagged = co_await client_.send(list_cloudwatch_tags(alarm.found.arn));
  if (!tagged) co_return std::unexpected(std::move(tagged).error());
  CO_TRY(alarm.tags, parse_query_tags(*tagged));
  present.alarm = std::move(alarm);
  co_return Result<void>{};
}

}  // namespace evershore::aws
