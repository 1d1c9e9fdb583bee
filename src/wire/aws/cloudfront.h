// CloudFront's calls and answers (REST, XML, 2020-05-31). Element order is the schema's: it matters.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "wire/aws/call.h"
#include "wire/aws/changes.h"

namespace evershore::aws {

inline constexpr std::string_view kGroupOrigin = "group";  // the origin group's id
// AWS's managed cache policy "CachingOptimized".
inline constexpr std::string_view kCachingOptimized = "658327ea-f89d-4fab-a63d-7e88639e58f6";

Call request(const CreateAccessControl& change);
Call request(const DeleteAccessControl& change);
Call request(const CreateDistribution& change);
Call request(const UpdateDistribution& change);
Call request(const DeleteDistribution& change);
Result<Made> parse_cloudfront_made(const Answer& answer);

struct DistributionSummary {
  std::string id, arn, domain, status, comment;
  std::vector<std::string> aliases;
};
struct DistributionPage {
  std::vector<DistributionSummary> distributions;
  std::string next_marker;
};
Call list_distributions(const std::string& marker);
Result<DistributionPage> parse_distributions(const Answer& answer);

struct DistributionConfig {
  std::string etag;
  std::string raw;  // the DistributionConfig element as it was read
  std::string caller_reference;
  Distribution distribution;
};
Call get_distribution_config(const std::string& id);
Result<DistributionConfig> parse_distribution_config(const Answer& answer);
Call get_distribution(const std::string& id);
Result<std::string> parse_distribution_status(const Answer& answer);  // "InProgress", "Deployed"

Call list_cloudfront_tags(const std::string& arn);
Result<Tags> parse_cloudfront_tags(const Answer& answer);

struct AccessControl {
  std::string id, name;
};
struct AccessControlPage {
  std::vector<AccessControl> controls;
  std::string next_marker;
};
Call list_access_controls(const std::string& marker);
Result<AccessControlPage> parse_access_controls(const Answer& answer);
Call get_access_control(const std::string& id);  // for its ETag

}  // namespace evershore::aws
