// Headers of S3's answers <-> the values of model/object.h. Pure.
#pragma once

#include "store/object_store.h"
#include "wire/http/message.h"

namespace evershore::store {

// Adds the object's own headers and its metadata (as x-amz-meta-NAME) to a request.
void add_object_headers(const StandardHeaders& headers, const UserMetadata& metadata, http::Headers& into);

// What HEAD and GET say of an object. Only headers that belong to an object are kept (model/object.h has the list), and of
// the metadata not what a server made of a client's checksum headers.
// size_bytes is the whole object's, also in a 206. kBroken when the size is not told.
Result<ObjectInfo> object_info_of(const ObjectKey& key, const http::ResponseHead& head);
// Which bytes the body of this 200 or 206 holds.
Result<ByteRange> range_of(const http::ResponseHead& head);

// Quotes gone; a weak one (RFC 9110 8.8.1: W/"...") is none at all.
std::string strong_etag(std::string_view value);

}  // namespace evershore::store
