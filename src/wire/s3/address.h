// Where an object or a bucket of a region is: host, port and request target by the region's addressing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/settings.h"

namespace evershore::s3 {

struct S3Address {
  bool tls = false;
  std::string host;  // to connect to and to send; without the port
  uint16_t port = 80;
  std::string target;  // path, percent-encoded once, never normalised, and query
  // Host as it is sent and signed: with the port unless it is the scheme's own.
  std::string host_header() const;
};

// The object. `key` is bytes; '/' stays. Bare addressing: the key is the path.
Result<S3Address> address_of(const RegionSettings& region, std::string_view key);
// The bucket itself, for listing and the like; `query` is encoded already and without '?' ("" = none).
Result<S3Address> bucket_address_of(const RegionSettings& region, std::string_view query);

}  // namespace evershore::s3
