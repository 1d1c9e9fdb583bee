// Any packet as a resolver's reply, and any bytes as what a restart finds: no crash, and what is taken keeps the limits.
#include <cstddef>
#include <cstdint>

#include "base/assert.h"
#include "base/text.h"
#include "dns/lookup.h"
#include "dns/outside.h"

using namespace evershore;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const uint8_t> packet(data, size);
  // The ID is the packet's own, so that more than the first check is reached.
  const dns::LookupQuestion question{*dnswire::Name::parse("a"), dnswire::kTypeA};
  const uint16_t id = size < 2 ? 0 : static_cast<uint16_t>(data[0] << 8 | data[1]);
  const auto heard = dns::hear(packet, question, id);
  EVERSHORE_ASSERT(heard.rdata.size() <= dns::kLookupAddressesMax);
  EVERSHORE_ASSERT((heard.kind == dns::Heard::Kind::kAddresses) == !heard.rdata.empty());
  for (const auto& rdata : heard.rdata) EVERSHORE_ASSERT(rdata.size() == 4);
  dns::OutsideBook book;
  book.restore(as_text(packet));
  const auto saved = book.saved();
  dns::OutsideBook again;
  again.restore(saved);
  EVERSHORE_ASSERT(again.saved() == saved);
  return 0;
}
