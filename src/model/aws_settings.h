// The nouns of [aws] in the settings file. Apart from the others (model/settings.h): no role of a node reads them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"

namespace evershore {

using namespace std::chrono_literals;

// [aws]: where `evershore aws` builds, and what.
struct AwsSettings {
  std::string layout = "classic";  // "classic" | "origin-group" | "evershore"
  std::string site;
  std::string hosted_zone;
  std::string primary_region;
  std::string primary_bucket;  // "" = named like the host
  std::string secondary_region;
  std::string secondary_bucket;
  std::string endpoint;           // "" = AWS's own
  std::string profile;            // of ~/.aws; "" = the usual chain
  std::string assume_role;        // ARN; "" = none
  std::string certificate;        // ARN; "" = one is requested
  std::string records = "cname";  // "cname" | "alias"
  std::string check_path;         // "" = the site's index
  Duration check_interval = 30s;  // 10 s or 30 s
  uint32_t check_failure_threshold = 3;
  bool check_https = false;
  bool check_secondary = false;
  bool alarm = true;
  std::string notify;  // e-mail address
  bool replication_time_control = false;
  std::vector<std::string> tags;   // "key=value"
  std::vector<std::string> edges;  // layout "evershore": public addresses, in order of preference
  bool operator==(const AwsSettings&) const = default;
};

}  // namespace evershore
