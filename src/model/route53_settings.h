// How Route 53 is reached for dns.publish = "route53".
#pragma once

#include <string>

namespace evershore {

struct Route53Settings {
  std::string endpoint;     // "" = AWS's own
  std::string profile;      // of ~/.aws; "" = the usual chain
  std::string assume_role;  // ARN; "" = none
  bool operator==(const Route53Settings&) const = default;
};

}  // namespace evershore
