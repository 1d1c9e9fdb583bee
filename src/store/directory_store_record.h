// What stands behind an object's bytes in its file: key, etag, time, parts, headers, metadata. The bytes come first, so
// that a body is read from offset 0; the record follows, then a tail of fixed size that finds and checks it:
//   body | record | u32 record length | u32 crc32c of the record | "EVSOBJ1\n"
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/object.h"

namespace evershore::store {

struct ObjectRecord {
  ObjectKey key;
  std::string etag;
  uint64_t size_bytes = 0;
  Wall modified{};
  std::vector<uint64_t> part_sizes;  // empty = a single put
  StandardHeaders headers;
  UserMetadata metadata;
};

inline constexpr size_t kRecordTailBytes = 16;
inline constexpr size_t kRecordBytesMax = 1 << 20;

// Record and tail.
std::string encode_record(const ObjectRecord& record);
// How long the record is that these last kRecordTailBytes of a file announce; nullopt: not one of our files.
std::optional<uint32_t> record_length(std::span<const uint8_t> tail);
// `bytes` = record and tail. nullopt: damaged.
std::optional<ObjectRecord> decode_record(std::span<const uint8_t> bytes);

ObjectInfo info_of(const ObjectRecord& record);

}  // namespace evershore::store
