#include "acme/seal.h"

#include <openssl/evp.h>

#include <algorithm>

#include "acme/openssl.h"
#include "base/assert.h"
#include "base/digest.h"
#include "base/text.h"

namespace evershore::acme {

namespace {

constexpr std::string_view kMagic = "EVSEAL1\n";
constexpr size_t kTagBytes = 16;
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, Release<EVP_CIPHER_CTX_free>>;

const uint8_t* bytes_of(std::string_view text) { return as_bytes(text).data(); }

}  // namespace

SealKey seal_key(std::string_view secret) { return hmac_sha256(as_bytes(secret), "evershore: what nodes share of certificates"); }

std::string seal(const SealKey& key, std::string_view name, std::string_view text, const SealNonce& nonce) {
  const Cipher cipher(EVP_CIPHER_CTX_new());
  std::string out(text.size(), '\0');
  std::array<uint8_t, kTagBytes> tag{};
  int size = 0;
  EVERSHORE_ASSERT(EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key.data(), nonce.data()) == 1);
  EVERSHORE_ASSERT(EVP_EncryptUpdate(cipher.get(), nullptr, &size, bytes_of(name), static_cast<int>(name.size())) == 1);
  EVERSHORE_ASSERT(
      EVP_EncryptUpdate(cipher.get(), reinterpret_cast<uint8_t*>(out.data()), &size, bytes_of(text), static_cast<int>(text.size())) == 1);
  EVERSHORE_ASSERT(EVP_EncryptFinal_ex(cipher.get(), tag.data(), &size) == 1);
  EVERSHORE_ASSERT(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, tag.data()) == 1);
  return std::string(kMagic) + std::string(as_text(nonce)) + out + std::string(as_text(tag));
}

Result<std::string> unseal(const SealKey& key, std::string_view name, std::string_view sealed) {
  if (!sealed.starts_with(kMagic) || sealed.size() < kMagic.size() + kSealNonceBytes + kTagBytes) {
    return fail(Fault::kRefused, "it is no sealed document");
  }
  const auto nonce = sealed.substr(kMagic.size(), kSealNonceBytes);
  const auto body = sealed.substr(kMagic.size() + kSealNonceBytes, sealed.size() - kMagic.size() - kSealNonceBytes - kTagBytes);
  std::string tag(sealed.substr(sealed.size() - kTagBytes));
  const Cipher cipher(EVP_CIPHER_CTX_new());
  std::string out(body.size(), '\0');
  std::array<uint8_t, kTagBytes> rest{};
  int size = 0;
  const bool good =
      EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key.data(), bytes_of(nonce)) == 1 &&
      EVP_DecryptUpdate(cipher.get(), nullptr, &size, bytes_of(name), static_cast<int>(name.size())) == 1 &&
      EVP_DecryptUpdate(cipher.get(), reinterpret_cast<uint8_t*>(out.data()), &size, bytes_of(body), static_cast<int>(body.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(cipher.get(), rest.data(), &size) == 1;
  if (!good) return fail(Fault::kRefused, "it is damaged, or was sealed with another secret");
  return out;
}

}  // namespace evershore::acme
