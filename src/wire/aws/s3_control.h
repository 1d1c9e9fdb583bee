// S3's calls on buckets themselves (REST, XML, path style). Objects are the store's business.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "wire/aws/call.h"
#include "wire/aws/changes.h"

namespace evershore::aws {

Call request(const CreateBucket& change);
Call request(const TagBucket& change);
Call request(const EnableVersioning& change);
Call request(const SetPublicAccess& change);
Call request(const SetBucketPolicy& change);
Call request(const SetWebsite& change);
Call request(const SetReplication& change);
Call request(const DeleteVersions& change);
Call request(const DeleteBucket& change);
// DeleteVersions can fail for single objects under status 200: the first such failure.
Result<Made> parse_deleted_versions(const Answer& answer);

// One of: "tagging", "versioning", "website", "policy", "publicAccessBlock", "replication". Absent configuration is an ErrorClass::kAbsent.
Call get_bucket_part(const std::string& region, const std::string& name, const std::string& part);
Call head_bucket(const std::string& region, const std::string& name);

Result<Tags> parse_bucket_tags(const Answer& answer);
Result<bool> parse_versioning(const Answer& answer);  // enabled
Result<Website> parse_website(const Answer& answer);
Result<bool> parse_public_access(const Answer& answer);  // a public policy may be set
Result<Replication> parse_replication(const Answer& answer);

struct VersionPage {
  std::vector<std::pair<std::string, std::string>> versions;  // key, version id; delete markers too
  std::string next_key, next_version;                         // "" = the last page
};
Call list_versions(const std::string& region, const std::string& name, const std::string& key, const std::string& version, uint32_t most);
Result<VersionPage> parse_versions(const Answer& answer);

}  // namespace evershore::aws
