// Keys and a checker of signatures for tests; heavy, for this folder's .cc files only.
#pragma once

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <memory>
#include <string>
#include <vector>

#include "base/text.h"
#include "dns/sign.h"
#include "wire/dns/message.h"

namespace evershore::dns::testing_support {

// The private key of RFC 6605 6.1.
inline constexpr std::string_view kPemOfRfc6605 =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgGU6SnQ/Ou+xC5Rum\n"
    "uIUIuJZteXT2z0O/ok1s38Et6mShRANCAAQaiMiGFdQ3+7i/nhlCoZKfKFYnBq5s\n"
    "K9OZ57G/ttHp51uStKpCkXrhxhtwHvA1w/574wCcuv5aL3ExbJAtzw0A\n"
    "-----END PRIVATE KEY-----\n";
inline constexpr std::string_view kOtherPem =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgUhSFkqF/TcayUw48\n"
    "+VNW4LTkYP5GbkkobB76G3gXjLmhRANCAARywBukoE10VDEX+p2rIT9a74S4ONWA\n"
    "unO2vCDk5GTWUFdeJvVvE8YfJVP5cnM63lkDSqg2MMis20NcjOZL9z2r\n"
    "-----END PRIVATE KEY-----\n";

inline ZoneKey key_from(std::string_view pem, KeyFacts facts) {
  ZoneKey key{.facts = std::move(facts), .key = *SigningKey::from_pem(pem)};
  key.facts.tag = key_tag(dnskey_rdata(key.facts.role, key.key.public_key()));
  return key;
}

// Checks an ECDSA P-256 signature (r and s) of `bytes` with a DNSKEY's data.
inline bool verify(std::string_view dnskey, std::string_view bytes, std::string_view signature) {
  if (dnskey.size() != 68 || signature.size() != 64) return false;
  const std::string point = "\4" + std::string(dnskey.substr(4));
  const std::unique_ptr<OSSL_PARAM_BLD, decltype(&OSSL_PARAM_BLD_free)> build(OSSL_PARAM_BLD_new(), OSSL_PARAM_BLD_free);
  OSSL_PARAM_BLD_push_utf8_string(build.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
  OSSL_PARAM_BLD_push_octet_string(build.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
  const std::unique_ptr<OSSL_PARAM, decltype(&OSSL_PARAM_free)> params(OSSL_PARAM_BLD_to_param(build.get()), OSSL_PARAM_free);
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> maker(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr),
                                                                          EVP_PKEY_CTX_free);
  EVP_PKEY* raw = nullptr;
  if (EVP_PKEY_fromdata_init(maker.get()) != 1 || EVP_PKEY_fromdata(maker.get(), &raw, EVP_PKEY_PUBLIC_KEY, params.get()) != 1)
    return false;
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(raw, EVP_PKEY_free);
  const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> pair(ECDSA_SIG_new(), ECDSA_SIG_free);
  const auto half = [&](size_t at) { return BN_bin2bn(as_bytes(signature).data() + at, 32, nullptr); };
  ECDSA_SIG_set0(pair.get(), half(0), half(32));
  uint8_t* der = nullptr;
  const int der_bytes = i2d_ECDSA_SIG(pair.get(), &der);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  const bool good = EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1 &&
                    EVP_DigestVerify(context.get(), der, static_cast<size_t>(der_bytes), as_bytes(bytes).data(), bytes.size()) == 1;
  OPENSSL_free(der);
  return good;
}

struct RrsigFields {
  uint16_t covered = 0;
  uint8_t labels = 0;
  uint32_t original_ttl = 0, expiration = 0, inception = 0;
  uint16_t tag = 0;
  Name signer;
  size_t signed_bytes = 0;  // of the data before the signature
};
inline RrsigFields read_rrsig(std::string_view rdata) {
  const auto* at = as_bytes(rdata).data();
  RrsigFields out{.covered = dnswire::load16(at),
                  .labels = at[3],
                  .original_ttl = dnswire::load32(at + 4),
                  .expiration = dnswire::load32(at + 8),
                  .inception = dnswire::load32(at + 12),
                  .tag = dnswire::load16(at + 16)};
  out.signer = *Name::from_wire(rdata.substr(18, rdata.size() - 18 - 64));
  out.signed_bytes = rdata.size() - 64;
  return out;
}

// Does this RRSIG hold for the set, as it stands under the name `owner` that was asked for? A wildcard's owner is found by the labels.
inline bool rrsig_holds(std::string_view rrsig, std::string_view dnskey, Name owner, uint16_t type, RecordSet set) {
  const auto fields = read_rrsig(rrsig);
  if (fields.covered != type || fields.tag != key_tag(dnskey)) return false;
  const bool expanded = owner.labels() > fields.labels;
  while (owner.labels() > fields.labels) owner = owner.parent();
  if (expanded && !owner.push_front("*")) return false;
  set.ttl = fields.original_ttl;
  return verify(dnskey, signed_bytes(rrsig.substr(0, fields.signed_bytes), owner, type, set), rrsig.substr(fields.signed_bytes));
}

}  // namespace evershore::dns::testing_support
