// Versions: which of two writes of one key is the later one, and the stamp that carries a version inside the object.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "model/object.h"

namespace evershore::replicate {

// A hybrid logical clock (Kulkarni et al. 2014): never behind the wall clock by choice, never back, past all it has seen.
class HybridClock {
 public:
  explicit HybridClock(uint16_t node) : node_(node) {}
  // A version later than all given or received so far.
  Version tick(Wall now);
  void receive(Version seen);
  Version last() const { return last_; }

 private:
  uint16_t node_;
  Version last_;
};

// The smallest version that is later than all versions with this time and counter, whatever their node.
Version next_after(Version version);
// What a write says that carries nothing but a store's Last-Modified.
Version version_of_time(Wall time);

// 20 hex digits, and back. Ordered as the versions are.
std::string format_version(Version version);
std::optional<Version> parse_version(std::string_view text);

// Kept as user metadata on each copy that replication wrote. It is bound to key, size and to the ETag of the object it
// was copied from, so that a stamp that a client copied along to other content does not count.
inline constexpr std::string_view kStampName = "evershore-version";  // x-amz-meta-evershore-version
inline constexpr std::string_view kOwnMetadataPrefix = "evershore-";
inline constexpr size_t kStampBytesMax = 256;

struct Stamp {
  Version version;
  std::string source_etag;
  uint64_t tags_hash = 0;  // tags_hash_of() what was written with it: tags that were changed since do not pass for ours
  bool operator==(const Stamp&) const = default;
};

std::string encode_stamp(const Stamp& stamp, const ObjectKey& key, uint64_t size_bytes);
// nullopt unless well-formed and bound to this key and size. The caller compares source_etag with the copy's own.
std::optional<Stamp> decode_stamp(std::string_view text, const ObjectKey& key, uint64_t size_bytes);
// The stamp among this object's metadata.
std::optional<Stamp> stamp_of(const ObjectInfo& info);

}  // namespace evershore::replicate
