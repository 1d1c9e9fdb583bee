// Which S3 operation a request is, by method, path or host, and query. Nothing is looked up and nobody is trusted yet.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "wire/http/message.h"
#include "wire/s3/errors.h"
#include "wire/s3/list.h"

namespace evershore::gateway {

// Why a request is answered with an error: becomes status and XML.
struct Refusal {
  s3::ErrorCode code = s3::ErrorCode::kInternalError;
  std::string text;  // "" = S3's usual one
};
template <class T>
using Outcome = std::expected<T, Refusal>;
inline std::unexpected<Refusal> refuse(s3::ErrorCode code, std::string text) { return std::unexpected(Refusal{code, std::move(text)}); }

enum class Operation : uint8_t {
  kListBuckets,
  kHeadBucket,
  kCreateBucket,
  kGetLocation,
  kGetVersioning,
  kGetTagging,  // of an object
  kPutTagging,
  kDeleteTagging,
  kListObjects,
  kListUploads,
  kDeleteObjects,
  kGetObject,
  kHeadObject,
  kPutObject,
  kCopyObject,
  kDeleteObject,
  kCreateUpload,
  kUploadPart,
  kUploadPartCopy,
  kCompleteUpload,
  kAbortUpload,
  kListParts,
};
// Does it change the bucket? (What an anonymous reader may do is decided with it.)
bool is_object_read(Operation operation);

struct S3Request {
  Operation operation = Operation::kListBuckets;
  std::string key;  // decoded bytes; "" for operations on the bucket
  std::string upload_id;
  uint32_t part_number = 0;  // upload: 1..10000; get: 0 = none
  s3::ListRequest list;      // kListObjects; start_after already follows a continuation token
  std::string key_marker;    // kListUploads, with its prefix and maximum in `list`
  std::string upload_id_marker;
  uint32_t part_number_marker = 0;  // kListParts, with its maximum in list.max_keys
};

// `bucket` is the one bucket there is. Its name in front of the host ("bucket.s3.example") makes the whole path the key;
// otherwise the path's first segment names the bucket. Another bucket: NoSuchBucket.
Outcome<S3Request> route(const http::RequestHead& request, std::string_view bucket);

// A continuation token is the last key, so that it needs no memory; clients take it as opaque.
std::string make_continuation_token(std::string_view last_key);

}  // namespace evershore::gateway
