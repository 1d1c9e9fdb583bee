// Certificates as values: what a chain in PEM form says, whether a key belongs to it, and one of our own until there is a real one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "acme/key.h"
#include "base/result.h"
#include "base/time.h"

namespace evershore::acme {

struct CertificateFacts {
  Wall not_before{};
  Wall not_after{};
  std::vector<std::string> names;  // DNS names, lower case
  std::string issuer;              // its common name, or organisation

  Duration lifetime() const { return not_after - not_before; }
  bool holds(const std::vector<std::string>& wanted) const;
};

// The first certificate of a chain. kInvalid: there is none.
Result<CertificateFacts> read_certificate(std::string_view pem);
// kInvalid: the first certificate is not of this key, or not for these names.
Result<CertificateFacts> check_certificate(std::string_view chain_pem, const Key& key, const std::vector<std::string>& names);

// Key and chain in one file, so that no crash can part them. OpenSSL reads either from it.
std::string bundle(std::string_view chain_pem, const Key& key);

// Signed by itself: for the time before the first certificate. Browsers refuse it.
Result<std::string> placeholder_bundle(Wall now);

}  // namespace evershore::acme
