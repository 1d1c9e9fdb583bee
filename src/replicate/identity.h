// When two copies count as the same bytes, and as the same headers.
#pragma once

#include "model/key_row.h"
#include "model/object.h"

namespace evershore::replicate {

// From size and ETag, which for a store's own single puts is the MD5 of the bytes; zero where there is no ETag.
ContentId content_id_of(uint64_t size_bytes, const std::string& etag);

// Of the standard headers, tags among them, and user metadata; never 0. Left out: replication's own metadata, and the storage class,
// which is each region's own business.
uint64_t meta_hash_of(const StandardHeaders& headers, const UserMetadata& metadata);

// The same without tags, for a region that has none.
uint64_t untagged_hash_of(const StandardHeaders& headers, const UserMetadata& metadata);
// Of the tags among the headers; 0 for none.
uint64_t tags_hash_of(const StandardHeaders& headers);

// What a copy of this object carries: its headers and metadata with the given stamp instead of any it had.
// `storage_class`: "" = the target's default, kClassOfSource = as the source has it, else that one.
inline constexpr std::string_view kClassOfSource = "source";
enum class TagsTravel : uint8_t { kNo, kYes };
StandardHeaders headers_to_copy(const StandardHeaders& headers, TagsTravel tags, const std::string& storage_class);
UserMetadata metadata_to_copy(const UserMetadata& metadata, std::string stamp);

// Keys under ".evershore/" are Evershore's own in each bucket: never replicated, compared or counted.
inline constexpr std::string_view kOwnKeyPrefix = ".evershore/";
inline bool is_own_key(const ObjectKey& key) { return key.starts_with(kOwnKeyPrefix); }

}  // namespace evershore::replicate
