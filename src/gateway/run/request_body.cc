#include "gateway/run/request_body.h"

#include "base/text.h"

namespace evershore::gateway {

using s3::ErrorCode;

RequestBody::RequestBody(io::HttpExchange& exchange, BodyRules rules, const s3::ChunkSeed& seed)
    : exchange_(exchange), rules_(std::move(rules)) {
  if (rules_.aws_chunked) {
    decoder_.emplace(rules_.signed_chunks ? std::optional(seed) : std::nullopt,
                     rules_.trailers ? s3::TrailerRule::kAllowed : s3::TrailerRule::kNone);
  }
  if (!rules_.sha256.empty()) sha256_.emplace(HashKind::kSha256);
  if (!rules_.md5.empty()) md5_.emplace(HashKind::kMd5);
  if (rules_.kind) checksum_.emplace(*rules_.kind);
}

std::unexpected<Error> RequestBody::refused(ErrorCode code, std::string text) {
  refusal_ = Refusal{code, text};
  return fail(Fault::kInvalid, std::string(s3::code_name(code)) + ": " + text);
}

void RequestBody::hash(std::span<const uint8_t> piece) {
  if (sha256_) sha256_->update(piece);
  if (md5_) md5_->update(piece);
  if (checksum_) checksum_->update(piece);
}

Task<Result<std::span<const uint8_t>>> RequestBody::next() {
  auto piece = decoder_ ? next_decoded() : exchange_.read_body();
  auto result = co_await std::move(piece);
  if (!result) co_return std::unexpected(std::move(result).error());
  if (result->empty()) {
    CO_TRY_VOID(check_end());
    co_return *result;
  }
  given_ += result->size();
  if (given_ > rules_.size_bytes) co_return refused(ErrorCode::kIncompleteBody, "the body is longer than announced");
  hash(*result);
  co_return *result;
}

Task<Result<std::span<const uint8_t>>> RequestBody::next_decoded() {
  while (true) {
    if (undecoded_.empty()) {
      auto read = co_await exchange_.read_body();
      if (!read) co_return std::unexpected(std::move(read).error());
      undecoded_ = *read;
      if (undecoded_.empty() && !decoder_->done()) co_return refused(ErrorCode::kIncompleteBody, "the body ends before its last chunk");
      if (undecoded_.empty()) co_return undecoded_;
    }
    // Bytes after the last chunk belong to nothing.
    if (decoder_->done()) co_return refused(ErrorCode::kIncompleteBody, "there are bytes after the last chunk");
    const auto step = decoder_->step(undecoded_);
    if (!step) {
      const bool forged = step.error().fault == Fault::kRefused;
      co_return refused(forged ? ErrorCode::kSignatureDoesNotMatch : ErrorCode::kInvalidRequest, step.error().text);
    }
    undecoded_ = undecoded_.subspan(step->consumed);
    if (!step->data.empty()) co_return step->data;
  }
}

Result<void> RequestBody::check_end() {
  if (given_ != rules_.size_bytes) return refused(ErrorCode::kIncompleteBody, "");
  if (sha256_ && to_hex(sha256_->finish_as<Sha256>()) != rules_.sha256) return refused(ErrorCode::kXAmzContentSha256Mismatch, "");
  if (md5_ && as_text(md5_->finish_as<Md5>()) != rules_.md5) return refused(ErrorCode::kBadDigest, "");
  if (!checksum_) return {};
  if (decoder_ && rules_.checksum.empty()) rules_.checksum = decoder_->trailers().get(checksum_header(*rules_.kind));
  if (checksum_->base64() != rules_.checksum) return refused(ErrorCode::kBadDigest, "");
  return {};
}

}  // namespace evershore::gateway
