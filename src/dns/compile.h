// Plain zones -> every answer they can give, on the wire (see dns/snapshot.h).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "dns/plain_zone.h"
#include "dns/snapshot.h"

namespace evershore::dns {

// Where choices multiply (a choice whose options are names with a choice, and so on), a question has at most so many outcomes; what
// is beyond answers as a server without our policies would.
inline constexpr size_t kOutcomesMax = 512;

class ZoneSigner;

struct CompileOptions {
  std::string nsid;  // cut at 128 bytes
  bool client_subnet = false;
  Places places{};
  ZoneRows rows{};  // of the zones, for the query counters
  // Per zone, nullptr = not signed; may be shorter than the zones. A signed zone is complete()d, and its signer has begun this state.
  std::vector<ZoneSigner*> signers{};
};

// The zones passed load_zones() without a problem: SOA and NS stand at each apex.
std::shared_ptr<const CompiledSnapshot> compile(const std::vector<PlainZone>& zones, CompileOptions options);

}  // namespace evershore::dns
