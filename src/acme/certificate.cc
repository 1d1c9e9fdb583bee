#include "acme/certificate.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "acme/openssl.h"
#include "base/text.h"

namespace evershore::acme {

namespace {

Result<X509Ptr> first_of(std::string_view pem) {
  const auto bio = reading(pem);
  X509Ptr certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  if (!certificate) return fail(Fault::kInvalid, "there is no certificate in PEM form");
  return certificate;
}

Wall wall_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return Wall{};
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::from_time_t(::timegm(&parts)));
}

std::vector<std::string> names_of(X509* certificate) {
  std::vector<std::string> names;
  const std::unique_ptr<GENERAL_NAMES, Release<GENERAL_NAMES_free>> all(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; all && i < sk_GENERAL_NAME_num(all.get()); ++i) {
    const auto* name = sk_GENERAL_NAME_value(all.get(), i);
    if (name->type != GEN_DNS) continue;
    const auto* text = ASN1_STRING_get0_data(name->d.dNSName);
    names.push_back(to_lower(as_text({text, static_cast<size_t>(ASN1_STRING_length(name->d.dNSName))})));
  }
  return names;
}

std::string issuer_of(X509* certificate) {
  auto* name = X509_get_issuer_name(certificate);
  for (const int part : {NID_commonName, NID_organizationName}) {
    const int at = X509_NAME_get_index_by_NID(name, part, -1);
    if (at < 0) continue;
    const auto* text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
    std::string out(as_text({ASN1_STRING_get0_data(text), static_cast<size_t>(ASN1_STRING_length(text))}));
    std::ranges::replace_if(out, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
    return out;
  }
  return "unknown";
}

CertificateFacts facts_of(X509* certificate) {
  return {.not_before = wall_of(X509_get0_notBefore(certificate)),
          .not_after = wall_of(X509_get0_notAfter(certificate)),
          .names = names_of(certificate),
          .issuer = issuer_of(certificate)};
}

}  // namespace

bool CertificateFacts::holds(const std::vector<std::string>& wanted) const {
  return std::ranges::all_of(wanted, [&](const std::string& name) { return std::ranges::find(names, name) != names.end(); });
}

Result<CertificateFacts> read_certificate(std::string_view pem) {
  TRY(const auto certificate, first_of(pem));
  return facts_of(certificate.get());
}

Result<CertificateFacts> check_certificate(std::string_view chain_pem, const Key& key, const std::vector<std::string>& names) {
  TRY(const auto certificate, first_of(chain_pem));
  if (EVP_PKEY_eq(X509_get0_pubkey(certificate.get()), key.native().key.get()) != 1) {
    return fail(Fault::kInvalid, "the certificate is not for the key that was asked for");
  }
  auto facts = facts_of(certificate.get());
  if (!facts.holds(names)) return fail(Fault::kInvalid, fmt::format("the certificate is for {}", fmt::join(facts.names, ", ")));
  if (facts.lifetime() <= Duration::zero()) return fail(Fault::kInvalid, "the certificate is never valid");
  return facts;
}

std::string bundle(std::string_view chain_pem, const Key& key) {
  return fmt::format("{}{}{}", key.pem(), chain_pem, chain_pem.ends_with('\n') ? "" : "\n");
}

Result<std::string> placeholder_bundle(Wall now) {
  TRY(const auto key, Key::make());
  const X509Ptr certificate(X509_new());
  auto* native = key.native().key.get();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  constexpr long kYears = 10L * 365 * 24 * 3600;
  auto* name = X509_get_subject_name(certificate.get());
  const auto* text = reinterpret_cast<const unsigned char*>("evershore: no certificate yet");
  const bool made = X509_set_version(certificate.get(), X509_VERSION_3) == 1 &&
                    ASN1_INTEGER_set_int64(X509_get_serialNumber(certificate.get()), seconds) == 1 &&
                    ASN1_TIME_set(X509_getm_notBefore(certificate.get()), seconds - 86'400) != nullptr &&
                    ASN1_TIME_set(X509_getm_notAfter(certificate.get()), seconds + kYears) != nullptr &&
                    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0) == 1 &&
                    X509_set_issuer_name(certificate.get(), name) == 1 && X509_set_pubkey(certificate.get(), native) == 1 &&
                    X509_sign(certificate.get(), native, EVP_sha256()) > 0;
  const auto bio = writing();
  if (!made || PEM_write_bio_X509(bio.get(), certificate.get()) != 1) return fail(Fault::kBroken, "OpenSSL makes no certificate");
  return bundle(written(bio.get()), key);
}

}  // namespace evershore::acme
