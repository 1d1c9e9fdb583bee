// Signed writes and reads of one region's bucket: the demo's own hand, apart from the node's. One loop's.
#pragma once

#include <optional>
#include <string>

#include "app/demo/data.h"
#include "io/http_client.h"
#include "model/settings.h"
#include "wire/s3/address.h"
#include "wire/s3/sigv4.h"

namespace evershore::app::demo {

class Bucket {
 public:
  // `loop` and `client` outlive it.
  Bucket(io::Loop& loop, io::HttpClient& client, RegionSettings region);

  // With Cache-Control: no-store, so that every read goes to a region. Success = acknowledged: durable there.
  Task<Result<void>> put(DataObject object);
  Task<Result<void>> remove(std::string key);
  // Of the bytes it has; nullopt: no such key.
  Task<Result<std::optional<Sha256>>> hash_of(std::string key);
  // The first ones of at most `size_bytes_max`, without what Evershore keeps for itself.
  Task<Result<std::vector<std::string>>> keys(std::string prefix, size_t count_max, uint64_t size_bytes_max);

 private:
  struct Prepared {
    io::HttpOrigin origin;
    io::HttpRequest request;
  };
  Result<Prepared> prepare(std::string method, std::string_view key, http::Headers headers, std::string_view payload_hash);
  Prepared sign(std::string method, const s3::S3Address& address, http::Headers headers, std::string_view payload_hash);

  io::Loop& loop_;
  io::HttpClient& client_;
  RegionSettings region_;
  s3::Signer signer_;
};

}  // namespace evershore::app::demo
