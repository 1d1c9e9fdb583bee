// An account's present layout for a host, as settings of ours.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "wire/aws/cloudfront.h"
#include "wire/aws/route53.h"

namespace evershore::aws {

struct BucketPlace {
  std::string bucket, region;  // region "" = not told by the name: us-east-1
};
// "B.s3.R.amazonaws.com", "B.s3.amazonaws.com", "B.s3-website-R.amazonaws.com", "B.s3-website.R.amazonaws.com". nullopt: no bucket's name.
std::optional<BucketPlace> bucket_place(std::string domain);

struct Survey {
  std::string host, zone, account;
  std::vector<RecordSet> records;                    // at the host
  std::vector<FoundCheck> checks;                    // that the records name, and their children
  std::optional<Distribution> distribution;          // that lists the host
  std::map<std::string, std::string> replicates_to;  // bucket -> bucket
};

// The buckets that the records and the distribution lead to, first choice first.
std::vector<BucketPlace> places_of(const Survey& survey);

// A settings file that `evershore check` finds clean, with what cannot be known as remarks. kNotFound: nothing at the host leads to a
// bucket.
Result<std::string> settings_from(const Survey& survey);

}  // namespace evershore::aws
