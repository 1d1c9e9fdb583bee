#include "wire/dns/cookie.h"

#include <algorithm>
#include <bit>

#include "base/assert.h"
#include "wire/dns/message.h"

namespace evershore::dnswire {

namespace {

constexpr uint8_t kVersion = 1;
constexpr size_t kSealedBytes = 8;  // version, three reserved bytes, time
constexpr size_t kAddressBytesMax = 16;
// RFC 9018 4.3: an hour back, five minutes ahead; renewed after half an hour.
constexpr int32_t kSecondsBackMax = 3'600;
constexpr int32_t kSecondsAheadMax = 300;
constexpr int32_t kSecondsFresh = 1'800;

uint64_t load_little(const uint8_t* at, size_t bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < bytes; ++i) value |= uint64_t{at[i]} << (8 * i);
  return value;
}

struct SipState {
  uint64_t v0, v1, v2, v3;
  void round() {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }
  void absorb(uint64_t word) {
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  }
};

// RFC 9018 4.4: client cookie | version | reserved | time | client address.
uint64_t seal(const CookieSecret& secret, std::span<const uint8_t> client, std::span<const uint8_t> sealed,
              std::span<const uint8_t> address) {
  std::array<uint8_t, kClientCookieBytes + kSealedBytes + kAddressBytesMax> input;
  EVERSHORE_ASSERT(client.size() == kClientCookieBytes && sealed.size() == kSealedBytes && address.size() <= kAddressBytesMax);
  auto end = std::ranges::copy(client, input.begin()).out;
  end = std::ranges::copy(sealed, end).out;
  end = std::ranges::copy(address, end).out;
  return siphash24(secret, std::span(input).first(static_cast<size_t>(end - input.begin())));
}

}  // namespace

uint64_t siphash24(const CookieSecret& secret, std::span<const uint8_t> bytes) {
  const uint64_t k0 = load_little(secret.data(), 8);
  const uint64_t k1 = load_little(secret.data() + 8, 8);
  SipState state{k0 ^ 0x736F6D6570736575ULL, k1 ^ 0x646F72616E646F6DULL, k0 ^ 0x6C7967656E657261ULL, k1 ^ 0x7465646279746573ULL};
  const size_t whole = bytes.size() / 8 * 8;
  for (size_t at = 0; at < whole; at += 8) state.absorb(load_little(bytes.data() + at, 8));
  state.absorb(uint64_t{bytes.size()} << 56 | load_little(bytes.data() + whole, bytes.size() - whole));
  state.v2 ^= 0xFF;
  for (int i = 0; i < 4; ++i) state.round();
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

ServerCookie make_server_cookie(const CookieSecret& secret, std::span<const uint8_t> client, std::span<const uint8_t> address,
                                uint32_t seconds) {
  ServerCookie cookie{kVersion};
  store32(&cookie[4], seconds);
  const uint64_t hash = seal(secret, client, std::span(cookie).first(kSealedBytes), address);
  for (size_t i = 0; i < 8; ++i) cookie[kSealedBytes + i] = static_cast<uint8_t>(hash >> (8 * i));
  return cookie;
}

CookieAge check_server_cookie(const CookieSecret& secret, std::span<const uint8_t> client, std::span<const uint8_t> server,
                              std::span<const uint8_t> address, uint32_t seconds) {
  if (server.size() != kServerCookieBytes || server[0] != kVersion) return CookieAge::kForeign;
  // Serial arithmetic (RFC 1982): 2106 is no reason to turn anybody away.
  const auto age = static_cast<int32_t>(seconds - load32(&server[4]));
  if (age > kSecondsBackMax || age < -kSecondsAheadMax) return CookieAge::kForeign;
  // Not in constant time: a guess costs a query each, of 2^64.
  if (seal(secret, client, server.first(kSealedBytes), address) != load_little(&server[kSealedBytes], 8)) return CookieAge::kForeign;
  return age > kSecondsFresh ? CookieAge::kStale : CookieAge::kFresh;
}

}  // namespace evershore::dnswire
