#include "acme/key.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <array>

#include "acme/jws.h"
#include "acme/openssl.h"
#include "base/assert.h"
#include "base/digest.h"
#include "base/text.h"

namespace evershore::acme {

namespace {

constexpr size_t kHalfBytes = 32;

std::string coordinate(EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  EVERSHORE_ASSERT(EVP_PKEY_get_bn_param(key, name, &number) == 1);
  std::array<uint8_t, kHalfBytes> bytes{};
  const int size = BN_bn2binpad(number, bytes.data(), kHalfBytes);
  BN_free(number);
  EVERSHORE_ASSERT(size == kHalfBytes);
  return base64url(as_text(bytes));
}

bool is_p256(EVP_PKEY* key) {
  std::array<char, 64> group{};
  size_t length = 0;
  if (EVP_PKEY_is_a(key, "EC") != 1) return false;
  return EVP_PKEY_get_group_name(key, group.data(), group.size(), &length) == 1 &&
         (std::string_view(group.data(), length) == "prime256v1" || std::string_view(group.data(), length) == "P-256");
}

// DER's two numbers as r and s of fixed length.
std::string fixed_length(std::span<const uint8_t> der) {
  const auto* at = der.data();
  const std::unique_ptr<ECDSA_SIG, Release<ECDSA_SIG_free>> pair(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  EVERSHORE_ASSERT(pair != nullptr);
  std::array<uint8_t, 2 * kHalfBytes> out{};
  BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), out.data(), kHalfBytes);
  BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), out.data() + kHalfBytes, kHalfBytes);
  return std::string(as_text(out));
}

}  // namespace

Result<Key> Key::make() {
  auto native = std::make_shared<Native>(Native{KeyPtr(EVP_EC_gen("P-256"))});
  if (!native->key) return fail(Fault::kBroken, "OpenSSL cannot make an ECDSA P-256 key");
  return Key(std::move(native));
}

Result<Key> Key::from_pem(std::string_view pem) {
  const auto bio = reading(pem);
  auto native = std::make_shared<Native>(Native{KeyPtr(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr))});
  if (!native->key) return fail(Fault::kInvalid, "there is no private key in PEM form");
  if (!is_p256(native->key.get())) return fail(Fault::kInvalid, "the private key is none of ECDSA P-256");
  return Key(std::move(native));
}

std::string Key::pem() const {
  const auto bio = writing();
  EVERSHORE_ASSERT(PEM_write_bio_PrivateKey(bio.get(), native_->key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return written(bio.get());
}

std::string Key::jwk() const {
  auto* key = native_->key.get();
  return fmt::format(R"({{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}})", coordinate(key, OSSL_PKEY_PARAM_EC_PUB_X),
                     coordinate(key, OSSL_PKEY_PARAM_EC_PUB_Y));
}

std::string Key::thumbprint() const { return base64url(as_text(sha256(jwk()))); }

std::string Key::sign(std::string_view text) const {
  const std::unique_ptr<EVP_MD_CTX, Release<EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
  EVERSHORE_ASSERT(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, native_->key.get()) == 1);
  std::array<uint8_t, 128> der{};
  size_t size = der.size();
  EVERSHORE_ASSERT(EVP_DigestSign(context.get(), der.data(), &size, as_bytes(text).data(), text.size()) == 1);
  return fixed_length(std::span(der).first(size));
}

std::unique_ptr<X509_EXTENSION, Release<X509_EXTENSION_free>> names_extension(std::span<const std::string> names) {
  std::string list;
  for (const auto& name : names) list += (list.empty() ? "DNS:" : ",DNS:") + name;
  return std::unique_ptr<X509_EXTENSION, Release<X509_EXTENSION_free>>(
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, list.c_str()));
}

// RFC 8555 7.4: the names in the subjectAltName alone; a common name could be too short for them.
Result<std::string> Key::request_for(std::span<const std::string> names) const {
  const std::unique_ptr<X509_REQ, Release<X509_REQ_free>> request(X509_REQ_new());
  auto extension = names_extension(names);
  STACK_OF(X509_EXTENSION)* extensions = sk_X509_EXTENSION_new_null();
  const bool filled = request && extension && extensions != nullptr && sk_X509_EXTENSION_push(extensions, extension.get()) == 1 &&
                      X509_REQ_add_extensions(request.get(), extensions) == 1 &&
                      X509_REQ_set_pubkey(request.get(), native_->key.get()) == 1 &&
                      X509_REQ_sign(request.get(), native_->key.get(), EVP_sha256()) > 0;
  sk_X509_EXTENSION_free(extensions);
  if (!filled) return fail(Fault::kInvalid, fmt::format("OpenSSL makes no certificate request for {}", fmt::join(names, ", ")));
  uint8_t* der = nullptr;
  const int size = i2d_X509_REQ(request.get(), &der);
  EVERSHORE_ASSERT(size > 0);
  std::string out(reinterpret_cast<const char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return out;
}

}  // namespace evershore::acme
