// Names and values as people write them: what is accepted can be written out and read again to the same bytes.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "wire/dns/name.h"
#include "wire/dns/rdata.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace evershore::dnswire;
  if (size < 2) return 0;
  const auto type = static_cast<uint16_t>(data[0] | data[1] << 8);
  const std::string_view text(reinterpret_cast<const char*>(data + 2), size - 2);
  if (const auto name = Name::parse(text)) {
    EVERSHORE_ASSERT(name->wire().size() <= kNameBytesMax);
    const auto again = Name::parse(name->text());
    EVERSHORE_ASSERT(again.has_value());
    EVERSHORE_ASSERT(again->wire() == name->wire());
  }
  if (const auto rdata = rdata_from_text(type, text)) {
    EVERSHORE_ASSERT(rdata_is_sound(type, *rdata));
    const auto again = rdata_from_text(type, rdata_to_text(type, *rdata));
    EVERSHORE_ASSERT(again == *rdata);
  }
  static_cast<void>(rdata_to_text(type, text));
  return 0;
}
