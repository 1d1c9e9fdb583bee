#include "wire/http/chunked.h"

#include <algorithm>
#include <charconv>

#include "base/assert.h"
#include "base/text.h"
#include "wire/http/chars.h"

namespace evershore::http {

namespace {
constexpr uint8_t kSizeDigitsMax = 15;  // below 2^60: sums cannot overflow

int hex_value(uint8_t c) {
  if (c >= '0' && c <= '9') return c - '0';
  const uint8_t lower = c | 0x20;
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}
}  // namespace

ChunkedDecoder::Step ChunkedDecoder::feed(std::span<const uint8_t> bytes) {
  size_t used = 0;
  while (used < bytes.size() && at_ != At::kDone && at_ != At::kBad) {
    if (at_ == At::kData) {
      const size_t take = static_cast<size_t>(std::min<uint64_t>(left_, bytes.size() - used));
      left_ -= take;
      if (left_ == 0) at_ = At::kDataCr;
      return {ParseState::kNeedMore, used + take, bytes.subspan(used, take)};
    }
    at_ = next(bytes[used++]);
  }
  if (at_ == At::kBad) return {ParseState::kError, used, {}};
  return {at_ == At::kDone ? ParseState::kDone : ParseState::kNeedMore, used, {}};
}

//   at            byte    becomes
//   kSizeFirst    hex     kSize
//   kSize         hex     kSize           ;  kExtension     CR  kSizeLf
//   kExtension    text    kExtension      CR kSizeLf
//   kSizeLf       LF      kData, or kTrailerFirst after a size of 0
//   kDataCr       CR      kDataLf         (kData is left when its bytes are used up)
//   kDataLf       LF      kSizeFirst
//   kTrailerFirst CR      kEndLf          text  kTrailer
//   kTrailer      text    kTrailer        CR kTrailerLf
//   kTrailerLf    LF      kTrailerFirst
//   kEndLf        LF      kDone
//   any           other   kBad
ChunkedDecoder::At ChunkedDecoder::next(uint8_t c) {
  const bool text = kFieldChars[c];
  switch (at_) {
    case At::kSizeFirst:
      left_ = 0;
      digits_ = 0;
      return hex_value(c) < 0 ? At::kBad : size_digit(c);
    case At::kSize:
      if (c == '\r') return At::kSizeLf;
      return c == ';' ? At::kExtension : size_digit(c);
    case At::kExtension:
      if (c == '\r') return At::kSizeLf;
      return text && ++extension_bytes_ <= kExtensionBytesMax ? At::kExtension : At::kBad;
    case At::kSizeLf:
      if (c != '\n') return At::kBad;
      return left_ == 0 ? At::kTrailerFirst : At::kData;
    case At::kDataCr: return c == '\r' ? At::kDataLf : At::kBad;
    case At::kDataLf: return c == '\n' ? At::kSizeFirst : At::kBad;
    case At::kTrailerFirst:
      if (c == '\r') return At::kEndLf;
      return kTokenChars[c] && ++trailer_bytes_ <= kTrailerBytesMax ? At::kTrailer : At::kBad;
    case At::kTrailer:
      if (c == '\r') return At::kTrailerLf;
      return text && ++trailer_bytes_ <= kTrailerBytesMax ? At::kTrailer : At::kBad;
    case At::kTrailerLf: return c == '\n' ? At::kTrailerFirst : At::kBad;
    case At::kEndLf: return c == '\n' ? At::kDone : At::kBad;
    default: return At::kBad;
  }
}

ChunkedDecoder::At ChunkedDecoder::size_digit(uint8_t c) {
  const int value = hex_value(c);
  if (value < 0 || ++digits_ > kSizeDigitsMax) return At::kBad;
  left_ = left_ * 16 + static_cast<uint64_t>(value);
  return At::kSize;
}

ChunkHead chunk_head(size_t size) {
  EVERSHORE_ASSERT(size > 0);
  ChunkHead head;
  char* const begin = head.bytes.data();
  char* end = std::to_chars(begin, begin + 16, size, 16).ptr;
  *end++ = '\r';
  *end++ = '\n';
  head.size = static_cast<uint8_t>(end - begin);
  return head;
}

void append_chunk(std::string& out, std::span<const uint8_t> data) {
  if (data.empty()) return;
  out += chunk_head(data.size()).text();
  out += as_text(data);
  out += kChunkEnd;
}

}  // namespace evershore::http
