// S3 event notifications: a hint that a key may have changed. At least once, in no order, possibly never
// (aws-style "Records" as AWS, MinIO and Ceph send them, EventBridge's "detail", and either inside an SNS envelope).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace evershore::s3 {

inline constexpr size_t kEventBytesMax = 4 << 20, kEventRecordsMax = 10'000;

struct ObjectEvent {
  std::string name;  // "ObjectCreated:Put", without "s3:"
  std::string bucket;
  std::string key;   // bytes
  std::string etag;  // without quotes; "" where the event has none
  std::optional<uint64_t> size_bytes;
  std::string sequencer;  // comparable for one key only, and not with MinIO
  Wall time{};
  bool removed() const { return name.starts_with("ObjectRemoved") || name.starts_with("LifecycleExpiration"); }
  // The object's bytes are what they were: its ETag says nothing about what changed.
  bool beside_content() const {
    return name.starts_with("ObjectTagging") || name.starts_with("ObjectAcl") || name.starts_with("Object Tags") ||
           name.starts_with("Object ACL");
  }
  bool operator==(const ObjectEvent&) const = default;
};

// One document with one record. `region` = awsRegion.
std::string render_event(const ObjectEvent& event, std::string_view region);

// A test message or an envelope without objects: an empty vector. Records whose kind says nothing about an object's
// bytes are given too; the receiver looks at the key anyway. Ceph does not say whether it encoded the key: where the two
// readings differ, both are given.
Result<std::vector<ObjectEvent>> parse_events(std::string_view json);

}  // namespace evershore::s3
