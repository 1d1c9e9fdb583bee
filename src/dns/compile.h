// Plain zones -> every answer they can give, on the wire (see dns/snapshot.h).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dns/name_tree.h"
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
  std::vector<uint8_t> outcomes{};       // as CompiledSnapshot::outcomes
  std::vector<uint16_t> counter_rows{};  // per zone, of the query counters (ZoneRegister)
  // Per zone, nullptr = not signed; may be shorter than the zones. A signed zone is complete()d, has no packed records, and its signer
  // has begun this state.
  std::vector<ZoneSigner*> signers{};
};

// Compiles one state after the other of zones whose names stay the same. What no state changes is compiled once: the names whose
// records are packed, but for those that lead to names in `contents`. The zones passed load_zones() without a problem: SOA and NS
// stand at each apex, in `contents`. One thread's; the snapshots are for everybody.
class ZoneCompiler {
 public:
  explicit ZoneCompiler(NameTree& tree);  // which outlives it and was not compiled before
  std::shared_ptr<const CompiledSnapshot> compile(CompileOptions options);
  // How many names are compiled for each state, and the number of one of them; nullopt: it is none, as glue.
  size_t varying() const { return varying_.size(); }
  std::optional<size_t> number_of(const Name& name) const;

 private:
  NameTree& tree_;
  std::vector<uint32_t> varying_;  // numbers in the table
};

// One state alone.
std::shared_ptr<const CompiledSnapshot> compile(const std::vector<PlainZone>& zones, CompileOptions options);

}  // namespace evershore::dns
