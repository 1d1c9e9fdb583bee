#include "wire/dns/writer.h"

#include "base/text.h"
#include "wire/dns/rdata.h"

namespace evershore::dnswire {

namespace {
// Pointers hold 14 bits; a prepared piece may still move by the length of a name.
constexpr size_t kTargetMax = 16'384 - kNameBytesMax - 1;
}  // namespace

void Writer::remember(const Name& name, size_t offset) {
  const std::string_view wire = name.wire();
  for (size_t at = 0; wire[at] != '\0'; at += 1 + static_cast<uint8_t>(wire[at])) {
    if (offset + at < kTargetMax) offsets_.try_emplace(std::string(wire.substr(at)), offset + at);
  }
}

void Writer::put16(size_t value) {
  put8(static_cast<uint8_t>(value >> 8));
  put8(static_cast<uint8_t>(value));
}

void Writer::put32(uint32_t value) {
  put16(value >> 16);
  put16(value & 0xFFFF);
}

void Writer::put_name(const Name& name, bool compress) {
  const std::string_view wire = name.wire();
  for (size_t at = 0; wire[at] != '\0';) {
    const auto suffix = wire.substr(at);
    const auto known = offsets_.find(suffix);
    if (known != offsets_.end() && compress) {
      pointers_.push_back(static_cast<uint16_t>(bytes_.size()));
      put16(0xC000 | known->second);
      return;
    }
    const size_t here = base_ + bytes_.size();
    if (known == offsets_.end() && here < kTargetMax) offsets_.emplace(suffix, here);
    const size_t take = 1 + size_t{static_cast<uint8_t>(wire[at])};
    put(wire.substr(at, take));
    at += take;
  }
  put8(0);
}

void Writer::put_record(const Name& owner, uint16_t type, uint32_t ttl, std::string_view rdata) {
  put_name(owner, true);
  put_after_owner(type, ttl, rdata);
}

void Writer::put_record_of_question(uint16_t type, uint32_t ttl, std::string_view rdata) {
  put16(0xC000 | kHeaderBytes);
  put_after_owner(type, ttl, rdata);
}

void Writer::put_after_owner(uint16_t type, uint32_t ttl, std::string_view rdata) {
  put16(type);
  put16(kClassIn);
  put32(ttl);
  const size_t length_at = bytes_.size();
  put16(0);
  const auto layout = rdata_layout(type);
  if (layout.names == 0 || !rdata_is_sound(type, rdata)) {
    put(rdata);
  } else {
    put(rdata.substr(0, layout.skip));
    size_t at = layout.skip;
    for (size_t i = 0; i < layout.names; ++i) {
      const size_t end = skip_name(as_bytes(rdata), at);
      put_name(*Name::from_wire(rdata.substr(at, end - at)), layout.compress);
      at = end;
    }
    put(rdata.substr(at));
  }
  const size_t length = bytes_.size() - length_at - 2;
  bytes_[length_at] = static_cast<char>(length >> 8);
  bytes_[length_at + 1] = static_cast<char>(length);
}

}  // namespace evershore::dnswire
