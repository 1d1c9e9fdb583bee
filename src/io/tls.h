// TLS by OpenSSL directly on the descriptor (SSL_set_fd): 21 KB a connection against 83 KB with a BIO pair in between.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "io/stream.h"
#include "io/tls_files.h"

namespace evershore::io {

struct TlsClientOptions {
  std::string ca_file;      // "" = the system's store
  bool verify_peer = true;  // health probes do not verify (aws-semantics.md 1.2)
  std::string certificate;  // PEM chain to show where the server asks for one; "" = none
  std::string private_key;
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
  std::string ocsp_path = {};  // an OCSP response in DER form to staple; "" = none
};

// Contexts by their files, made when first asked for and again when a file has changed. One thread.
class TlsClientBook {
 public:
  // Looks at the files at most once a second. Files that cannot be read leave the context of the last ones in use.
  Result<std::shared_ptr<TlsClientContext>> find(const TlsFiles& files, Mono now);

 private:
  struct Entry {
    std::shared_ptr<TlsClientContext> context;
    std::string stamp;  // of the files it was made from
    Mono looked{};
  };
  std::map<TlsFiles, Entry> entries_;
};

// What a loaded certificate says of itself.
struct TlsCertificateInfo {
  std::string path;
  std::vector<std::string> names;  // lower case; "*.site.test" as it stands
  Wall not_before{};
  Wall not_after{};
  std::optional<Wall> staple_until;  // set = an OCSP response is stapled until then
  std::string staple_problem;        // why none is, although one was named or the certificate asks for one; "" = all well
  bool covers(std::string_view host) const;
};

class TlsTicketKeys;  // io/tls_tickets.h
std::shared_ptr<TlsTicketKeys> make_ticket_keys();

class TlsServerContext {
 public:
  // The first certificate is the default; others are chosen by SNI, an exact name before a wildcard. TLS 1.2 and 1.3 with forward secrecy
  // and authenticated encryption only. A context serves any number of loops.
  static Result<std::shared_ptr<TlsServerContext>> make(const std::vector<TlsServerCertificate>& certificates);
  // The same with tickets that other contexts' clients can come back with: one set of keys over reloads.
  static Result<std::shared_ptr<TlsServerContext>> make(const std::vector<TlsServerCertificate>& certificates,
                                                        std::shared_ptr<TlsTicketKeys> tickets);
  ~TlsServerContext();
  const std::vector<TlsCertificateInfo>& certificates() const;  // in the order given
  struct Impl;
  std::unique_ptr<Impl> impl;
};

// Takes a fresh TCP stream, shakes hands before `deadline`. `host` is for SNI and verification.
Task<Result<std::unique_ptr<Stream>>> tls_connect(std::shared_ptr<TlsClientContext> context, std::unique_ptr<Stream> tcp, std::string host,
                                                  Mono deadline);
Task<Result<std::unique_ptr<Stream>>> tls_accept(std::shared_ptr<TlsServerContext> context, std::unique_ptr<Stream> tcp, Mono deadline);
// The same, and what is spoken inside, if the client offers it (RFC 7301): see Stream::protocol().
enum class Alpn : uint8_t { kHttp1, kHttp2OrHttp1 };
Task<Result<std::unique_ptr<Stream>>> tls_accept(std::shared_ptr<TlsServerContext> context, std::unique_ptr<Stream> tcp, Mono deadline,
                                                 Alpn alpn);

}  // namespace evershore::io
