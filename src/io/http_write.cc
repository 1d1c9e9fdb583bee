#include "io/http_write.h"

#include <fmt/format.h>

#include <array>

#include "base/text.h"

namespace evershore::io {

namespace {

constexpr size_t kPiecesMax = 8;

class Gathered {
 public:
  explicit Gathered(std::span<const std::span<const uint8_t>> pieces) {
    EVERSHORE_ASSERT(pieces.size() <= kPiecesMax);
    for (const auto piece : pieces) {
      if (!piece.empty()) list_[count_++] = {const_cast<uint8_t*>(piece.data()), piece.size()};
    }
  }
  bool empty() const { return first_ == count_; }
  std::span<const iovec> rest() const { return std::span(list_).subspan(first_, count_ - first_); }
  void advance(size_t bytes) {
    while (bytes > 0) {
      iovec& front = list_[first_];
      const size_t part = std::min(bytes, front.iov_len);
      front.iov_base = static_cast<uint8_t*>(front.iov_base) + part;
      front.iov_len -= part;
      bytes -= part;
      if (front.iov_len == 0) ++first_;
    }
  }

 private:
  std::array<iovec, kPiecesMax> list_;
  size_t first_ = 0;
  size_t count_ = 0;
};

}  // namespace

Task<Result<void>> write_with_stall(Stream& stream, std::span<const std::span<const uint8_t>> pieces, Duration stall) {
  Gathered gathered(pieces);
  while (!gathered.empty()) {
    if (stream.watch().closed()) co_return fail(Fault::kClosed, "closed on this side");
    Attempt attempt = stream.try_write(gathered.rest());
    if (attempt.end == Attempt::End::kDone) {
      gathered.advance(attempt.bytes);
      continue;
    }
    if (attempt.end == Attempt::End::kEof) co_return fail(Fault::kBroken, "the peer has closed");
    if (attempt.end == Attempt::End::kError) co_return fail(Fault::kBroken, std::move(attempt.error));
    const Ready direction = attempt.end == Attempt::End::kWouldRead ? Ready::kReadable : Ready::kWritable;
    stream.set_deadline(stream.watch().loop().now() + stall);
    const WaitEnd end = co_await stream.watch().wait(direction, Known::kTriedNow);
    if (end == WaitEnd::kDeadline)
      co_return fail(Fault::kTimedOut, fmt::format("stall: the peer took no byte for {}", format_duration(stall)));
    if (end == WaitEnd::kClosed) co_return fail(Fault::kClosed, "closed on this side");
  }
  co_return Result<void>();
}

}  // namespace evershore::io
