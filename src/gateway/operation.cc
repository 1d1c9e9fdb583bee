#include "gateway/operation.h"

#include <algorithm>
#include <array>

#include "base/result.h"
#include "base/text.h"
#include "model/object.h"
#include "wire/http/uri.h"
#include "wire/s3/multipart.h"

namespace evershore::gateway {

using s3::ErrorCode;
using Query = std::vector<http::QueryParameter>;

bool is_object_read(Operation operation) { return operation == Operation::kGetObject || operation == Operation::kHeadObject; }

std::string make_continuation_token(std::string_view last_key) { return to_base64(as_bytes(last_key)); }

namespace {
// Parts of S3 that change what an object or bucket is, and that are not here: better refused than ignored.
constexpr std::array<std::string_view, 31> kSubresources{"accelerate",
                                                         "acl",
                                                         "analytics",
                                                         "attributes",
                                                         "cors",
                                                         "encryption",
                                                         "intelligent-tiering",
                                                         "inventory",
                                                         "legal-hold",
                                                         "lifecycle",
                                                         "logging",
                                                         "metadataTable",
                                                         "metrics",
                                                         "notification",
                                                         "object-lock",
                                                         "ownershipControls",
                                                         "policy",
                                                         "policyStatus",
                                                         "publicAccessBlock",
                                                         "replication",
                                                         "requestPayment",
                                                         "restore",
                                                         "retention",
                                                         "select",
                                                         "session",
                                                         "tagging",
                                                         "torrent",
                                                         "versions",
                                                         "website",
                                                         "append",
                                                         "renameObject"};

bool has(const Query& query, std::string_view name) { return http::find_parameter(query, name) != nullptr; }
std::string value(const Query& query, std::string_view name) {
  const auto* found = http::find_parameter(query, name);
  return found == nullptr ? std::string() : found->value;
}

Outcome<uint32_t> bounded(const Query& query, std::string_view name, uint32_t when_absent, uint32_t max) {
  if (!has(query, name)) return when_absent;
  const auto number = parse_u64(value(query, name));
  if (!number || *number > INT32_MAX)
    return refuse(ErrorCode::kInvalidArgument, std::string(name) + " must be a number from 0 to 2147483647");
  return static_cast<uint32_t>(std::min<uint64_t>(*number, max));
}

Outcome<uint32_t> part_number(const Query& query) {
  const auto number = parse_u64(value(query, "partNumber"));
  if (!number || *number < 1 || *number > s3::kPartNumberMax) {
    return refuse(ErrorCode::kInvalidArgument, "Part number must be an integer between 1 and 10000, inclusive");
  }
  return static_cast<uint32_t>(*number);
}

struct Place {
  std::string bucket;
  std::string key;
};

Outcome<Place> place_of(const http::RequestHead& request, std::string_view bucket) {
  auto path = http::percent_decode(request.path());
  if (!path) return refuse(ErrorCode::kInvalidArgument, "the path has a '%' without two hexadecimal digits");
  if (!path->starts_with('/')) return refuse(ErrorCode::kBadRequest, "the target must begin with '/'");
  path->erase(0, 1);
  const bool in_host = request.host.size() > bucket.size() && request.host.starts_with(bucket) && request.host[bucket.size()] == '.';
  if (in_host) return Place{std::string(bucket), *std::move(path)};
  const auto slash = std::min(path->find('/'), path->size());
  return Place{path->substr(0, slash), slash == path->size() ? std::string() : path->substr(slash + 1)};
}

Outcome<s3::ListRequest> list_request(const Query& query) {
  s3::ListRequest list;
  list.version = value(query, "list-type") == "2" ? s3::ListVersion::kV2 : s3::ListVersion::kV1;
  list.prefix = value(query, "prefix");
  list.delimiter = value(query, "delimiter");
  const auto encoding = value(query, "encoding-type");
  if (!encoding.empty() && encoding != "url") return refuse(ErrorCode::kInvalidArgument, "Invalid Encoding Method specified in Request");
  list.encoding_url = encoding == "url";
  list.fetch_owner = value(query, "fetch-owner") == "true";
  TRY(list.max_keys, bounded(query, "max-keys", s3::kListKeysMax, s3::kListKeysMax));
  if (list.version == s3::ListVersion::kV1) {
    list.start_after = value(query, "marker");
    return list;
  }
  list.start_after = value(query, "start-after");
  if (!has(query, "continuation-token")) return list;
  list.continuation_token = value(query, "continuation-token");
  const auto last = from_base64(list.continuation_token);
  if (!last || last->empty()) return refuse(ErrorCode::kInvalidArgument, "The continuation token provided is incorrect");
  list.start_after = as_text(*last);
  return list;
}

Outcome<S3Request> list_uploads(const Query& query) {
  S3Request out{.operation = Operation::kListUploads};
  out.list.prefix = value(query, "prefix");
  out.list.encoding_url = value(query, "encoding-type") == "url";
  out.key_marker = value(query, "key-marker");
  out.upload_id_marker = value(query, "upload-id-marker");
  TRY(out.list.max_keys, bounded(query, "max-uploads", s3::kListKeysMax, s3::kListKeysMax));
  return out;
}

//   method  query       operation on the bucket
//   HEAD    -           kHeadBucket
//   PUT     -           kCreateBucket
//   POST    delete      kDeleteObjects
//   GET     location    kGetLocation
//   GET     versioning  kGetVersioning
//   GET     uploads     kListUploads
//   GET     else        kListObjects
Outcome<S3Request> route_bucket(std::string_view method, const Query& query) {
  if (method == "HEAD") return S3Request{.operation = Operation::kHeadBucket};
  if (method == "PUT" && query.empty()) return S3Request{.operation = Operation::kCreateBucket};
  if (method == "POST" && has(query, "delete")) return S3Request{.operation = Operation::kDeleteObjects};
  if (method != "GET") return refuse(ErrorCode::kMethodNotAllowed, "");
  if (has(query, "location")) return S3Request{.operation = Operation::kGetLocation};
  if (has(query, "versioning")) return S3Request{.operation = Operation::kGetVersioning};
  if (has(query, "uploads")) return list_uploads(query);
  S3Request out{.operation = Operation::kListObjects};
  TRY(out.list, list_request(query));
  return out;
}

Outcome<S3Request> list_parts(const Query& query) {
  S3Request out{.operation = Operation::kListParts};
  TRY(out.list.max_keys, bounded(query, "max-parts", s3::kListKeysMax, s3::kListKeysMax));
  TRY(out.part_number_marker, bounded(query, "part-number-marker", 0, s3::kPartNumberMax));
  return out;
}

//   method  uploadId  operation on an object, in an upload
//   PUT     yes       kUploadPart, kUploadPartCopy with x-amz-copy-source
//   POST    yes       kCompleteUpload
//   DELETE  yes       kAbortUpload
//   GET     yes       kListParts
Outcome<S3Request> route_upload(const http::RequestHead& request, const Query& query) {
  if (request.method == "GET") return list_parts(query);
  S3Request out;
  if (request.method == "POST") {
    out.operation = Operation::kCompleteUpload;
  } else if (request.method == "DELETE") {
    out.operation = Operation::kAbortUpload;
  } else if (request.method == "PUT") {
    out.operation = request.headers.has("x-amz-copy-source") ? Operation::kUploadPartCopy : Operation::kUploadPart;
    TRY(out.part_number, part_number(query));
  } else {
    return refuse(ErrorCode::kMethodNotAllowed, "");
  }
  return out;
}

//   method  else                     operation on an object
//   GET     partNumber may be given  kGetObject
//   HEAD    partNumber may be given  kHeadObject
//   PUT     x-amz-copy-source        kCopyObject
//   PUT     -                        kPutObject
//   DELETE  -                        kDeleteObject
//   POST    uploads                  kCreateUpload
Outcome<S3Request> route_object(const http::RequestHead& request, const Query& query) {
  if (has(query, "uploadId")) return route_upload(request, query);
  S3Request out;
  if (request.method == "GET" || request.method == "HEAD") {
    out.operation = request.method == "GET" ? Operation::kGetObject : Operation::kHeadObject;
    if (has(query, "partNumber")) {
      TRY(out.part_number, part_number(query));
    }
  } else if (request.method == "PUT") {
    out.operation = request.headers.has("x-amz-copy-source") ? Operation::kCopyObject : Operation::kPutObject;
  } else if (request.method == "DELETE") {
    out.operation = Operation::kDeleteObject;
  } else if (request.method == "POST" && has(query, "uploads")) {
    out.operation = Operation::kCreateUpload;
  } else {
    return refuse(ErrorCode::kMethodNotAllowed, "");
  }
  return out;
}

Outcome<S3Request> route_tagging(std::string_view method, const std::string& key) {
  if (method == "GET") return S3Request{.operation = Operation::kGetTagging, .key = key};
  if (method == "PUT") return S3Request{.operation = Operation::kPutTagging, .key = key};
  if (method == "DELETE") return S3Request{.operation = Operation::kDeleteTagging, .key = key};
  return refuse(ErrorCode::kMethodNotAllowed, "");
}
}  // namespace

Outcome<S3Request> route(const http::RequestHead& request, std::string_view bucket) {
  const auto query = http::parse_query(request.query());
  if (!query) return refuse(ErrorCode::kInvalidArgument, "the query cannot be read");
  TRY(const auto place, place_of(request, bucket));
  if (place.bucket.empty()) {
    if (request.method == "GET") return S3Request{.operation = Operation::kListBuckets};
    return refuse(ErrorCode::kMethodNotAllowed, "");
  }
  if (place.bucket != bucket) return refuse(ErrorCode::kNoSuchBucket, "");
  if (!place.key.empty() && has(*query, "tagging")) return route_tagging(request.method, place.key);
  for (const auto name : kSubresources) {
    if (has(*query, name)) return refuse(ErrorCode::kNotImplemented, "?" + std::string(name) + " is not implemented");
  }
  const auto version = value(*query, "versionId");
  if (!version.empty() && version != "null") return refuse(ErrorCode::kInvalidArgument, "the bucket has no versions");
  if (place.key.empty()) return route_bucket(request.method, *query);
  if (place.key.size() > kObjectKeyBytesMax) return refuse(ErrorCode::kKeyTooLong, "");
  TRY(auto routed, route_object(request, *query));
  routed.key = place.key;
  routed.upload_id = value(*query, "uploadId");
  return routed;
}

}  // namespace evershore::gateway
