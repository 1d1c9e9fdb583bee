// Any text as a prefix: refused, or found again at its own address.
#include "base/assert.h"
#include "dns/places.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace evershore;
  const auto prefix = dns::parse_prefix({reinterpret_cast<const char*>(data), size});
  if (!prefix) return 0;
  const dns::PlaceTable::Area area{.prefix = *prefix, .names = {"here"}};
  const auto table = dns::PlaceTable::build({&area, 1});
  const auto address = std::span(prefix->address).first(prefix->v6 ? 16 : 4);
  const auto found = table->find(address, prefix->bits);
  EVERSHORE_ASSERT(found.scope_bits <= prefix->bits);
  return 0;
}
