// The aws-chunked content coding: hex-size[;chunk-signature=SIG] CRLF data CRLF ... 0 CRLF [trailers] CRLF.
// docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html and sigv4-streaming-trailers.html
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "wire/http/message.h"
#include "wire/s3/sigv4.h"

namespace evershore::s3 {

// Signs chunk after chunk; each signature covers the one before. Starts at the request's own signature.
class ChunkSigner {
 public:
  explicit ChunkSigner(ChunkSeed seed) : seed_(std::move(seed)) {}
  std::string next(const Sha256& data_hash);
  // `canonical_trailers`: "name:value\n" for each, names lower case, in the order sent.
  std::string trailer(std::string_view canonical_trailers);

 private:
  ChunkSeed seed_;
};

enum class TrailerRule : uint8_t { kNone, kAllowed };

// Decodes any split of the input without copying the data. One body, one thread.
class AwsChunkedDecoder {
 public:
  // `seed` set: every chunk's signature (and the trailers') is verified. The data of a chunk is handed out before its
  // signature can be checked: nothing may be made visible until done().
  AwsChunkedDecoder(std::optional<ChunkSeed> seed, TrailerRule trailers);

  struct Step {
    size_t consumed = 0;
    std::span<const uint8_t> data;  // a part of the input; may be empty
  };
  // Consumes at least one byte of a non-empty input unless done(). kInvalid: malformed; kRefused: a wrong signature.
  Result<Step> step(std::span<const uint8_t> input);
  bool done() const { return state_ == State::kDone; }
  const http::Headers& trailers() const { return trailers_; }

  static constexpr size_t kLineBytesMax = 1024, kTrailersMax = 16;

 private:
  enum class State : uint8_t { kSizeLine, kData, kDataEnd, kTrailerLine, kDone };

  Result<void> on_line();
  Result<void> on_size_line();
  Result<void> on_trailer_line();
  Result<void> finish_chunk();
  Result<void> check_trailer_signature();
  Result<Step> take_line(std::span<const uint8_t> input);

  std::optional<ChunkSigner> signer_;
  TrailerRule trailer_rule_;
  State state_ = State::kSizeLine;
  std::string line_;  // of the present line, without its end
  uint64_t left_ = 0;
  bool last_ = false;  // the chunk of size 0
  std::string claimed_;
  Hasher hasher_{HashKind::kSha256};
  http::Headers trailers_;
  std::string canonical_trailers_;
};

}  // namespace evershore::s3
