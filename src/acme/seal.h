// What nodes share lies in buckets that anyone may be allowed to read: it is encrypted and authenticated (AES-256-GCM) under a key
// that only the nodes have, and bound to its name, so that no document can be put in another's place.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace evershore::acme {

inline constexpr size_t kSealNonceBytes = 12;
using SealNonce = std::array<uint8_t, kSealNonceBytes>;
using SealKey = std::array<uint8_t, 32>;

// From a secret of high entropy (32 random bytes), not from a password.
SealKey seal_key(std::string_view secret);
// `nonce`: random, never twice.
std::string seal(const SealKey& key, std::string_view name, std::string_view text, const SealNonce& nonce);
// kRefused: made with another key, for another name, or damaged.
Result<std::string> unseal(const SealKey& key, std::string_view name, std::string_view sealed);

}  // namespace evershore::acme
