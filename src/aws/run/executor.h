// Carries out a plan, step by step. Whatever happens on the way, planning again and carrying that out ends in the same state.
#pragma once

#include <functional>
#include <string>

#include "aws/plan.h"
#include "aws/run/api.h"
#include "base/time.h"

namespace evershore::aws {

struct ExecutorLimits {
  Duration in_sync = std::chrono::minutes(5);
  Duration certificate = std::chrono::minutes(30);
  Duration deployed = std::chrono::minutes(40);
  Duration poll_first = std::chrono::milliseconds(500);
  Duration poll_max = std::chrono::seconds(15);
};

class Executor {
 public:
  // `tell(step number from 1, text)`: for progress.
  using Tell = std::function<void(size_t, const std::string&)>;
  Executor(Scheduler& scheduler, AwsApi& api, ExecutorLimits limits, Tell tell);

  // Stops at the first failure, with the step's title in its text; what was done before stays done. `known`: known_of() the account that
  // the plan was made over.
  Task<Result<void>> carry_out(Plan plan, Known known);
  size_t done() const { return done_; }  // steps of the last carry_out
  const Known& known() const { return known_; }

 private:
  Task<Result<void>> take(const Step& step, size_t number);
  Task<Result<void>> await(WaitFor what, size_t number);
  Task<Result<bool>> come_true(WaitFor what);
  Task<Result<void>> empty_bucket(DeleteVersions change);
  void learn(const Step& step, const Made& made);

  Scheduler& scheduler_;
  AwsApi& api_;
  ExecutorLimits limits_;
  Tell tell_;
  Known known_;
  size_t done_ = 0;
};

}  // namespace evershore::aws
