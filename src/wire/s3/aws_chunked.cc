#include "wire/s3/aws_chunked.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace evershore::s3 {

std::string ChunkSigner::next(const Sha256& data_hash) {
  const auto to_sign = fmt::format("AWS4-HMAC-SHA256-PAYLOAD\n{}\n{}\n{}\n{}\n{}", seed_.amz_date, seed_.scope, seed_.signature,
                                   kEmptySha256, to_hex(data_hash));
  seed_.signature = signature_of(seed_.key, to_sign);
  return seed_.signature;
}

std::string ChunkSigner::trailer(std::string_view canonical_trailers) {
  const auto to_sign = fmt::format("AWS4-HMAC-SHA256-TRAILER\n{}\n{}\n{}\n{}", seed_.amz_date, seed_.scope, seed_.signature,
                                   to_hex(sha256(canonical_trailers)));
  seed_.signature = signature_of(seed_.key, to_sign);
  return seed_.signature;
}

AwsChunkedDecoder::AwsChunkedDecoder(std::optional<ChunkSeed> seed, TrailerRule trailers) : trailer_rule_(trailers) {
  if (seed) signer_.emplace(std::move(*seed));
}

//   state         input                    becomes
//   kSizeLine     "size[;...]" > 0         kData
//   kSizeLine     "0[;...]"                kTrailerLine, chunk checked
//   kData         the chunk's last byte    kDataEnd
//   kDataEnd      empty line               kSizeLine, chunk checked
//   kTrailerLine  "name:value"             kTrailerLine
//   kTrailerLine  empty line               kDone, trailers checked
Result<AwsChunkedDecoder::Step> AwsChunkedDecoder::step(std::span<const uint8_t> input) {
  if (input.empty() || done()) return Step{};
  if (state_ != State::kData) return take_line(input);
  const auto data = input.first(static_cast<size_t>(std::min<uint64_t>(left_, input.size())));
  left_ -= data.size();
  if (signer_) hasher_.update(data);
  if (left_ == 0) state_ = State::kDataEnd;
  return Step{.consumed = data.size(), .data = data};
}

Result<AwsChunkedDecoder::Step> AwsChunkedDecoder::take_line(std::span<const uint8_t> input) {
  const auto end = std::ranges::find(input, '\n');
  const auto text = as_text(input.first(static_cast<size_t>(end - input.begin())));
  if (line_.size() + text.size() > kLineBytesMax) return fail(Fault::kInvalid, "aws-chunked: a line is too long");
  line_ += text;
  if (end == input.end()) return Step{.consumed = text.size()};
  // The trailer block of some SDKs ends its lines with a bare LF before the CRLF.
  if (line_.ends_with('\r')) line_.pop_back();
  TRY_VOID(on_line());
  line_.clear();
  return Step{.consumed = text.size() + 1};
}

Result<void> AwsChunkedDecoder::on_line() {
  if (state_ == State::kSizeLine) return on_size_line();
  if (state_ == State::kTrailerLine) return on_trailer_line();
  if (!line_.empty()) return fail(Fault::kInvalid, "aws-chunked: a chunk is longer than its size");
  return finish_chunk();
}

Result<void> AwsChunkedDecoder::on_size_line() {
  static constexpr std::string_view kExtension = "chunk-signature=";
  const auto semicolon = std::min(line_.find(';'), line_.size());
  const auto size = parse_hex_u64(std::string_view(line_).substr(0, semicolon));
  if (!size) return fail(Fault::kInvalid, "aws-chunked: a chunk's size is not a hexadecimal number");
  claimed_.clear();
  if (semicolon != line_.size()) {
    const auto extension = std::string_view(line_).substr(semicolon + 1);
    if (!extension.starts_with(kExtension)) return fail(Fault::kInvalid, "aws-chunked: unknown chunk extension");
    claimed_ = extension.substr(kExtension.size());
  }
  left_ = *size;
  last_ = left_ == 0;
  state_ = State::kData;
  return last_ ? finish_chunk() : Result<void>{};
}

Result<void> AwsChunkedDecoder::finish_chunk() {
  state_ = last_ ? State::kTrailerLine : State::kSizeLine;
  if (!signer_) return {};
  const auto expected = signer_->next(hasher_.finish_as<Sha256>());
  if (!equal_constant_time(expected, claimed_)) return fail(Fault::kRefused, "aws-chunked: a chunk's signature does not match");
  return {};
}

Result<void> AwsChunkedDecoder::on_trailer_line() {
  if (line_.empty()) {
    TRY_VOID(check_trailer_signature());
    state_ = State::kDone;
    return {};
  }
  const auto colon = line_.find(':');
  if (colon == std::string::npos || trailer_rule_ == TrailerRule::kNone || trailers_.size() == kTrailersMax) {
    return fail(Fault::kInvalid, "aws-chunked: unexpected data after the last chunk");
  }
  const auto name = to_lower(trim(std::string_view(line_).substr(0, colon)));
  const auto value = trim(std::string_view(line_).substr(colon + 1));
  trailers_.add(name, value);
  if (name != "x-amz-trailer-signature") canonical_trailers_ += fmt::format("{}:{}\n", name, value);
  return {};
}

Result<void> AwsChunkedDecoder::check_trailer_signature() {
  if (!signer_ || trailer_rule_ == TrailerRule::kNone) return {};
  if (!equal_constant_time(signer_->trailer(canonical_trailers_), trailers_.get("x-amz-trailer-signature"))) {
    return fail(Fault::kRefused, "aws-chunked: the trailers' signature does not match");
  }
  return {};
}

}  // namespace evershore::s3
