#include "io/stream.h"

#include <fmt/format.h>

#include <array>

namespace evershore::io {
namespace {

constexpr size_t kPiecesPerWrite = 64;

Error error_of(WaitEnd end) {
  if (end == WaitEnd::kDeadline) return {Fault::kTimedOut, "the deadline passed"};
  return {Fault::kClosed, "closed on this side"};
}

Ready direction_of(Attempt::End end) { return end == Attempt::End::kWouldRead ? Ready::kReadable : Ready::kWritable; }
bool must_wait(Attempt::End end) { return end == Attempt::End::kWouldRead || end == Attempt::End::kWouldWrite; }

}  // namespace

bool Stream::ReadAwaiter::step() {
  if (stream_.watch().closed()) {
    result_ = std::unexpected(error_of(WaitEnd::kClosed));
    return true;
  }
  Attempt attempt = stream_.try_read(into_);
  if (must_wait(attempt.end)) {
    direction_ = direction_of(attempt.end);
    return false;
  }
  if (attempt.end == Attempt::End::kError) {
    result_ = fail(Fault::kBroken, std::move(attempt.error));
  } else {
    result_ = attempt.end == Attempt::End::kEof ? size_t{0} : attempt.bytes;
  }
  return true;
}

bool Stream::ReadAwaiter::await_ready() { return step() && !stream_.watch().loop().should_yield(); }

void Stream::ReadAwaiter::await_suspend(std::coroutine_handle<> h) {
  handle_ = h;
  if (result_) {
    stream_.watch().loop().post([h] { h.resume(); });
  } else {
    wait();
  }
}

void Stream::ReadAwaiter::wait() {
  stream_.watch().wait_then(
      Ready::kReadable, direction_, Known::kTriedNow,
      [](void* self, WaitEnd end) {
        auto* awaiter = static_cast<ReadAwaiter*>(self);
        if (end != WaitEnd::kReady) {
          awaiter->result_ = std::unexpected(error_of(end));  // the stream may be gone: not touched
        } else if (!awaiter->step()) {
          return awaiter->wait();
        }
        awaiter->handle_.resume();
      },
      this);
}

size_t Stream::WriteAwaiter::gather(std::span<iovec> batch) const {
  size_t count = 0;
  for (size_t i = piece_; i < pieces_.size() && count < batch.size(); ++i) {
    const auto rest = pieces_[i].subspan(i == piece_ ? offset_ : 0);
    if (!rest.empty()) batch[count++] = {const_cast<uint8_t*>(rest.data()), rest.size()};
  }
  return count;
}

void Stream::WriteAwaiter::advance(size_t bytes) {
  offset_ += bytes;
  while (piece_ < pieces_.size() && offset_ >= pieces_[piece_].size()) offset_ -= pieces_[piece_++].size();
}

bool Stream::WriteAwaiter::step() {
  std::array<iovec, kPiecesPerWrite> batch;
  while (!result_) {
    const size_t count = gather(batch);
    if (count == 0) {
      result_ = Result<void>();
    } else if (stream_.watch().closed()) {
      result_ = std::unexpected(error_of(WaitEnd::kClosed));
    } else {
      Attempt attempt = stream_.try_write(std::span(batch).first(count));
      direction_ = direction_of(attempt.end);
      if (must_wait(attempt.end)) return false;
      if (attempt.end == Attempt::End::kDone) {
        advance(attempt.bytes);
      } else {
        result_ = fail(Fault::kBroken, std::move(attempt.error));
      }
    }
  }
  return true;
}

bool Stream::WriteAwaiter::await_ready() { return step() && !stream_.watch().loop().should_yield(); }

void Stream::WriteAwaiter::await_suspend(std::coroutine_handle<> h) {
  handle_ = h;
  if (result_) {
    stream_.watch().loop().post([h] { h.resume(); });
  } else {
    wait();
  }
}

void Stream::WriteAwaiter::wait() {
  stream_.watch().wait_then(
      Ready::kWritable, direction_, Known::kTriedNow,
      [](void* self, WaitEnd end) {
        auto* awaiter = static_cast<WriteAwaiter*>(self);
        if (end != WaitEnd::kReady) {
          awaiter->result_ = std::unexpected(error_of(end));
        } else if (!awaiter->step()) {
          return awaiter->wait();
        }
        awaiter->handle_.resume();
      },
      this);
}

Task<Result<void>> Stream::write_all(std::span<const std::span<const uint8_t>> pieces) {
  Result<void> written = co_await write_pieces(pieces);
  co_return written;
}

Task<Result<void>> Stream::write_all(std::span<const uint8_t> bytes) {
  Result<void> written = co_await write_pieces(std::span(&bytes, 1));
  co_return written;
}

Task<Result<void>> Stream::write_all(std::string_view text) {
  const std::span<const uint8_t> bytes(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  Result<void> written = co_await write_pieces(std::span(&bytes, 1));
  co_return written;
}

}  // namespace evershore::io
