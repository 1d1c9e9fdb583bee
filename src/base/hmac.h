// HMAC (RFC 2104) over the SHA-2 family, by OpenSSL's libcrypto; values only, no I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace evershore {

enum class HmacKind : uint8_t { kSha256, kSha384, kSha512 };

inline constexpr size_t hmac_bytes(HmacKind kind) { return kind == HmacKind::kSha256 ? 32 : kind == HmacKind::kSha384 ? 48 : 64; }

// hmac_bytes(kind) bytes. For comparing use equal_constant_time() (base/digest.h).
std::string hmac(HmacKind kind, std::string_view key, std::string_view bytes);

}  // namespace evershore
