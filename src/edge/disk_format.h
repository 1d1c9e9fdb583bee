// A cached object as bytes on disk, and back. Pure. What was torn, has rotted or lies elsewhere is recognised: every part is
// under a CRC-32C, the body in blocks of 1 MiB.
//
//   head (64 bytes) | checksums of the body's blocks | meta: key, fields, freshness | body | padding to 8
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "edge/stored_object.h"

namespace evershore::edge {

inline constexpr size_t kBlockBytes = 1 << 20;  // of a body, under one checksum
inline constexpr size_t kRecordHeadBytes = 64;
inline constexpr size_t kMetaBytesMax = 1 << 20;

enum class RecordKind : uint8_t { kObject = 1, kRemoval = 2 };  // a removal: from here on the key is not stored any more

struct RecordHead {
  RecordKind kind = RecordKind::kObject;
  uint64_t key_hash = 0;
  uint32_t meta_bytes = 0;
  uint64_t body_bytes = 0;

  uint64_t blocks() const { return (body_bytes + kBlockBytes - 1) / kBlockBytes; }
  uint64_t front_bytes() const { return kRecordHeadBytes + blocks() * 4 + meta_bytes; }
  uint64_t record_bytes() const { return (front_bytes() + body_bytes + 7) / 8 * 8; }
};

uint64_t key_hash(std::string_view key);

// Everything before the body; `now` and `wall` are the same moment.
std::string encode_front(std::string_view key, const StoredObject& object, Mono now, Wall wall);
std::string encode_removal(std::string_view key);

// nullopt: these bytes are no head.
std::optional<RecordHead> decode_head(std::span<const uint8_t> bytes);

// What stands before the body, checked against `key`; the object has no body yet. nullopt: damaged, or another key's.
struct Front {
  StoredObject object;
  std::vector<uint32_t> block_checksums;
};
std::optional<Front> decode_front(const RecordHead& head, std::span<const uint8_t> front, std::string_view key, Mono now, Wall wall);
bool blocks_intact(std::span<const uint8_t> body, std::span<const uint32_t> checksums);

// What a closed segment holds, in order, so that a start need not read it; nullopt: damaged.
struct IndexLine {
  uint64_t key_hash = 0;
  uint32_t offset = 0;
  uint32_t bytes = 0;  // 0: removed here
  bool operator==(const IndexLine&) const = default;
};
std::string encode_index(std::span<const IndexLine> lines);
std::optional<std::vector<IndexLine>> decode_index(std::string_view bytes);

}  // namespace evershore::edge
