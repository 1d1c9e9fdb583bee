#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstring>

#include "io/tls.h"
#include "io/tls_stream.h"

namespace evershore::io {

struct TlsServerContext::Impl {
  std::vector<SslContextPtr> contexts;  // one per certificate; never empty
};

TlsServerContext::~TlsServerContext() = default;

namespace {

// RFC 6066 3, RFC 9110 4.3.4: the certificate whose names match; the first one (already chosen) when none does.
int choose_certificate(SSL* ssl, int*, void* arg) {
  const auto& contexts = static_cast<const TlsServerContext::Impl*>(arg)->contexts;
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (name == nullptr) return SSL_TLSEXT_ERR_OK;
  for (const SslContextPtr& context : contexts) {
    X509* certificate = SSL_CTX_get0_certificate(context.get());
    if (X509_check_host(certificate, name, std::strlen(name), 0, nullptr) != 1) continue;
    SSL_set_SSL_CTX(ssl, context.get());
    break;
  }
  return SSL_TLSEXT_ERR_OK;
}

// A connection's app data when HTTP/2 may be spoken on it.
constexpr char kWithHttp2 = 0;

// RFC 7301: what we speak, if the client offers it; a client that offers only others goes on without.
int choose_protocol(SSL* ssl, const unsigned char** out, unsigned char* out_length, const unsigned char* offered, unsigned int length,
                    void*) {
  static constexpr unsigned char kOurs[] = "\x02h2\x08http/1.1";
  constexpr unsigned int kHttp2Bytes = 3;
  const unsigned int skipped = SSL_get_app_data(ssl) == &kWithHttp2 ? 0 : kHttp2Bytes;
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_length, kOurs + skipped, sizeof kOurs - 1 - skipped, offered, length) != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_NOACK;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

Result<SslContextPtr> load(const TlsServerCertificate& pair) {
  ERR_clear_error();
  SslContextPtr context(SSL_CTX_new(TLS_server_method()));
  if (!context) return fail(Fault::kBroken, "TLS: " + take_ssl_error("no memory"));
  set_common_options(context.get());
  SSL_CTX_set_options(context.get(), SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  if (SSL_CTX_use_certificate_chain_file(context.get(), pair.certificate_path.c_str()) != 1) {
    return fail(Fault::kInvalid,
                fmt::format("{}: not a certificate in PEM form: {}", pair.certificate_path, take_ssl_error("cannot be read")));
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), pair.private_key_path.c_str(), SSL_FILETYPE_PEM) != 1) {
    return fail(Fault::kInvalid, fmt::format("{}: not the private key of {}: {}", pair.private_key_path, pair.certificate_path,
                                             take_ssl_error("cannot be read")));
  }
  SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol, nullptr);
  return context;
}

}  // namespace

Result<std::shared_ptr<TlsServerContext>> TlsServerContext::make(const std::vector<TlsServerCertificate>& certificates) {
  if (certificates.empty()) return fail(Fault::kInvalid, "TLS needs a certificate");
  auto made = std::make_shared<TlsServerContext>();
  made->impl = std::make_unique<Impl>();
  for (const TlsServerCertificate& pair : certificates) {
    TRY(SslContextPtr context, load(pair));
    made->impl->contexts.push_back(std::move(context));
  }
  SSL_CTX* first = made->impl->contexts.front().get();
  SSL_CTX_set_tlsext_servername_callback(first, choose_certificate);
  SSL_CTX_set_tlsext_servername_arg(first, made->impl.get());
  return made;
}

Task<Result<std::unique_ptr<Stream>>> tls_accept(std::shared_ptr<TlsServerContext> context, std::unique_ptr<Stream> tcp, Mono deadline,
                                                 Alpn alpn) {
  ERR_clear_error();
  SslPtr ssl(SSL_new(context->impl->contexts.front().get()));
  if (!ssl) co_return fail(Fault::kBroken, "TLS: " + take_ssl_error("no memory"));
  if (alpn == Alpn::kHttp2OrHttp1) SSL_set_app_data(ssl.get(), const_cast<char*>(&kWithHttp2));
  SSL_set_accept_state(ssl.get());
  auto stream = co_await shake_hands(std::move(context), std::move(ssl), std::move(tcp), "the client", deadline);
  co_return stream;
}

Task<Result<std::unique_ptr<Stream>>> tls_accept(std::shared_ptr<TlsServerContext> context, std::unique_ptr<Stream> tcp, Mono deadline) {
  auto stream = co_await tls_accept(std::move(context), std::move(tcp), deadline, Alpn::kHttp1);
  co_return stream;
}

}  // namespace evershore::io
