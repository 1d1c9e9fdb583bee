// Which files a TLS connection goes by, where an endpoint has some of its own.
#pragma once

#include <compare>
#include <string>

#include "model/settings.h"

namespace evershore::io {

struct TlsFiles {
  std::string ca_file;      // "" = the system's store
  std::string certificate;  // of the client, with its chain; "" = none
  std::string private_key;
  bool empty() const { return ca_file.empty() && certificate.empty(); }
  auto operator<=>(const TlsFiles&) const = default;
};

inline TlsFiles tls_files_of(const RegionSettings& region) {
  return {.ca_file = region.ca_file, .certificate = region.client_certificate, .private_key = region.client_key};
}

}  // namespace evershore::io
