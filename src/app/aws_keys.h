// Where AWS credentials are, by the usual chain: environment, profile files, web identity, container, instance.
#pragma once

#include <string>

#include "aws/key_source.h"
#include "base/result.h"

namespace evershore::app {

// What of the process's environment says where keys are.
aws::Environment aws_environment();
// `profile`, `assume_role`: "" = as the environment has it.
Result<aws::KeySource> aws_key_source(const aws::Environment& environment, const std::string& profile, const std::string& assume_role);
// The instance metadata service's address.
std::string metadata_service(const aws::Environment& environment);

}  // namespace evershore::app
