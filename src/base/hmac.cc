#include "base/hmac.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/assert.h"
#include "base/text.h"

namespace evershore {

namespace {
const EVP_MD* digest_of(HmacKind kind) {
  switch (kind) {
    case HmacKind::kSha256: return EVP_sha256();
    case HmacKind::kSha384: return EVP_sha384();
    case HmacKind::kSha512: return EVP_sha512();
  }
  return EVP_sha256();
}
}  // namespace

std::string hmac(HmacKind kind, std::string_view key, std::string_view bytes) {
  std::string out(hmac_bytes(kind), '\0');
  const auto data = as_bytes(bytes);
  unsigned length = 0;
  const auto* done = HMAC(digest_of(kind), key.data(), static_cast<int>(key.size()), data.data(), data.size(),
                          reinterpret_cast<unsigned char*>(out.data()), &length);
  EVERSHORE_ASSERT(done != nullptr);
  EVERSHORE_ASSERT(length == out.size());
  return out;
}

}  // namespace evershore
