#include "io/http_response.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/sync.h"
#include "base/text.h"

namespace evershore::io {

using http::BodyKind;

StreamingResponse::StreamingResponse(Parts parts, std::vector<uint8_t> early)
    : parts_(std::move(parts)), early_(std::move(early)), input_(early_) {
  left_ = parts_.head.content_length.value_or(0);
  if (parts_.kind == BodyKind::kNone || (parts_.kind == BodyKind::kLength && left_ == 0)) complete();
}

// Bytes beyond the body were not asked for: such a connection is not used again.
void StreamingResponse::complete() {
  complete_ = true;
  const bool keep = parts_.pool != nullptr && parts_.head.keep_alive && parts_.kind != BodyKind::kUntilClose && input_.empty();
  if (keep && !parts_.stream->watch().closed()) parts_.pool->give(parts_.origin, std::move(parts_.stream));
  parts_.stream.reset();
}

std::unexpected<Error> StreamingResponse::broken(Error error) {
  parts_.stream.reset();
  error_ = std::move(error);
  return std::unexpected(*error_);
}

Error StreamingResponse::short_body() const {
  if (parts_.kind == BodyKind::kChunked) return {Fault::kBroken, "the chunked body broke off before its last chunk"};
  const uint64_t announced = parts_.head.content_length.value_or(0);
  return {Fault::kBroken, fmt::format("the body broke off after {} of {} bytes", announced - left_, announced)};
}

StreamingResponse::Found StreamingResponse::take_piece(Piece& piece) {
  if (input_.empty()) return Found::kNeedMore;
  if (parts_.kind == BodyKind::kChunked) {
    const auto step = decoder_.feed(input_);
    input_ = input_.subspan(step.consumed);
    if (step.state == http::ParseState::kError) return Found::kBad;
    if (step.state == http::ParseState::kDone) return Found::kComplete;
    piece = step.data;
    return piece.empty() ? Found::kNeedMore : Found::kPiece;
  }
  size_t size = input_.size();
  if (parts_.kind == BodyKind::kLength) {
    size = static_cast<size_t>(std::min<uint64_t>(left_, size));
    left_ -= size;
  }
  piece = input_.first(size);
  input_ = input_.subspan(size);
  // The connection is free as soon as the last byte is in, not only when the reader asks again.
  if (parts_.kind == BodyKind::kLength && left_ == 0) complete();
  return Found::kPiece;
}

size_t StreamingResponse::read_bytes_max() const {
  return parts_.kind == BodyKind::kLength ? static_cast<size_t>(std::min<uint64_t>(left_, piece_bytes_)) : piece_bytes_;
}

void StreamingResponse::note_pace(size_t bytes) {
  constexpr uint64_t kLookBytes = 1 << 20;
  constexpr Duration kFastWithin = Millis(100);
  const Mono now = parts_.stream->watch().loop().now();
  if (paced_bytes_ == 0) paced_since_ = now;
  paced_bytes_ += bytes;
  if (paced_bytes_ < kLookBytes) return;
  piece_bytes_ = now - paced_since_ <= kFastWithin ? kFastBufferBytes : kBufferBytes;
  paced_bytes_ = 0;
}

FaultMode StreamingResponse::fault() const {
  if (parts_.faults == nullptr || parts_.faults->quiet()) return FaultMode::kNone;
  return parts_.faults->mode(fmt::format("{}:{}", parts_.origin.host, parts_.origin.port));
}

// A drill's fault under a running body: it breaks, or nothing more comes until the fault or the patience is over.
Task<Result<void>> StreamingResponse::suffer(FaultMode mode) {
  if (mode == FaultMode::kDown || mode == FaultMode::kCut) co_return fail(Fault::kBroken, "drill: the connection broke");
  Loop& loop = parts_.stream->watch().loop();
  const Mono deadline = loop.now() + parts_.stall;
  while (fault() == FaultMode::kBlackhole && !error_) {
    if (loop.now() >= deadline) co_return fail(Fault::kTimedOut, "drill: no byte of the body any more");
    co_await sleep_for(loop, Millis(20));
  }
  co_return Result<void>();
}

std::span<uint8_t> StreamingResponse::place_for(std::span<uint8_t> room) {
  if (parts_.kind == BodyKind::kLength && !room.empty()) return room.first(static_cast<size_t>(std::min<uint64_t>(left_, room.size())));
  const size_t wanted = read_bytes_max();
  if (buffer_bytes_ < wanted || buffer_bytes_ > piece_bytes_) {
    buffer_.reset();  // before the new one: never both
    buffer_ = std::make_unique_for_overwrite<uint8_t[]>(wanted);
    buffer_bytes_ = wanted;
  }
  return {buffer_.get(), wanted};
}

Task<Result<std::span<const uint8_t>>> StreamingResponse::next_into(std::span<uint8_t> room) {
  if (error_) co_return std::unexpected(*error_);
  while (!complete_) {
    Piece piece;
    const Found found = take_piece(piece);
    if (found == Found::kPiece) co_return piece;
    if (found == Found::kBad) co_return broken({Fault::kBroken, "the chunked body is malformed"});
    if (found == Found::kComplete) {
      complete();
      break;
    }
    if (!input_.empty()) continue;
    if (const FaultMode mode = fault(); mode != FaultMode::kNone) {
      auto survived = co_await suffer(mode);
      if (error_) co_return std::unexpected(*error_);
      if (!survived) co_return broken(survived.error());
    }
    const auto place = place_for(room);
    parts_.stream->set_deadline(parts_.stream->watch().loop().now() + parts_.stall);
    const auto got = co_await parts_.stream->read_some(place);
    if (!got && got.error().fault == Fault::kTimedOut) {
      co_return broken({Fault::kTimedOut, fmt::format("stall: no byte of the body for {}", format_duration(parts_.stall))});
    }
    if (!got) co_return broken(got.error());
    if (*got == 0 && parts_.kind != BodyKind::kUntilClose) co_return broken(short_body());
    note_pace(*got);
    if (*got == 0) complete();
    input_ = place.first(*got);
  }
  co_return Piece{};
}

void StreamingResponse::cancel() {
  if (complete_ || error_) return;
  error_ = Error{Fault::kClosed, "given up"};
  // A pending next() ends with kClosed; it lets the stream go.
  if (parts_.stream) parts_.stream->close();
}

}  // namespace evershore::io
