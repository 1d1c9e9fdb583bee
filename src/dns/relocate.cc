#include "dns/relocate.h"

#include "wire/dns/message.h"
#include "wire/dns/rdata.h"

namespace evershore::dns {

namespace {

using dnswire::load16;
using dnswire::store16;

constexpr size_t kPointerMax = 0x3FFF;
constexpr size_t kQuestionTailBytes = 4;  // type and class
constexpr size_t kRecordHeadBytes = 10;   // type, class, TTL, length

class Relocation {
 public:
  Relocation(std::span<uint8_t> message, const Placement& to) : message_(message), to_(to) {}

  bool run() {
    size_t at = to_.at;
    for (size_t i = 0; i < to_.records; ++i) {
      at = move_name(at);
      const size_t end = at + kRecordHeadBytes + load16(&message_[at + kRecordHeadBytes - 2]);
      const auto layout = dnswire::rdata_layout(load16(&message_[at]));
      size_t name = at + kRecordHeadBytes + layout.skip;
      for (size_t k = 0; layout.compress && k < layout.names && name < end; ++k) name = move_name(name);
      at = end;
    }
    return near_;
  }

 private:
  // Returns the place behind the name.
  size_t move_name(size_t at) {
    while (message_[at] != 0 && message_[at] < 0xC0) at += 1 + size_t{message_[at]};
    if (message_[at] == 0) return at + 1;
    const size_t target = moved(load16(&message_[at]) & kPointerMax);
    near_ = near_ && target <= kPointerMax;
    store16(&message_[at], 0xC000 | (target & kPointerMax));
    return at + 2;
  }

  size_t moved(size_t target) const {
    const size_t foreseen = dnswire::kHeaderBytes + to_.name_bytes + kQuestionTailBytes;
    return target < foreseen ? target - dnswire::kHeaderBytes + to_.name_at : target - foreseen + to_.at;
  }

  std::span<uint8_t> message_;
  const Placement& to_;
  bool near_ = true;
};

}  // namespace

bool relocate(std::span<uint8_t> message, const Placement& placement) { return Relocation(message, placement).run(); }

}  // namespace evershore::dns
