// A response that is being read: its head is there, its body still on the wire. For http_client.cc.
#pragma once

#include <vector>

#include "io/http_pool.h"
#include "wire/http/chunked.h"

namespace evershore::io {

class StreamingResponse final : public HttpResponse {
 public:
  // A body that comes quickly is read in large pieces: fewer calls, and fewer wake-ups of both peers. One that waits for a slow
  // client holds little memory.
  static constexpr size_t kBufferBytes = 64 << 10;
  static constexpr size_t kFastBufferBytes = 256 << 10;

  struct Parts {
    HttpPool* pool = nullptr;  // null: the connection is not kept
    HttpOrigin origin;
    std::unique_ptr<Stream> stream;
    http::ResponseHead head;
    http::BodyKind kind = http::BodyKind::kNone;
    Duration stall = {};
    Duration time_to_first_byte = {};
    const FaultBoard* faults = nullptr;  // see HttpClient::Options
  };
  // `early`: body bytes that came with the head.
  StreamingResponse(Parts parts, std::vector<uint8_t> early);

  const http::ResponseHead& head() const override { return parts_.head; }
  Task<Result<std::span<const uint8_t>>> next() override { return next_into({}); }
  Task<Result<std::span<const uint8_t>>> next_into(std::span<uint8_t> room) override;
  Duration time_to_first_byte() const override { return parts_.time_to_first_byte; }
  void cancel() override;

 private:
  using Piece = std::span<const uint8_t>;
  enum class Found : uint8_t { kPiece, kNeedMore, kComplete, kBad };
  Found take_piece(Piece& piece);
  void complete();
  std::unexpected<Error> broken(Error error);
  FaultMode fault() const;
  Task<Result<void>> suffer(FaultMode fault);
  Error short_body() const;
  size_t read_bytes_max() const;
  void note_pace(size_t bytes);
  std::span<uint8_t> place_for(std::span<uint8_t> room);

  Parts parts_;
  http::ChunkedDecoder decoder_;
  uint64_t left_ = 0;  // kLength
  std::vector<uint8_t> early_;
  std::unique_ptr<uint8_t[]> buffer_;  // made when more than `early_` is needed
  size_t buffer_bytes_ = 0;
  size_t piece_bytes_ = kBufferBytes;  // how much to read at once
  uint64_t paced_bytes_ = 0;           // since `paced_since_`
  Mono paced_since_{};
  Piece input_;  // not yet used part of either
  bool complete_ = false;
  std::optional<Error> error_;
};

}  // namespace evershore::io
