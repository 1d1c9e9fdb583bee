// S3's additional checksums: over a whole body, base64 of the big-endian value.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/digest.h"

namespace evershore::gateway {

enum class ChecksumKind : uint8_t { kCrc32, kCrc32c, kCrc64Nvme, kSha1, kSha256 };
inline constexpr std::array kChecksumKinds{ChecksumKind::kCrc32, ChecksumKind::kCrc32c, ChecksumKind::kCrc64Nvme, ChecksumKind::kSha1,
                                           ChecksumKind::kSha256};
std::string_view checksum_header(ChecksumKind kind);  // "x-amz-checksum-crc32"

class Checksum {
 public:
  explicit Checksum(ChecksumKind kind);
  void update(std::span<const uint8_t> bytes);
  std::string base64();

 private:
  ChecksumKind kind_;
  uint64_t crc_ = 0;
  std::optional<Hasher> hasher_;
};

uint64_t crc64nvme(std::span<const uint8_t> bytes, uint64_t previous);

}  // namespace evershore::gateway
