// What an object in a bucket is, as plain values.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace evershore {

using ObjectKey = std::string;  // bytes, 1..1024 of them; ordered as S3 lists them (std::string's order)
inline constexpr size_t kObjectKeyBytesMax = 1024;

// [first, first + length) ; the length may reach past the object's end and is then cut.
struct ByteRange {
  uint64_t first = 0;
  uint64_t length = UINT64_MAX;
  bool operator==(const ByteRange&) const = default;
};

// Headers that belong to the object and are stored with it. Names as written here, lower case; values verbatim.
// Allowed names: cache-control, content-disposition, content-encoding, content-language, content-type, expires,
// x-amz-website-redirect-location, x-amz-storage-class; and x-amz-tagging, the tags in their one spelling (wire/s3/tagging.h):
// writes take it, reads do not give it (ObjectInfo::tag_count, ObjectStore::tags).
using StandardHeaders = std::map<std::string, std::string>;
inline constexpr std::string_view kTagsHeader = "x-amz-tagging";
// x-amz-meta-* without that prefix, names lower case.
using UserMetadata = std::map<std::string, std::string>;

// Hybrid logical clock stamp of one write (reference/replication.md 2.1): total order, ties broken by node.
struct Version {
  uint64_t millis = 0;  // 48 bits
  uint16_t counter = 0;
  uint16_t node = 0;
  auto operator<=>(const Version&) const = default;
};

struct ObjectInfo {
  ObjectKey key;
  uint64_t size_bytes = 0;
  std::string etag;  // without quotes; always strong (S3's are); "" = the store gave none
  Wall last_modified{};
  StandardHeaders headers;
  UserMetadata metadata;
  uint32_t tag_count = 0;        // if the store tells it (StoreCapabilities)
  uint32_t part_count = 0;       // 0 = single put or unknown
  uint64_t part_size_bytes = 0;  // of the first part; 0 = unknown
};

struct ListedObject {
  ObjectKey key;
  uint64_t size_bytes = 0;
  std::string etag;  // without quotes
  Wall last_modified{};
};

}  // namespace evershore
