// For tests: a small S3 server over a FakeStore, with the quirks of the real ones as switches (reference: AWS, Ceph, Swift
// and MinIO differ in each of them). One bucket, "b". It looks at no signature, but wants one.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "io/http_server.h"
#include "store/fake_store.h"
#include "store/s3_store.h"

namespace evershore::store {

enum class Conditions : uint8_t { kObeyed, kIgnored, kNotImplemented };

struct S3Quirks {
  Conditions put_if_none_match = Conditions::kObeyed;
  Conditions put_if_match = Conditions::kObeyed;
  Conditions delete_if_match = Conditions::kObeyed;
  Conditions copy_if_match = Conditions::kObeyed;
  EtagSpelling etag_spelling = EtagSpelling::kQuoted;  // the only one that writes understand
  bool part_number = true;
  Conditions tagging = Conditions::kObeyed;  // kIgnored: headers are taken and forgotten
  bool tag_count = true;                     // reads tell how many
  bool empty_etag_on_complete = false;
  bool error_in_200 = false;    // CopyObject and CompleteMultipartUpload: "200" with InternalError inside
  bool listing_denied = false;  // 403 for lists, and so for missing keys
  bool reads_denied = false;    // 403 for objects that are there
  bool writes_denied = false;
  bool bucket_missing = false;
  bool keys_wrong = false;      // 403 InvalidAccessKeyId for all
  bool slow_down = false;       // 503 for all
  bool stray_metadata = false;  // checksum headers come back as metadata
};

class S3TestServer {
 public:
  S3TestServer(io::Loop& loop, S3Quirks quirks, StoreCapabilities supports);
  ~S3TestServer();  // after close()

  RegionSettings region(Addressing addressing) const;
  FakeStore& bucket() { return bucket_; }
  S3Quirks& quirks() { return quirks_; }
  const std::vector<std::string>& seen() const { return seen_; }  // "PUT /b/k If-Match: x", in order
  Task<void> close();

 private:
  struct Answer;
  Task<void> handle(io::HttpExchange& exchange);
  Task<Answer> answer(io::HttpExchange& exchange, std::string key, std::string query);
  Task<Answer> read_object(io::HttpExchange& exchange, std::string key, std::string query);
  Task<Answer> write_object(io::HttpExchange& exchange, std::string key, std::string query);
  Task<Answer> copy_object(io::HttpExchange& exchange, std::string key);
  Task<Answer> remove_object(io::HttpExchange& exchange, std::string key, std::string query);
  Task<Answer> multipart(io::HttpExchange& exchange, std::string key, std::string query);
  Task<Answer> tagging(io::HttpExchange& exchange, std::string key);
  Task<Answer> list(std::string query);

  io::Loop& loop_;
  S3Quirks quirks_;
  FakeStore bucket_;
  std::vector<std::string> seen_;
  std::unique_ptr<io::HttpServer> server_;
};

}  // namespace evershore::store
