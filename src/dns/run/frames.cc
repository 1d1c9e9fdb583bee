#include "dns/run/frames.h"

#include <algorithm>
#include <cstring>

#include "base/assert.h"
#include "wire/dns/message.h"

namespace evershore::dns {

namespace {
constexpr size_t kLengthBytes = 2;
}

std::span<uint8_t> Frames::space() {
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  size_t wanted = kFirstBytes;
  if (end_ >= kLengthBytes) wanted = std::max(wanted, kLengthBytes + dnswire::load16(buffer_.data()));
  if (buffer_.size() < wanted) buffer_.resize(wanted);
  EVERSHORE_ASSERT(end_ < buffer_.size());  // a whole message would have been handed out
  return std::span(buffer_).subspan(end_);
}

void Frames::filled(size_t bytes) {
  EVERSHORE_ASSERT(bytes <= buffer_.size() - end_);
  end_ += bytes;
}

std::optional<std::span<const uint8_t>> Frames::next() {
  if (end_ - begin_ < kLengthBytes) return std::nullopt;
  const size_t length = dnswire::load16(&buffer_[begin_]);
  if (end_ - begin_ - kLengthBytes < length) return std::nullopt;
  const auto message = std::span<const uint8_t>(buffer_).subspan(begin_ + kLengthBytes, length);
  begin_ += kLengthBytes + length;
  return message;
}

}  // namespace evershore::dns
