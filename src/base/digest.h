// Hashes over bytes, by OpenSSL's libcrypto; values only, no I/O.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace evershore {

using Md5 = std::array<uint8_t, 16>;
using Sha1 = std::array<uint8_t, 20>;
using Sha256 = std::array<uint8_t, 32>;

enum class HashKind : uint8_t { kMd5, kSha1, kSha256 };

// Incremental hash; reusable after finish(). Movable. One thread.
class Hasher {
 public:
  explicit Hasher(HashKind kind);
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;
  ~Hasher();
  void update(std::span<const uint8_t> bytes);
  void update(std::string_view text);
  // Writes the digest (16, 20 or 32 bytes) to the front of `out` and starts anew. Returns its length.
  size_t finish(std::span<uint8_t> out);
  template <class Digest>
  Digest finish_as() {
    Digest digest;
    finish(digest);
    return digest;
  }

 private:
  struct State;
  std::unique_ptr<State> state_;
};

Md5 md5(std::string_view bytes);
Sha256 sha256(std::string_view bytes);
Sha256 hmac_sha256(std::span<const uint8_t> key, std::string_view bytes);

// S3's checksum algorithms CRC-32 (IEEE) and CRC-32C; pass the previous value to go on.
uint32_t crc32(std::span<const uint8_t> bytes, uint32_t previous = 0);
uint32_t crc32c(std::span<const uint8_t> bytes, uint32_t previous = 0);

// Equal in time that does not depend on where they differ.
bool equal_constant_time(std::string_view a, std::string_view b);

}  // namespace evershore
