// One attempt of one call: addressed, signed, sent.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "base/result.h"
#include "base/task.h"
#include "io/http_client.h"
#include "wire/aws/call.h"
#include "wire/s3/sigv4.h"

namespace evershore::aws {

class Transport {
 public:
  // `endpoint`: where all calls go instead of AWS's own hosts; "" = AWS. `home_region`: of services with one place, by partition.
  Transport(io::HttpClient& client, std::string endpoint, std::string home_region);

  // Any status is an answer. `keys` null: sent without a signature. `now` is the time that is signed.
  Task<Result<Answer>> exchange(Call call, const s3::Credentials* keys, Wall now);
  // A plain request to some URL (metadata services).
  Task<Result<Answer>> plain(std::string method, std::string url, http::Headers headers);
  // Calls that wait for an answer end with kClosed.
  void stop();

 private:
  Result<io::HttpOrigin> origin_of(const Call& call) const;
  Task<Result<Answer>> fetch(io::HttpOrigin origin, io::HttpRequest request, io::HttpTimeouts timeouts);
  io::HttpClient& client_;
  std::string endpoint_;
  std::string home_region_;
  std::set<io::HttpCancel*> waiting_;
};

}  // namespace evershore::aws
