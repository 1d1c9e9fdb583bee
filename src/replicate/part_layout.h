// How the bytes of one object travel: in one piece or in the parts of its source, so that the copy gets the same ETag (S3's ETag
// of an upload in parts is the MD5 of the parts' MD5s, then "-" and their number). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/object.h"

namespace evershore::replicate {

inline constexpr uint64_t kBufferedBytesMax = 1ULL << 20;   // up to here a body is held in memory and can be sent again
inline constexpr uint64_t kSinglePutBytesMax = 5ULL << 30;  // S3: PutObject takes no more
inline constexpr uint32_t kPartsMax = 10'000;

// "...-7" -> 7; a plain ETag -> 0.
uint32_t parts_in_etag(const std::string& etag);

enum class Transfer : uint8_t {
  kBuffered,      // read whole, then one put
  kStreamed,      // one get feeds one put
  kSourceParts,   // part by part as the source has them, asked for by number
  kGuessedParts,  // in parts of part_bytes: the source is in parts, but its store cannot tell their size
  kOwnParts,      // in parts of part_bytes: too large for one put
};

struct Layout {
  Transfer transfer = Transfer::kBuffered;
  uint64_t part_bytes = 0;
  uint32_t parts = 0;
};

struct LayoutInput {
  uint64_t size_bytes = 0;
  std::string etag;
  bool source_tells_parts = false;  // StoreCapabilities::get_part_number
};

Layout choose_layout(const LayoutInput& input);

// Of part 1..layout.parts, when parts are all of part_bytes but the last.
ByteRange part_range(const Layout& layout, uint64_t size_bytes, uint32_t number);

}  // namespace evershore::replicate
