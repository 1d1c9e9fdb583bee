// A server's certificate as tls_server.cc uses it: the context to serve with, and what it says of itself. OpenSSL's types are only named
// here.
#pragma once

#include "io/tls.h"
#include "io/tls_stream.h"

namespace evershore::io {

struct OcspStaple {
  std::vector<uint8_t> der;
  Wall until;  // the response says so itself
};

struct LoadedCertificate {
  SslContextPtr context;  // certificate, chain and key are in it
  TlsCertificateInfo info;
  std::optional<OcspStaple> staple;
};

// kInvalid: a file that is not what it should be, a key that belongs to another certificate. A staple that is no use is no failure:
// info.staple_problem says why there is none.
Result<LoadedCertificate> load_certificate(const TlsServerCertificate& files);

}  // namespace evershore::io
