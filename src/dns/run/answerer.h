// One thread's way to an answer: its views of what is published, and its counters.
#pragma once

#include <optional>

#include "dns/run/server_options.h"

namespace evershore::dns {

class Answerer {
 public:
  // All outlive the answerer; `options` are copied from.
  Answerer(const Published<CompiledSnapshot>& snapshots, const DnsServerOptions& options, Transport transport, ServedCounters& counters);

  // The present snapshot: read once for a batch of queries. The reference is good until the next call.
  const CompiledSnapshot& snapshot() { return *snapshots_.get(); }
  // What all who ask now have in common.
  Asker asker_at(Mono now, Wall wall) const;

  // The ordinary answer. 0 = stay silent.
  size_t answer(std::span<const uint8_t> query, const CompiledSnapshot& snapshot, Asker& asker, std::span<uint8_t> out);

  // Cheap: may this be a zone transfer or a signed query? Only then is look() to be asked.
  bool is_special(std::span<const uint8_t> query);
  DeskAnswer look(std::span<const uint8_t> query, const Asker& asker);
  // answer(), signed for a query that look() has found a signer for.
  size_t answer_signed(std::span<const uint8_t> query, const CompiledSnapshot& snapshot, Asker& asker, dnswire::TsigSigner& signer,
                       std::span<uint8_t> out);

 private:
  DeskQuery desk_query(std::span<const uint8_t> query, const Asker& asker) const;

  Published<CompiledSnapshot>::Reader snapshots_;
  std::optional<Published<TransferSnapshot>::Reader> transfers_;
  std::optional<Published<WhyState>::Reader> why_;
  const Asker everybody_;
  ServedCounters& counters_;
  uint64_t asked_ = 0;  // queries so far: weighted answers are drawn by it, with what the client brings
};

}  // namespace evershore::dns
