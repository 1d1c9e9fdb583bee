// The regions as they are: S3 endpoints (or any HTTP server, for bare ones) over the loop's HTTP client.
#pragma once

#include <map>
#include <string>

#include "base/published.h"
#include "edge/run/config.h"
#include "edge/run/origin.h"
#include "io/http_client.h"
#include "wire/s3/sigv4.h"

namespace evershore::edge {

class HttpOriginClient final : public Origin {
 public:
  // All outlive it. Region settings are read anew for each request, so that a reload takes effect at once.
  HttpOriginClient(const Clock& clock, io::HttpClient& client, const Published<EdgeConfig>& config)
      : clock_(clock), client_(client), config_(config) {}

  Task<Result<std::unique_ptr<OriginReply>>> open(OriginRequest request, Budgets budgets, OriginCancel& cancel) override;
  Addressing addressing(std::string_view region) const override;
  void forget_connections(std::string_view region) override;

 private:
  struct Signing {
    RegionSettings settings;  // that the signer was made from
    s3::Signer signer;
  };
  s3::Signer& signer_for(const RegionSettings& region);

  const Clock& clock_;
  io::HttpClient& client_;
  mutable Published<EdgeConfig>::Reader config_;
  std::map<std::string, Signing> signers_;
};

}  // namespace evershore::edge
