#include "store/s3_bodies.h"

#include <fmt/format.h>

namespace evershore::store {

Task<Result<std::span<const uint8_t>>> S3Body::next() {
  CO_TRY(const auto piece, co_await response_->next());
  if (piece.size() > left_) co_return fail(Fault::kBroken, fmt::format("the body is {} bytes longer than announced", piece.size() - left_));
  if (piece.empty() && left_ > 0) co_return fail(Fault::kBroken, fmt::format("the body ended {} bytes early", left_));
  left_ -= piece.size();
  co_return piece;
}

std::unexpected<Error> UploadSource::give_up(Error error) {
  failure_ = error;
  return std::unexpected(std::move(error));
}

Task<Result<std::span<const uint8_t>>> UploadSource::next() {
  auto piece = co_await body_.next();
  if (!piece) co_return give_up(std::move(piece).error());
  if (piece->size() > left_)
    co_return give_up({Fault::kInvalid, fmt::format("the body is {} bytes longer than announced", piece->size() - left_)});
  if (piece->empty() && left_ > 0) co_return give_up({Fault::kInvalid, fmt::format("the body ended {} bytes early", left_)});
  left_ -= piece->size();
  co_return *piece;
}

}  // namespace evershore::store
