#include "wire/s3/address.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/text.h"
#include "wire/s3/encode.h"

namespace evershore::s3 {

std::string S3Address::host_header() const {
  const uint16_t usual = tls ? 443 : 80;
  return port == usual ? host : fmt::format("{}:{}", host, port);
}

namespace {
std::unexpected<Error> bad_endpoint(const RegionSettings& region, std::string_view why) {
  return fail(Fault::kInvalid, fmt::format("region {}: endpoint \"{}\" {}; write it as \"https://host\" or \"http://host:port\"",
                                           region.name, region.endpoint, why));
}

// The port's colon comes after an IPv6 literal's bracket.
Result<void> read_authority(const RegionSettings& region, std::string_view authority, S3Address& into) {
  const auto bracket = authority.rfind(']');
  const auto colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  into.host = to_lower(authority.substr(0, colon));
  into.port = into.tls ? 443 : 80;
  if (into.host.empty() || authority.find('@') != std::string_view::npos) return bad_endpoint(region, "has no plain host");
  if (colon == std::string_view::npos) return {};
  const auto port = parse_u64(authority.substr(colon + 1));
  if (!port || *port == 0 || *port > std::numeric_limits<uint16_t>::max()) return bad_endpoint(region, "has no valid port");
  into.port = static_cast<uint16_t>(*port);
  return {};
}

// Scheme, host, port; the target is the endpoint's own path without its last '/'.
Result<S3Address> read_endpoint(const RegionSettings& region) {
  S3Address address;
  std::string_view rest = region.endpoint;
  address.tls = rest.starts_with("https://");
  if (!address.tls && !rest.starts_with("http://")) return bad_endpoint(region, "has no scheme");
  rest.remove_prefix(address.tls ? 8 : 7);
  const auto slash = std::min(rest.find('/'), rest.size());
  TRY_VOID(read_authority(region, rest.substr(0, slash), address));
  address.target = rest.substr(slash);
  if (address.target.find_first_of("?#") != std::string::npos) return bad_endpoint(region, "has a query");
  while (address.target.ends_with('/')) address.target.pop_back();
  return address;
}

Result<S3Address> bucket_root(const RegionSettings& region) {
  TRY(auto address, read_endpoint(region));
  if (region.addressing == Addressing::kPath) address.target += "/" + encode(region.bucket, Slash::kEncoded);
  if (region.addressing == Addressing::kVirtual) address.host = region.bucket + "." + address.host;
  return address;
}
}  // namespace

Result<S3Address> address_of(const RegionSettings& region, std::string_view key) {
  TRY(auto address, bucket_root(region));
  address.target += "/" + encode(key, Slash::kKept);
  return address;
}

Result<S3Address> bucket_address_of(const RegionSettings& region, std::string_view query) {
  TRY(auto address, bucket_root(region));
  if (region.addressing != Addressing::kPath) address.target += "/";
  if (!query.empty()) address.target.append("?").append(query);
  return address;
}

}  // namespace evershore::s3
