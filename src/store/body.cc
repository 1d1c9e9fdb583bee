#include "store/body.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace evershore::store {

MemoryBody::MemoryBody(std::string bytes, size_t piece_bytes_max) : bytes_(std::move(bytes)), piece_bytes_max_(piece_bytes_max) {
  EVERSHORE_ASSERT(piece_bytes_max > 0);
}

Task<Result<std::span<const uint8_t>>> MemoryBody::next() {
  const size_t length = std::min(piece_bytes_max_, bytes_.size() - given_);
  const auto piece = as_bytes(bytes_).subspan(given_, length);
  given_ += length;
  co_return piece;
}

Task<Result<std::string>> read_whole(BodyReader& body, size_t bytes_max) {
  std::string whole;
  while (true) {
    CO_TRY(const auto piece, co_await body.next());
    if (piece.empty()) co_return whole;
    if (piece.size() > bytes_max - whole.size())
      co_return fail(Fault::kInvalid, fmt::format("the body is longer than {} bytes", bytes_max));
    whole.append(as_text(piece));
  }
}

}  // namespace evershore::store
