// The chunked transfer coding (RFC 9112 7.1): decoder over any split of the input, and encoder pieces.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "wire/http/head_reader.h"

namespace evershore::http {

// Extensions and trailers are checked and dropped (RFC 9112 7.1.1, 7.1.2 allow both). Bare LF, white space after the size,
// sizes of more than 15 digits and over-long extensions or trailers are refused.
class ChunkedDecoder {
 public:
  static constexpr size_t kExtensionBytesMax = 4 * 1024;  // over the whole body
  static constexpr size_t kTrailerBytesMax = 8 * 1024;

  struct Step {
    ParseState state;               // kDone: the last chunk and the trailers are read
    size_t consumed;                // of the bytes given
    std::span<const uint8_t> data;  // a part of the bytes given; may be empty
  };
  // One piece of data at most per call: call again with the rest until it says kNeedMore with everything consumed.
  Step feed(std::span<const uint8_t> bytes);
  void reset() { *this = ChunkedDecoder(); }

 private:
  enum class At : uint8_t {
    kSizeFirst,
    kSize,
    kExtension,
    kSizeLf,
    kData,
    kDataCr,
    kDataLf,
    kTrailerFirst,
    kTrailer,
    kTrailerLf,
    kEndLf,
    kDone,
    kBad
  };
  At next(uint8_t c);
  At size_digit(uint8_t c);

  At at_ = At::kSizeFirst;
  uint64_t left_ = 0;
  uint8_t digits_ = 0;
  size_t extension_bytes_ = 0;
  size_t trailer_bytes_ = 0;
};

// "1a3\r\n" without allocation, to be written before `size` bytes of data and kChunkEnd. size > 0.
struct ChunkHead {
  std::array<char, 18> bytes;
  uint8_t size = 0;
  std::string_view text() const { return {bytes.data(), size}; }
};
ChunkHead chunk_head(size_t size);
inline constexpr std::string_view kChunkEnd = "\r\n";
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";
void append_chunk(std::string& out, std::span<const uint8_t> data);  // nothing for empty data

}  // namespace evershore::http
