#include "gateway/checksum.h"

#include "base/text.h"

namespace evershore::gateway {

std::string_view checksum_header(ChecksumKind kind) {
  switch (kind) {
    case ChecksumKind::kCrc32: return "x-amz-checksum-crc32";
    case ChecksumKind::kCrc32c: return "x-amz-checksum-crc32c";
    case ChecksumKind::kCrc64Nvme: return "x-amz-checksum-crc64nvme";
    case ChecksumKind::kSha1: return "x-amz-checksum-sha1";
    case ChecksumKind::kSha256: return "x-amz-checksum-sha256";
  }
  return "";
}

namespace {
using Tables = std::array<std::array<uint64_t, 256>, 8>;

// CRC-64/NVME: reflected polynomial 0x9A6C9329AC4BC9B5. Eight tables, eight bytes a step.
constexpr Tables make_tables() {
  Tables tables{};
  for (uint64_t i = 0; i < 256; ++i) {
    uint64_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value & 1) != 0 ? value >> 1 ^ 0x9A6C9329AC4BC9B5 : value >> 1;
    tables[0][i] = value;
  }
  for (size_t t = 1; t < 8; ++t) {
    for (size_t i = 0; i < 256; ++i) tables[t][i] = tables[t - 1][i] >> 8 ^ tables[0][tables[t - 1][i] & 255];
  }
  return tables;
}
constexpr Tables kTables = make_tables();

std::string big_endian(uint64_t value, size_t bytes) {
  std::string out;
  for (size_t i = bytes; i > 0; --i) out += static_cast<char>(value >> (8 * (i - 1)) & 255);
  return out;
}
}  // namespace

uint64_t crc64nvme(std::span<const uint8_t> bytes, uint64_t previous) {
  uint64_t value = ~previous;
  while (bytes.size() >= 8) {
    for (size_t i = 0; i < 8; ++i) value ^= static_cast<uint64_t>(bytes[i]) << (8 * i);
    uint64_t next = 0;
    for (size_t i = 0; i < 8; ++i) next ^= kTables[7 - i][value >> (8 * i) & 255];
    value = next;
    bytes = bytes.subspan(8);
  }
  for (const uint8_t byte : bytes) value = value >> 8 ^ kTables[0][(value ^ byte) & 255];
  return ~value;
}

Checksum::Checksum(ChecksumKind kind) : kind_(kind) {
  if (kind == ChecksumKind::kSha1) hasher_.emplace(HashKind::kSha1);
  if (kind == ChecksumKind::kSha256) hasher_.emplace(HashKind::kSha256);
}

void Checksum::update(std::span<const uint8_t> bytes) {
  switch (kind_) {
    case ChecksumKind::kCrc32: crc_ = crc32(bytes, static_cast<uint32_t>(crc_)); break;
    case ChecksumKind::kCrc32c: crc_ = crc32c(bytes, static_cast<uint32_t>(crc_)); break;
    case ChecksumKind::kCrc64Nvme: crc_ = crc64nvme(bytes, crc_); break;
    case ChecksumKind::kSha1:
    case ChecksumKind::kSha256: hasher_->update(bytes); break;
  }
}

std::string Checksum::base64() {
  if (kind_ == ChecksumKind::kSha1) return to_base64(hasher_->finish_as<Sha1>());
  if (kind_ == ChecksumKind::kSha256) return to_base64(hasher_->finish_as<Sha256>());
  return to_base64(as_bytes(big_endian(crc_, kind_ == ChecksumKind::kCrc64Nvme ? 8 : 4)));
}

}  // namespace evershore::gateway
