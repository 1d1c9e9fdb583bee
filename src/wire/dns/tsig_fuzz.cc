// Any bytes as a signed message: looked through and checked without harm; what we sign ourselves, we trust.
#include <cstddef>
#include <cstdint>

#include "base/assert.h"
#include "wire/dns/message.h"
#include "wire/dns/tsig.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace evershore;
  const std::span<const uint8_t> packet(data, size);
  const dnswire::TsigKey key{*dnswire::Name::parse("k"), HmacKind::kSha256, "secret"};
  const auto tsig = dnswire::find_tsig(packet);
  if (!tsig) return 0;
  if (*tsig) {
    dnswire::check_tsig(packet, **tsig, std::span(&key, 1), "", 0);
    return 0;
  }
  std::vector<uint8_t> copy(packet.begin(), packet.end());
  if (dnswire::load16(&copy[10]) == 0xFFFF) return 0;
  dnswire::TsigSigner(key, "").sign(copy, 1'000);
  const auto again = dnswire::find_tsig(copy);
  EVERSHORE_ASSERT(again.has_value());
  EVERSHORE_ASSERT(again->has_value());
  EVERSHORE_ASSERT(dnswire::check_tsig(copy, **again, std::span(&key, 1), "", 1'000).error == dnswire::TsigError::kNone);
  return 0;
}
