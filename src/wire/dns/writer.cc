#include "wire/dns/writer.h"

#include <algorithm>
#include <functional>

#include "base/text.h"
#include "wire/dns/rdata.h"

namespace evershore::dnswire {

namespace {
// Pointers hold 14 bits; a prepared piece may still move by the length of a name.
constexpr size_t kTargetMax = 16'384 - kNameBytesMax - 1;
}  // namespace

void Writer::remember(const Name& name, size_t offset) {
  const std::string_view wire = name.wire();
  const auto begin = static_cast<uint32_t>(names_.size());
  names_ += wire;
  for (size_t at = 0; wire[at] != '\0'; at += 1 + static_cast<uint8_t>(wire[at])) {
    if (offset + at >= kTargetMax || find(wire.substr(at)) != nullptr) continue;
    know({static_cast<uint32_t>(begin + at), static_cast<uint16_t>(wire.size() - at), static_cast<uint16_t>(offset + at)});
  }
}

const Writer::Known* Writer::find(std::string_view suffix) const {
  if (slots_.empty()) {
    const auto known = std::ranges::find_if(known_, [&](const Known& it) { return name_of(it) == suffix; });
    return known == known_.end() ? nullptr : &*known;
  }
  for (size_t slot = std::hash<std::string_view>()(suffix);; ++slot) {
    const uint32_t number = slots_[slot % slots_.size()];
    if (number == 0) return nullptr;
    if (name_of(known_[number - 1]) == suffix) return &known_[number - 1];
  }
}

void Writer::know(Known known) {
  known_.push_back(known);
  if (known_.size() > kInARow && known_.size() * 2 > slots_.size()) {
    slots_.assign(known_.size() * 4, 0);
    for (uint32_t number = 0; number < known_.size(); ++number) index(number);
  } else if (!slots_.empty()) {
    index(static_cast<uint32_t>(known_.size() - 1));
  }
}

void Writer::index(uint32_t number) {
  size_t slot = std::hash<std::string_view>()(name_of(known_[number]));
  while (slots_[slot % slots_.size()] != 0) ++slot;
  slots_[slot % slots_.size()] = number + 1;
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
  const auto begin = static_cast<uint32_t>(names_.size());
  names_ += wire;
  for (size_t at = 0; wire[at] != '\0';) {
    const Known* known = find(wire.substr(at));
    if (known != nullptr && compress) {
      pointers_.push_back(static_cast<uint16_t>(bytes_.size()));
      put16(0xC000 | size_t{known->offset});
      return;
    }
    const size_t here = base_ + bytes_.size();
    if (known == nullptr && here < kTargetMax) {
      know({static_cast<uint32_t>(begin + at), static_cast<uint16_t>(wire.size() - at), static_cast<uint16_t>(here)});
    }
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
