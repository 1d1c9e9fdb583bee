#include "replicate/part_layout.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace evershore::replicate {

namespace {
constexpr uint64_t kMiB = 1ULL << 20;

uint64_t divide_up(uint64_t a, uint64_t b) { return (a + b - 1) / b; }

// What upload tools use by default comes first: AWS CLI 8, Go SDK and rclone 5, s3cmd 15, then the rest.
uint64_t guess_part_bytes(uint64_t size_bytes, uint32_t parts) {
  static constexpr std::array<uint64_t, 14> kUsualMiB{8, 5, 15, 16, 10, 32, 64, 100, 50, 25, 20, 128, 256, 512};
  for (const uint64_t mib : kUsualMiB) {
    if (divide_up(size_bytes, mib * kMiB) == parts) return mib * kMiB;
  }
  const uint64_t even = divide_up(size_bytes, parts);
  const uint64_t rounded = divide_up(even, kMiB) * kMiB;
  return divide_up(size_bytes, rounded) == parts ? rounded : even;
}
}  // namespace

uint32_t parts_in_etag(const std::string& etag) {
  const auto dash = etag.rfind('-');
  if (dash == std::string::npos) return 0;
  const auto parts = parse_u64(std::string_view(etag).substr(dash + 1));
  return parts && *parts >= 1 && *parts <= kPartsMax ? static_cast<uint32_t>(*parts) : 0;
}

Layout choose_layout(const LayoutInput& input) {
  const uint32_t parts = parts_in_etag(input.etag);
  if (parts > 0 && input.size_bytes >= parts) {
    if (input.source_tells_parts) return {Transfer::kSourceParts, 0, parts};
    const uint64_t part_bytes = guess_part_bytes(input.size_bytes, parts);
    return {Transfer::kGuessedParts, part_bytes, static_cast<uint32_t>(divide_up(input.size_bytes, part_bytes))};
  }
  if (input.size_bytes <= kBufferedBytesMax) return {Transfer::kBuffered, 0, 0};
  if (input.size_bytes <= kSinglePutBytesMax) return {Transfer::kStreamed, 0, 0};
  const uint64_t part_bytes = std::max(64 * kMiB, divide_up(divide_up(input.size_bytes, kPartsMax), kMiB) * kMiB);
  return {Transfer::kOwnParts, part_bytes, static_cast<uint32_t>(divide_up(input.size_bytes, part_bytes))};
}

ByteRange part_range(const Layout& layout, uint64_t size_bytes, uint32_t number) {
  const uint64_t first = (number - 1) * layout.part_bytes;
  return {first, std::min(layout.part_bytes, size_bytes - first)};
}

}  // namespace evershore::replicate
