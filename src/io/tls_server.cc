#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <chrono>
#include <map>

#include "base/text.h"
#include "io/files.h"
#include "io/tls.h"
#include "io/tls_certificate.h"
#include "io/tls_stream.h"
#include "io/tls_tickets.h"

namespace evershore::io {

struct TlsServerContext::Impl {
  std::vector<LoadedCertificate> certificates;  // never empty; the first is the default
  std::vector<TlsCertificateInfo> infos;
  std::map<std::string, SSL_CTX*, std::less<>> by_name;  // "*.site.test" is under "*.site.test"
  std::shared_ptr<TlsTicketKeys> tickets;
};

TlsServerContext::~TlsServerContext() = default;

const std::vector<TlsCertificateInfo>& TlsServerContext::certificates() const { return impl->infos; }

std::shared_ptr<TlsTicketKeys> make_ticket_keys() { return std::make_shared<TlsTicketKeys>(); }

namespace {

// Of sessions that are kept here, for TLS 1.2 clients without tickets; the oldest go first.
constexpr long kSessionsMax = 4'096;
constexpr unsigned char kSessionContext[] = "evershore";

// Forward secrecy and authenticated encryption only (RFC 9325 4.2; RFC 9113 9.2.2 forbids the others for HTTP/2).
constexpr const char* kCiphers13 = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* kCiphers12 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* kGroups = "X25519:P-256:P-384";

// RFC 6066 3: the certificate whose names match, an exact one first; the default (already chosen) when none does.
int choose_certificate(SSL* ssl, int*, void* arg) {
  const auto& by_name = static_cast<const TlsServerContext::Impl*>(arg)->by_name;
  const char* asked = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (asked == nullptr) return SSL_TLSEXT_ERR_OK;
  const std::string name = to_lower(asked);
  auto found = by_name.find(name);
  if (const auto dot = name.find('.'); found == by_name.end() && dot != std::string::npos) found = by_name.find("*" + name.substr(dot));
  if (found != by_name.end()) SSL_set_SSL_CTX(ssl, found->second);
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

// RFC 6066 8.
int staple_response(SSL* ssl, void* arg) {
  const auto& staple = *static_cast<const OcspStaple*>(arg);
  if (std::chrono::system_clock::now() >= staple.until) return SSL_TLSEXT_ERR_NOACK;  // an outdated one is worse than none
  auto* copy = static_cast<unsigned char*>(OPENSSL_memdup(staple.der.data(), staple.der.size()));
  if (copy == nullptr) return SSL_TLSEXT_ERR_NOACK;
  SSL_set_tlsext_status_ocsp_resp(ssl, copy, static_cast<long>(staple.der.size()));  // OpenSSL frees it
  return SSL_TLSEXT_ERR_OK;
}

bool set_up_mac(EVP_MAC_CTX* mac, TlsTicketKey& key) {
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.authenticate.data(), key.authenticate.size()),
                                   OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, parameters) == 1;
}

// SSL_CTX_set_tlsext_ticket_key_evp_cb(3): 0 = an unknown key, 1 = fine, 2 = fine and a new ticket, -1 = failed.
int use_ticket_key(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, int encrypt) {
  auto& keys = *static_cast<TlsTicketKeys*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  const Mono now = std::chrono::steady_clock::now();
  if (encrypt == 1) {
    TlsTicketKey key = keys.for_new_ticket(now);
    fill_random(std::span(iv, static_cast<size_t>(EVP_CIPHER_get_iv_length(EVP_aes_256_cbc()))));
    std::ranges::copy(key.name, name);
    const bool ready = EVP_EncryptInit_ex2(cipher, EVP_aes_256_cbc(), key.encrypt.data(), iv, nullptr) == 1 && set_up_mac(mac, key);
    return ready ? 1 : -1;
  }
  auto found = keys.find(std::span(name, TlsTicketKey{}.name.size()), now);
  if (!found) return 0;
  const bool ready =
      EVP_DecryptInit_ex2(cipher, EVP_aes_256_cbc(), found->key.encrypt.data(), iv, nullptr) == 1 && set_up_mac(mac, found->key);
  if (!ready) return -1;
  // RFC 8446 C.4: in TLS 1.3 a ticket is used once, so that nobody can follow a client by it.
  return found->current && SSL_version(ssl) < TLS1_3_VERSION ? 1 : 2;
}

bool set_server_options(SSL_CTX* context, TlsTicketKeys& tickets) {
  set_common_options(context);
  SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  SSL_CTX_set_app_data(context, &tickets);
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context, use_ticket_key);
  SSL_CTX_set_timeout(context, std::chrono::duration_cast<std::chrono::seconds>(TlsTicketKeys::kLifetime).count());
  SSL_CTX_sess_set_cache_size(context, kSessionsMax);
  SSL_CTX_set_session_id_context(context, kSessionContext, sizeof kSessionContext - 1);
  return SSL_CTX_set_ciphersuites(context, kCiphers13) == 1 && SSL_CTX_set_cipher_list(context, kCiphers12) == 1 &&
         SSL_CTX_set1_groups_list(context, kGroups) == 1;
}

}  // namespace

Result<std::shared_ptr<TlsServerContext>> TlsServerContext::make(const std::vector<TlsServerCertificate>& certificates) {
  return make(certificates, make_ticket_keys());
}

Result<std::shared_ptr<TlsServerContext>> TlsServerContext::make(const std::vector<TlsServerCertificate>& certificates,
                                                                 std::shared_ptr<TlsTicketKeys> tickets) {
  if (certificates.empty()) return fail(Fault::kInvalid, "TLS needs a certificate");
  auto made = std::make_shared<TlsServerContext>();
  made->impl = std::make_unique<Impl>();
  Impl& impl = *made->impl;
  impl.tickets = std::move(tickets);
  for (const TlsServerCertificate& files : certificates) {
    TRY(LoadedCertificate loaded, load_certificate(files));
    if (!set_server_options(loaded.context.get(), *impl.tickets)) {
      return fail(Fault::kBroken, "TLS: " + take_ssl_error("the ciphers are not there"));
    }
    for (const auto& name : loaded.info.names) impl.by_name.emplace(name, loaded.context.get());  // the first one that has it
    impl.infos.push_back(loaded.info);
    impl.certificates.push_back(std::move(loaded));
  }
  for (LoadedCertificate& loaded : impl.certificates) {
    if (!loaded.staple) continue;
    SSL_CTX_set_tlsext_status_cb(loaded.context.get(), staple_response);
    SSL_CTX_set_tlsext_status_arg(loaded.context.get(), &*loaded.staple);
  }
  SSL_CTX* first = impl.certificates.front().context.get();
  SSL_CTX_set_tlsext_servername_callback(first, choose_certificate);
  SSL_CTX_set_tlsext_servername_arg(first, &impl);
  return made;
}

Task<Result<std::unique_ptr<Stream>>> tls_accept(std::shared_ptr<TlsServerContext> context, std::unique_ptr<Stream> tcp, Mono deadline,
                                                 Alpn alpn) {
  ERR_clear_error();
  SslPtr ssl(SSL_new(context->impl->certificates.front().context.get()));
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
