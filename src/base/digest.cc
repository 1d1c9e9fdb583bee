#include "base/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>

#include "base/assert.h"
#include "base/text.h"

namespace evershore {

namespace {
// Fetched once: an implicit fetch on each use costs more than the hash of a small object.
const EVP_MD* algorithm(HashKind kind) {
  static const EVP_MD* const kMd5 = EVP_MD_fetch(nullptr, "MD5", nullptr);
  static const EVP_MD* const kSha1 = EVP_MD_fetch(nullptr, "SHA1", nullptr);
  static const EVP_MD* const kSha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  switch (kind) {
    case HashKind::kMd5: return kMd5;
    case HashKind::kSha1: return kSha1;
    case HashKind::kSha256: return kSha256;
  }
  return kSha256;
}
}  // namespace

struct Hasher::State {
  const EVP_MD* kind;
  EVP_MD_CTX* context;
  explicit State(HashKind hash) : kind(algorithm(hash)), context(EVP_MD_CTX_new()) { start(); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { EVP_MD_CTX_free(context); }
  void start() const { EVERSHORE_ASSERT(EVP_DigestInit_ex2(context, kind, nullptr) == 1); }
};

Hasher::Hasher(HashKind kind) : state_(std::make_unique<State>(kind)) {}
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;
Hasher::~Hasher() = default;

void Hasher::update(std::span<const uint8_t> bytes) {
  EVERSHORE_ASSERT(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1);
}
void Hasher::update(std::string_view text) { update(as_bytes(text)); }

size_t Hasher::finish(std::span<uint8_t> out) {
  EVERSHORE_ASSERT(out.size() >= static_cast<size_t>(EVP_MD_get_size(state_->kind)));
  unsigned length = 0;
  EVERSHORE_ASSERT(EVP_DigestFinal_ex(state_->context, out.data(), &length) == 1);
  state_->start();
  return length;
}

Md5 md5(std::string_view bytes) {
  thread_local Hasher hasher(HashKind::kMd5);
  hasher.update(bytes);
  return hasher.finish_as<Md5>();
}

Sha256 sha256(std::string_view bytes) {
  thread_local Hasher hasher(HashKind::kSha256);
  hasher.update(bytes);
  return hasher.finish_as<Sha256>();
}

// RFC 2104. By hand over the thread's hasher: OpenSSL's HMAC() fetches the algorithm anew at each call.
Sha256 hmac_sha256(std::span<const uint8_t> key, std::string_view bytes) {
  thread_local Hasher hasher(HashKind::kSha256);
  std::array<uint8_t, 64> block{};
  if (key.size() > block.size()) {
    const auto digest = sha256(as_text(key));
    std::ranges::copy(digest, block.begin());
  } else {
    std::ranges::copy(key, block.begin());
  }
  auto padded = block;
  for (auto& byte : padded) byte ^= 0x36;
  hasher.update(padded);
  hasher.update(bytes);
  const auto inner = hasher.finish_as<Sha256>();
  padded = block;
  for (auto& byte : padded) byte ^= 0x5c;
  hasher.update(padded);
  hasher.update(inner);
  return hasher.finish_as<Sha256>();
}

namespace {
// Slicing-by-8 tables for a reflected polynomial: eight bytes a step.
using Tables = std::array<std::array<uint32_t, 256>, 8>;
constexpr Tables make_tables(uint32_t polynomial) {
  Tables tables{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value & 1) != 0 ? value >> 1 ^ polynomial : value >> 1;
    tables[0][i] = value;
  }
  for (size_t t = 1; t < 8; ++t) {
    for (uint32_t i = 0; i < 256; ++i) tables[t][i] = tables[t - 1][i] >> 8 ^ tables[0][tables[t - 1][i] & 255];
  }
  return tables;
}
constexpr Tables kCrc32 = make_tables(0xEDB88320);
constexpr Tables kCrc32c = make_tables(0x82F63B78);

uint32_t crc(const Tables& t, std::span<const uint8_t> bytes, uint32_t previous) {
  uint32_t value = ~previous;
  while (bytes.size() >= 8) {
    const uint32_t low = value ^ (bytes[0] | bytes[1] << 8 | bytes[2] << 16 | static_cast<uint32_t>(bytes[3]) << 24);
    value = t[7][low & 255] ^ t[6][low >> 8 & 255] ^ t[5][low >> 16 & 255] ^ t[4][low >> 24] ^ t[3][bytes[4]] ^ t[2][bytes[5]] ^
            t[1][bytes[6]] ^ t[0][bytes[7]];
    bytes = bytes.subspan(8);
  }
  for (const uint8_t byte : bytes) value = value >> 8 ^ t[0][(value ^ byte) & 255];
  return ~value;
}
}  // namespace

uint32_t crc32(std::span<const uint8_t> bytes, uint32_t previous) { return crc(kCrc32, bytes, previous); }
uint32_t crc32c(std::span<const uint8_t> bytes, uint32_t previous) { return crc(kCrc32c, bytes, previous); }

bool equal_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace evershore
