// The door's live side: every question and change as calls of the client, pages followed to their end.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "aws/import.h"
#include "aws/run/api.h"
#include "aws/run/client.h"

namespace evershore::aws {

class LiveApi final : public AwsApi {
 public:
  explicit LiveApi(Client& client) : client_(client) {}

  Task<Result<Present>> read(Question question) override;
  Task<Result<Made>> change(Change change) override;
  Task<Result<bool>> in_sync(std::string change_id) override;
  Task<Result<FoundCertificate>> certificate(std::string arn) override;
  Task<Result<std::string>> distribution_status(std::string id) override;
  Task<Result<VersionPage>> versions(std::string region, std::string bucket) override;

  // For `evershore aws status`.
  Task<Result<std::vector<Observation>>> observations(std::string check_id);
  Task<Result<TestAnswer>> test_answer(std::string zone_id, std::string name, std::string type);
  Task<Result<std::optional<double>>> metric(MetricQuery query, Wall now);
  // For `evershore aws import`. kNotFound: there is no such zone.
  Task<Result<Survey>> survey(std::string host, std::string zone);

 private:
  Task<Result<void>> survey_checks(Survey& survey);
  Task<Result<void>> survey_distribution(Survey& survey);
  Task<Result<void>> survey_replication(Survey& survey);
  // nullopt: what was asked for is not there.
  Task<Result<std::optional<Answer>>> find(Call call);
  Task<Result<void>> read_zone(const Question& question, Present& present);
  Task<Result<void>> read_records(const Question& question, Present& present);
  Task<Result<void>> read_checks(const Question& question, Present& present);
  Task<Result<PresentBucket>> read_bucket(std::string region, std::string name);
  Task<Result<void>> read_bucket_parts(std::string name, PresentBucket& bucket);
  Task<Result<void>> read_role(const Question& question, Present& present);
  Task<Result<void>> read_certificate(const Question& question, Present& present);
  Task<Result<void>> read_access_control(const Question& question, Present& present);
  Task<Result<void>> read_distribution(const Question& question, Present& present);
  Task<Result<void>> look_at_distribution(const Question& question, DistributionSummary summary, Present& present);
  Task<Result<void>> read_topic(const Question& question, Present& present);
  Task<Result<void>> read_alarm(const Question& question, Present& present);

  Client& client_;
};

}  // namespace evershore::aws
