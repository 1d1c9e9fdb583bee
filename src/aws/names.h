// What our things in an account are called, how they are known again, and names that AWS gives.
#pragma once

#include <string>
#include <string_view>

#include "wire/aws/resources.h"

namespace evershore::aws {

// The tag that says "made by us, for this host". Nothing without it is ever deleted.
inline constexpr std::string_view kOwnerTag = "evershore:host";
inline constexpr std::string_view kPartTag = "evershore:part";
inline constexpr std::string_view kSidPrefix = "Evershore";   // of statements in bucket policies
inline constexpr std::string_view kSetPrefix = "evershore-";  // of set identifiers of records
inline constexpr std::string_view kRuleId = "evershore";      // of the replication rule
inline constexpr std::string_view kCloudFrontZone = "Z2FDTNDATAQYW2";

bool is_ours(const Tags& tags, const std::string& host);

// "evershore/4f0c9a1b22d3/check-both/": what our caller references begin with; at most 64 characters with what follows.
std::string reference_prefix(const std::string& host, std::string_view part);

// "evershore-assets-example-com", at most 64 characters: of roles, topics and the like.
std::string plain_name(const std::string& host);

bool known_region(std::string_view region);
std::string website_domain(std::string_view region);  // "s3-website-us-west-2.amazonaws.com", "s3-website.eu-central-1.amazonaws.com"
std::string website_zone(std::string_view region);    // its hosted zone id, for aliases
std::string bucket_domain(const std::string& bucket, std::string_view region);  // REST: "B.s3.us-east-1.amazonaws.com"

}  // namespace evershore::aws
