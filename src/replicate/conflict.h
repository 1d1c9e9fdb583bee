// Where the losers of crossing writes are kept: under Evershore's own keys, beside the objects, in the regions. Pure.
//
//   .evershore/conflicts/KEY@VERSION-MARK.REGION
//
// VERSION and REGION are those of the losing write, MARK tells apart two writes of the same second. The object is the loser's, with its
// headers and metadata; kConflictName among the latter names the key where KEY does not (keys near S3's limit).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/object.h"

namespace evershore::replicate {

inline constexpr std::string_view kConflictPrefix = ".evershore/conflicts/";
inline constexpr std::string_view kConflictName = "evershore-conflict-key";  // base64

struct ConflictId {
  ObjectKey key;  // "" = too long for the name: the metadata has it
  Version version;
  std::string region;
  std::string mark;  // 8 hex digits
  bool operator==(const ConflictId&) const = default;
};

// Of the content: size and ETag.
std::string conflict_mark(uint64_t size_bytes, const std::string& etag);
ObjectKey conflict_key(const ConflictId& id);
// nullopt: not one of these.
std::optional<ConflictId> parse_conflict_key(const ObjectKey& key);
// Whether `key` is written in full in a conflict's name.
bool fits_conflict_name(const ObjectKey& key);

}  // namespace evershore::replicate
