// The door's live side: what leads to a host now, for importing it.
#include <fmt/format.h>

#include <algorithm>

#include "aws/run/live_api.h"

namespace evershore::aws {

namespace {
bool is_wanted(const std::vector<std::string>& ids, const std::string& id) { return std::ranges::find(ids, id) != ids.end(); }

// It answers for the host, or a record at the host leads to it.
bool serves(const DistributionSummary& summary, const Survey& survey) {
  if (is_wanted(summary.aliases, survey.host)) return true;
  return std::ranges::any_of(survey.records, [&](const RecordSet& set) {
    return (set.alias && set.alias->name == summary.domain) || is_wanted(set.values, summary.domain) ||
           is_wanted(set.values, summary.domain + ".");
  });
}
}  // namespace

// The checks that `ids` name, and then the children of those.
Task<Result<void>> LiveApi::survey_checks(Survey& survey) {
  std::vector<FoundCheck> all;
  CheckPage page;
  do {
    auto listed = co_await client_.send(list_health_checks(page.next_marker));
    if (!listed) co_return std::unexpected(std::move(listed).error());
    CO_TRY(page, parse_health_checks(*listed));
    all.insert(all.end(), page.checks.begin(), page.checks.end());
  } while (!page.next_marker.empty());
  std::vector<std::string> ids;
  for (const auto& set : survey.records) {
    if (!set.health_check.empty()) ids.push_back(set.health_check);
  }
  for (const auto& check : all) {
    if (is_wanted(ids, check.id)) ids.insert(ids.end(), check.check.children.begin(), check.check.children.end());
  }
  for (auto& check : all) {
    if (is_wanted(ids, check.id)) survey.checks.push_back(std::move(check));
  }
  co_return Result<void>{};
}

Task<Result<void>> LiveApi::survey_distribution(Survey& survey) {
  DistributionPage page;
  do {
    auto listed = co_await client_.send(list_distributions(page.next_marker));
    if (!listed) co_return std::unexpected(std::move(listed).error());
    CO_TRY(page, parse_distributions(*listed));
    for (const auto& summary : page.distributions) {
      if (!serves(summary, survey)) continue;
      auto answer = co_await client_.send(get_distribution_config(summary.id));
      if (!answer) co_return std::unexpected(std::move(answer).error());
      CO_TRY(auto config, parse_distribution_config(*answer));
      survey.distribution = std::move(config.distribution);
    }
  } while (!page.next_marker.empty());
  co_return Result<void>{};
}

Task<Result<void>> LiveApi::survey_replication(Survey& survey) {
  for (const auto& place : places_of(survey)) {
    auto answer = co_await find(get_bucket_part(place.region.empty() ? "us-east-1" : place.region, place.bucket, "replication"));
    if (!answer && answer.error().fault == Fault::kRefused) continue;  // somebody else's bucket can still be read as everyone does
    if (!answer) co_return std::unexpected(std::move(answer).error());
    if (!*answer) continue;
    CO_TRY(const auto replication, parse_replication(**answer));
    for (const auto& rule : replication.rules) {
      if (rule.enabled) survey.replicates_to.emplace(place.bucket, rule.destination_bucket);
    }
  }
  co_return Result<void>{};
}

Task<Result<Survey>> LiveApi::survey(std::string host, std::string zone) {
  Survey survey{.host = host, .zone = zone};
  auto identity = co_await client_.send(get_caller_identity());
  if (!identity) co_return std::unexpected(std::move(identity).error());
  CO_TRY(const auto who, parse_identity(*identity));
  survey.account = who.account;
  const Question question{.host = host, .zone = zone};
  Present present{.account = survey.account};
  CO_TRY_VOID(co_await read_zone(question, present));
  if (!present.zone) co_return fail(Fault::kNotFound, fmt::format("there is no public hosted zone {} in account {}", zone, survey.account));
  CO_TRY_VOID(co_await read_records(question, present));
  for (auto& set : present.records) {
    if (set.name == host) survey.records.push_back(std::move(set));
  }
  CO_TRY_VOID(co_await survey_checks(survey));
  CO_TRY_VOID(co_await survey_distribution(survey));
  CO_TRY_VOID(co_await survey_replication(survey));
  co_return survey;
}

}  // namespace evershore::aws
