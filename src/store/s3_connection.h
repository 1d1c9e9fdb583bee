// Requests to one bucket: where they go, how they are signed, what their failures mean.
#pragma once

#include <memory>
#include <string>

#include "base/time.h"
#include "io/http_client.h"
#include "model/settings.h"
#include "wire/s3/sigv4.h"

namespace evershore::store {

enum class Patience : uint8_t {
  kUsual,
  kLong,  // the server does its work before it answers: copies, completions
};

struct S3Call {
  std::string method = "GET";
  std::string key;    // "" = the bucket itself
  std::string query;  // encoded, without '?'
  http::Headers headers;
  std::string body;
  io::HttpBodySource* source = nullptr;  // instead of `body`, exactly source_bytes
  uint64_t source_bytes = 0;
  bool expect_continue = false;
  Patience patience = Patience::kUsual;
};

// One thread: the client's. `client` and `clock` outlive it.
class S3Connection {
 public:
  S3Connection(RegionSettings region, io::HttpClient& client, const Clock& clock, io::HttpTimeouts timeouts);

  const RegionSettings& region() const { return region_; }
  Wall wall() const { return clock_.wall(); }

  // The head of the answer, whatever its status. Errors are the network's and name the region.
  Task<Result<std::unique_ptr<io::HttpResponse>>> send(S3Call call);
  // The same with the whole body, at most kXmlBytesMax of it.
  Task<Result<io::HttpClient::Whole>> fetch(S3Call call);

  // What an answer that is no success means; `body` may hold S3's error document. Names region, bucket and remedy.
  std::unexpected<Error> failure(const http::ResponseHead& head, std::string_view body) const;
  std::unexpected<Error> failure(Fault fault, std::string_view text) const;

 private:
  struct Prepared {
    io::HttpOrigin origin;
    io::HttpRequest request;
  };
  Result<Prepared> prepare(S3Call call);
  io::HttpTimeouts timeouts_for(Patience patience) const;

  const RegionSettings region_;
  io::HttpClient& client_;
  const Clock& clock_;
  const io::HttpTimeouts timeouts_;
  s3::Signer signer_;
};

}  // namespace evershore::store
