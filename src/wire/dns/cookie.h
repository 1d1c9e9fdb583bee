// DNS cookies: proof that a client can hear us (RFC 7873), in the form that all nodes with one secret understand (RFC 9018).
// Pure and without allocation; seconds are those since 1970, cut to 32 bits.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace evershore::dnswire {

inline constexpr size_t kClientCookieBytes = 8;
inline constexpr size_t kServerCookieBytes = 16;
inline constexpr size_t kServerCookieBytesMax = 32;  // RFC 7873 4: of anybody's, 8 to 32
inline constexpr size_t kCookieBytes = kClientCookieBytes + kServerCookieBytes;

using CookieSecret = std::array<uint8_t, 16>;
using ServerCookie = std::array<uint8_t, kServerCookieBytes>;

// `client`: 8 bytes; `address`: the client's, 4 or 16 bytes.
ServerCookie make_server_cookie(const CookieSecret& secret, std::span<const uint8_t> client, std::span<const uint8_t> address,
                                uint32_t seconds);

// RFC 9018 4.3. A stale one proves the client, too, but it is given a new one.
enum class CookieAge : uint8_t { kForeign, kStale, kFresh };
CookieAge check_server_cookie(const CookieSecret& secret, std::span<const uint8_t> client, std::span<const uint8_t> server,
                              std::span<const uint8_t> address, uint32_t seconds);

// SipHash-2-4 (Aumasson, Bernstein 2012); the result as the algorithm's bytes in order, first byte lowest.
uint64_t siphash24(const CookieSecret& secret, std::span<const uint8_t> bytes);

}  // namespace evershore::dnswire
