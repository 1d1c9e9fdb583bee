// A key's file may hold anything: it is read, or refused with a reason.
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "dns/keys.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto key = evershore::dns::parse_key_file({reinterpret_cast<const char*>(data), size});
  EVERSHORE_ASSERT(key.has_value() || !key.error().text.empty());
  return 0;
}
