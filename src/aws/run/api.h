// The one door to an account. The live one makes calls; the fake one of the tests refuses what AWS merely tolerates.
#pragma once

#include <optional>
#include <string>

#include "aws/present.h"
#include "base/result.h"
#include "base/task.h"
#include "wire/aws/changes.h"
#include "wire/aws/s3_control.h"

namespace evershore::aws {

class AwsApi {
 public:
  virtual ~AwsApi() = default;

  virtual Task<Result<Present>> read(Question question) = 0;
  // One call. kPrecondition: what it was decided on has changed; plan again. kTimedOut, kBusy: whether it took effect is unknown.
  virtual Task<Result<Made>> change(Change change) = 0;

  virtual Task<Result<bool>> in_sync(std::string change_id) = 0;
  virtual Task<Result<FoundCertificate>> certificate(std::string arn) = 0;
  virtual Task<Result<std::string>> distribution_status(std::string id) = 0;
  virtual Task<Result<VersionPage>> versions(std::string region, std::string bucket) = 0;  // the first page
};

}  // namespace evershore::aws
