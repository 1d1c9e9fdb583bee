#include "io/http_write.h"

#include <fmt/format.h>

#include <array>

#include "base/text.h"
#include "io/tcp_progress.h"

namespace evershore::io {

namespace {

constexpr size_t kPiecesMax = 8;
// By one system call, which goes on as long as the peer makes room. More than a turn: a block and its head are one write.
constexpr size_t kBytesPerWrite = kBytesPerTurn + 32 * 1024;
constexpr Duration kLookEvery = std::chrono::seconds(1);  // at a client that takes nothing

class Gathered {
 public:
  explicit Gathered(std::span<const std::span<const uint8_t>> pieces) {
    EVERSHORE_ASSERT(pieces.size() <= kPiecesMax);
    for (const auto piece : pieces) {
      if (!piece.empty()) list_[count_++] = {const_cast<uint8_t*>(piece.data()), piece.size()};
      left_ += piece.size();
    }
  }
  bool empty() const { return first_ == count_; }
  std::span<const iovec> rest() const { return std::span(list_).subspan(first_, count_ - first_); }
  // What comes next of it, at most `most` bytes; `room` holds the list where it is another one.
  std::span<const iovec> some(size_t most, std::array<iovec, kPiecesMax>& room) const {
    if (left_ <= most) return rest();
    size_t count = 0;
    for (size_t i = first_; most > 0; ++i) {
      room[count] = list_[i];
      room[count].iov_len = std::min(most, room[count].iov_len);
      most -= room[count++].iov_len;
    }
    return std::span(room).first(count);
  }
  void advance(size_t bytes) {
    left_ -= bytes;
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
  size_t left_ = 0;
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

Task<Result<void>> write_at_pace(Stream& stream, std::span<const std::span<const uint8_t>> pieces, ClientPace& pace, PaceRules rules,
                                 WriteTally tally) {
  Gathered gathered(pieces);
  Loop& loop = stream.watch().loop();
  auto& [written, turn_from] = tally;
  while (!gathered.empty()) {
    if (written - turn_from >= kBytesPerTurn) {
      co_await yield(loop);
      turn_from = written;
    }
    if (stream.watch().closed()) co_return fail(Fault::kClosed, "closed on this side");
    std::array<iovec, kPiecesMax> room;
    Attempt attempt = stream.try_write(gathered.some(kBytesPerWrite, room));
    if (attempt.end == Attempt::End::kDone) {
      gathered.advance(attempt.bytes);
      written += attempt.bytes;
      continue;
    }
    if (attempt.end == Attempt::End::kEof) co_return fail(Fault::kBroken, "the peer has closed");
    if (attempt.end == Attempt::End::kError) co_return fail(Fault::kBroken, std::move(attempt.error));
    const Ready direction = attempt.end == Attempt::End::kWouldRead ? Ready::kReadable : Ready::kWritable;
    const Mono begun = loop.now();
    if (!pace.measuring()) pace.begin(acknowledged_bytes(stream.watch().fd()).value_or(written));
    stream.set_deadline(begun + std::min(pace.left(rules), kLookEvery));
    const WaitEnd end = co_await stream.watch().wait(direction, Known::kTriedNow);
    if (end == WaitEnd::kClosed) co_return fail(Fault::kClosed, "closed on this side");
    turn_from = written;
    pace.add_wait(loop.now() - begun);
    if (pace.due(rules)) {
      const bool enough = pace.judge(rules, acknowledged_bytes(stream.watch().fd()).value_or(written));
      if (!enough) co_return fail(Fault::kTimedOut, fmt::format("stall: the peer took too little in {}", format_duration(rules.window)));
    }
    if (end == WaitEnd::kDeadline) keep_unsent_low(stream.watch().fd());
  }
  co_return Result<void>();
}

}  // namespace evershore::io
