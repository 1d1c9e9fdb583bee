// TLS by OpenSSL directly on the descriptor (SSL_set_fd): 21 KB a connection against 83 KB with a BIO pair in between.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "io/stream.h"

namespace evershore::io {

struct TlsClientOptions {
  std::string ca_file;      // "" = the system's store
  bool verify_peer = true;  // health probes do not verify (aws-semantics.md 1.2)
};

class TlsClientContext {
 public:
  static Result<std::shared_ptr<TlsClientContext>> make(const TlsClientOptions& options);
  ~TlsClientContext();
  struct Impl;
  std::unique_ptr<Impl> impl;
};

struct TlsServerCertificate {
  std::string certificate_path;  // PEM chain
  std::string private_key_path;
};

class TlsServerContext {
 public:
  // The first certificate is the default; others are chosen by SNI.
  static Result<std::shared_ptr<TlsServerContext>> make(const std::vector<TlsServerCertificate>& certificates);
  ~TlsServerContext();
  struct Impl;
  std::unique_ptr<Impl> impl;
};

// Takes a fresh TCP stream, shakes hands before `deadline`. `host` is for SNI and verification.
Task<Result<std::unique_ptr<Stream>>> tls_connect(std::shared_ptr<TlsClientContext> context, std::unique_ptr<Stream> tcp, std::string host,
                                                  Mono deadline);
Task<Result<std::unique_ptr<Stream>>> tls_accept(std::shared_ptr<TlsServerContext> context, std::unique_ptr<Stream> tcp, Mono deadline);

}  // namespace evershore::io
