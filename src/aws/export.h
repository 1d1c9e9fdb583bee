// The layout as a template, for teams with a pipeline of their own.
#pragma once

#include <string>

#include "aws/layout.h"

namespace evershore::aws {

enum class StackPart : uint8_t { kPrimary, kSecondary };

// CloudFormation in JSON. A stack lives in one region: the secondary's bucket is a stack of its own, to be made first. Where the primary
// is not in us-east-1, the certificate is a parameter, and topic and alarm are left out (Route 53's metrics are in us-east-1 alone).
std::string cloudformation(const Layout& layout, StackPart part);

// Terraform in JSON syntax, all regions in one.
std::string terraform(const Layout& layout);

}  // namespace evershore::aws
