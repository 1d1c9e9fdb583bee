// What the fake bucket refuses, apart from what it stores.
#pragma once

#include "store/object_store.h"

namespace evershore::store {

inline constexpr size_t kUserMetadataBytesMax = 2048;  // names and values together, as S3 counts them
inline constexpr uint32_t kPartNumberMax = 10'000;

// 1..1024 bytes.
Result<void> check_key(const ObjectKey& key);
// Only the names that model/object.h allows, no control characters in values.
Result<void> check_headers(const StandardHeaders& headers);
// Lower-case token names, printable ASCII values, 2 KB in all.
Result<void> check_metadata(const UserMetadata& metadata);

// MD5 in hex, and S3's etag of an upload in parts: MD5 of the parts' MD5s, "-", their number.
std::string etag_of(std::string_view bytes);
Result<std::string> etag_of_parts(const std::vector<std::string>& part_etags);

}  // namespace evershore::store
