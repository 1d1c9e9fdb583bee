#include "io/tls_certificate.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>

#include "base/text.h"
#include "io/files.h"

namespace evershore::io {

namespace {

constexpr size_t kStapleBytesMax = 64 * 1024;

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* what) const {
    Free(what);
  }
};
using NamesPtr = std::unique_ptr<GENERAL_NAMES, Freed<GENERAL_NAMES_free>>;
using OcspPtr = std::unique_ptr<OCSP_RESPONSE, Freed<OCSP_RESPONSE_free>>;
using OcspBasicPtr = std::unique_ptr<OCSP_BASICRESP, Freed<OCSP_BASICRESP_free>>;

Wall wall_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return Wall(std::chrono::seconds(::timegm(&parts)));
}

std::string text_of(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)), static_cast<size_t>(ASN1_STRING_length(text))};
}

// RFC 9110 4.3.4: the subject's common name counts only where there are no alternative names.
std::vector<std::string> names_of(X509* certificate) {
  std::vector<std::string> names;
  const NamesPtr all(static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(all.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all.get(), i);
    if (name->type == GEN_DNS) names.push_back(to_lower(text_of(name->d.dNSName)));
  }
  if (all) return names;
  const X509_NAME* subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at >= 0) names.push_back(to_lower(text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)))));
  return names;
}

// RFC 7633: the certificate is only good with a staple.
bool must_staple(X509* certificate) { return X509_get_ext_by_NID(certificate, NID_tlsfeature, -1) >= 0; }

// The answer about this certificate, by its serial number. Nothing: the response is about others.
const OCSP_SINGLERESP* answer_about(X509* certificate, OCSP_BASICRESP* basic) {
  for (int i = 0; i < OCSP_resp_count(basic); ++i) {
    OCSP_SINGLERESP* single = OCSP_resp_get0(basic, i);
    ASN1_INTEGER* serial = nullptr;
    OCSP_id_get0_info(nullptr, nullptr, nullptr, &serial, const_cast<OCSP_CERTID*>(OCSP_SINGLERESP_get0_id(single)));
    if (serial != nullptr && ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(certificate)) == 0) return single;
  }
  return nullptr;
}

// RFC 6960 2.2, RFC 6066 8: what a client would not accept is not worth sending.
Result<OcspStaple> load_staple(const std::string& path, X509* certificate) {
  TRY(const std::string der, read_whole_file(path, kStapleBytesMax));
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const OcspPtr response(d2i_OCSP_RESPONSE(nullptr, &at, static_cast<long>(der.size())));
  ERR_clear_error();
  if (!response) return fail(Fault::kInvalid, fmt::format("{}: not an OCSP response in DER form", path));
  const int status = OCSP_response_status(response.get());
  if (status != OCSP_RESPONSE_STATUS_SUCCESSFUL) {
    return fail(Fault::kInvalid, fmt::format("{}: the responder refused: {}", path, OCSP_response_status_str(status)));
  }
  const OcspBasicPtr basic(OCSP_response_get1_basic(response.get()));
  const auto* single = basic ? answer_about(certificate, basic.get()) : nullptr;
  if (single == nullptr) return fail(Fault::kInvalid, fmt::format("{}: the response is about another certificate", path));
  ASN1_GENERALIZEDTIME* next = nullptr;
  const int verdict = OCSP_single_get0_status(const_cast<OCSP_SINGLERESP*>(single), nullptr, nullptr, nullptr, &next);
  if (verdict != V_OCSP_CERTSTATUS_GOOD) {
    return fail(Fault::kInvalid, fmt::format("{}: the certificate is {} by this response", path, OCSP_cert_status_str(verdict)));
  }
  // Without a next update newer news is always there (RFC 6960 4.2.2.1): nothing to keep.
  if (next == nullptr) return fail(Fault::kInvalid, fmt::format("{}: the response does not say how long it holds", path));
  return OcspStaple{.der = {der.begin(), der.end()}, .until = wall_of(next)};
}

}  // namespace

bool TlsCertificateInfo::covers(std::string_view host) const {
  const auto dot = host.find('.');
  const std::string wildcard = dot == std::string_view::npos ? "" : "*" + to_lower(host.substr(dot));
  return std::ranges::any_of(names, [&](const std::string& name) { return equal_ignoring_case(name, host) || name == wildcard; });
}

Result<LoadedCertificate> load_certificate(const TlsServerCertificate& files) {
  ERR_clear_error();
  LoadedCertificate loaded{.context = SslContextPtr(SSL_CTX_new(TLS_server_method()))};
  SSL_CTX* context = loaded.context.get();
  if (context == nullptr) return fail(Fault::kBroken, "TLS: " + take_ssl_error("no memory"));
  if (SSL_CTX_use_certificate_chain_file(context, files.certificate_path.c_str()) != 1) {
    return fail(Fault::kInvalid,
                fmt::format("{}: not a certificate in PEM form: {}", files.certificate_path, take_ssl_error("cannot be read")));
  }
  if (SSL_CTX_use_PrivateKey_file(context, files.private_key_path.c_str(), SSL_FILETYPE_PEM) != 1) {
    return fail(Fault::kInvalid, fmt::format("{}: not the private key of {}: {}", files.private_key_path, files.certificate_path,
                                             take_ssl_error("cannot be read")));
  }
  X509* certificate = SSL_CTX_get0_certificate(context);
  auto& info = loaded.info;
  info.path = files.certificate_path;
  info.names = names_of(certificate);
  info.not_before = wall_of(X509_get0_notBefore(certificate));
  info.not_after = wall_of(X509_get0_notAfter(certificate));
  if (files.ocsp_path.empty()) {
    if (must_staple(certificate)) info.staple_problem = "the certificate asks for an OCSP response; give it one as `ocsp`";
    return loaded;
  }
  auto staple = load_staple(files.ocsp_path, certificate);
  if (staple) {
    info.staple_until = staple->until;
    loaded.staple = *std::move(staple);
  } else {
    info.staple_problem = staple.error().text;
  }
  return loaded;
}

}  // namespace evershore::io
