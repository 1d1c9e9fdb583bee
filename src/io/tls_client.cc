#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include "io/resolver.h"
#include "io/tls.h"
#include "io/tls_stream.h"

namespace evershore::io {

struct TlsClientContext::Impl {
  SslContextPtr context;
  bool verify_peer = true;
};

TlsClientContext::~TlsClientContext() = default;

namespace {

Result<void> load_own_certificate(SSL_CTX* context, const TlsClientOptions& options) {
  if (SSL_CTX_use_certificate_chain_file(context, options.certificate.c_str()) != 1)
    return fail(Fault::kInvalid, fmt::format("{}: cannot read the certificate: {}", options.certificate, take_ssl_error("?")));
  if (SSL_CTX_use_PrivateKey_file(context, options.private_key.c_str(), SSL_FILETYPE_PEM) != 1 || SSL_CTX_check_private_key(context) != 1)
    return fail(Fault::kInvalid,
                fmt::format("{}: cannot read the private key of {}: {}", options.private_key, options.certificate, take_ssl_error("?")));
  return {};
}

}  // namespace

Result<std::shared_ptr<TlsClientContext>> TlsClientContext::make(const TlsClientOptions& options) {
  ERR_clear_error();
  SslContextPtr context(SSL_CTX_new(TLS_client_method()));
  if (!context) return fail(Fault::kBroken, "TLS: " + take_ssl_error("no memory"));
  set_common_options(context.get());
  const int loaded = options.ca_file.empty() ? SSL_CTX_set_default_verify_paths(context.get())
                                             : SSL_CTX_load_verify_file(context.get(), options.ca_file.c_str());
  if (loaded != 1)
    return fail(Fault::kInvalid, fmt::format("{}: cannot read the CA certificates: {}", options.ca_file, take_ssl_error("?")));
  if (!options.certificate.empty()) TRY_VOID(load_own_certificate(context.get(), options));
  SSL_CTX_set_verify(context.get(), options.verify_peer ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  auto made = std::make_shared<TlsClientContext>();
  made->impl = std::make_unique<Impl>(std::move(context), options.verify_peer);
  return made;
}

namespace {

// Changes whenever one of the files is another.
std::string stamp_of(const TlsFiles& files) {
  std::string stamp;
  for (const auto* path : {&files.ca_file, &files.certificate, &files.private_key}) {
    struct stat at = {};
    if (path->empty() || ::stat(path->c_str(), &at) != 0) continue;
    stamp += fmt::format("{}:{}:{}.{} ", at.st_ino, at.st_size, at.st_mtim.tv_sec, at.st_mtim.tv_nsec);
  }
  return stamp;
}

}  // namespace

Result<std::shared_ptr<TlsClientContext>> TlsClientBook::find(const TlsFiles& files, Mono now) {
  constexpr Duration kLookEvery = Millis(1'000);
  auto& entry = entries_[files];
  if (entry.context && now - entry.looked < kLookEvery) return entry.context;
  entry.looked = now;
  const auto stamp = stamp_of(files);
  if (entry.context && stamp == entry.stamp) return entry.context;
  auto made = TlsClientContext::make({.ca_file = files.ca_file, .certificate = files.certificate, .private_key = files.private_key});
  if (!made && !entry.context) return made;
  if (made) entry.context = std::move(*made);
  entry.stamp = stamp;
  return entry.context;
}

namespace {

// RFC 6066 3: no SNI for an address. RFC 9110 4.3.4: an address is compared with the certificate's addresses.
bool name_peer(SSL* ssl, const std::string& host, bool verify) {
  if (is_ip_literal(host)) return !verify || X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1;
  if (SSL_set_tlsext_host_name(ssl, host.c_str()) != 1) return false;
  return !verify || SSL_set1_host(ssl, host.c_str()) == 1;
}

}  // namespace

Task<Result<std::unique_ptr<Stream>>> tls_connect(std::shared_ptr<TlsClientContext> context, std::unique_ptr<Stream> tcp, std::string host,
                                                  Mono deadline) {
  ERR_clear_error();
  SslPtr ssl(SSL_new(context->impl->context.get()));
  if (!ssl) co_return fail(Fault::kBroken, "TLS: " + take_ssl_error("no memory"));
  if (!name_peer(ssl.get(), host, context->impl->verify_peer)) {
    co_return fail(Fault::kInvalid, fmt::format("TLS: \"{}\" is not a host name", host));
  }
  SSL_set_connect_state(ssl.get());
  auto stream = co_await shake_hands(std::move(context), std::move(ssl), std::move(tcp), std::move(host), deadline);
  co_return stream;
}

}  // namespace evershore::io
