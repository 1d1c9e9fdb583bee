// One attempt of one call: addressed, signed, sent.
#pragma once

#include <optional>
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

 private:
  Result<io::HttpOrigin> origin_of(const Call& call) const;
  io::HttpClient& client_;
  std::string endpoint_;
  std::string home_region_;
};

}  // namespace evershore::aws
