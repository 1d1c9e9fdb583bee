// ListObjects, versions 2 and 1: the request's query and the answer's XML, both ways.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/object.h"

namespace evershore::s3 {

inline constexpr uint32_t kListKeysMax = 1000;

enum class ListVersion : uint8_t { kV1, kV2 };

struct ListRequest {
  ListVersion version = ListVersion::kV2;
  std::string prefix;
  std::string delimiter;
  std::string start_after;         // V2 start-after, V1 marker
  std::string continuation_token;  // V2
  uint32_t max_keys = kListKeysMax;
  bool encoding_url = true;  // keys that XML cannot carry survive only so
  bool fetch_owner = false;
};
// "list-type=2&prefix=..."; encoded.
std::string list_query(const ListRequest& request);

struct ListResult {
  std::string bucket;
  std::string next_continuation_token;  // V2
  std::string next_marker;              // V1, with a delimiter
  bool truncated = false;
  std::vector<ListedObject> objects;  // keys decoded
  std::vector<std::string> common_prefixes;
};
std::string render_list(const ListRequest& request, const ListResult& result);
Result<ListResult> parse_list(std::string_view xml);

struct BucketEntry {
  std::string name;
  Wall created{};
};
std::string render_buckets(std::string_view owner, const std::vector<BucketEntry>& buckets);

}  // namespace evershore::s3
