#include "dns/run/answerer.h"

#include "dns/why_answer.h"

namespace evershore::dns {

Answerer::Answerer(const Published<CompiledSnapshot>& snapshots, const DnsServerOptions& options, Transport transport,
                   ServedCounters& counters)
    : snapshots_(snapshots),
      everybody_{.transport = transport,
                 .cookies = options.cookies,
                 .limiter = options.limiter,
                 .encrypted = options.tls != nullptr,
                 .keepalive_tenths = static_cast<uint16_t>(options.tcp_idle_max / std::chrono::milliseconds(100))},
      counters_(counters) {
  if (options.transfers != nullptr) transfers_.emplace(*options.transfers);
  if (options.why != nullptr) why_.emplace(*options.why);
}

Asker Answerer::asker_at(Mono now, Wall wall) const {
  using std::chrono::duration_cast;
  Asker asker = everybody_;
  asker.seconds = static_cast<uint32_t>(duration_cast<std::chrono::seconds>(wall.time_since_epoch()).count());
  asker.now_us = static_cast<uint64_t>(duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count());
  return asker;
}

size_t Answerer::answer(std::span<const uint8_t> query, const CompiledSnapshot& snapshot, Asker& asker, std::span<uint8_t> out) {
  asker.entropy = ++asked_;
  if (why_ && asks_why(query)) {
    const auto told = why_answer(query, *why_->get(), snapshot, asker.address);
    if (told != nullptr) return dns::answer(query, *told, asker, out, counters_.answers);
  }
  return dns::answer(query, snapshot, asker, out, counters_.answers);
}

bool Answerer::is_special(std::span<const uint8_t> query) {
  return transfers_ && needs_a_look(query, *transfers_->get(), everybody_.transport);
}

DeskQuery Answerer::desk_query(std::span<const uint8_t> query, const Asker& asker) const {
  return {.packet = query, .transport = everybody_.transport, .peer = asker.address, .now_seconds = asker.seconds};
}

DeskAnswer Answerer::look(std::span<const uint8_t> query, const Asker& asker) {
  return look_at(desk_query(query, asker), *transfers_->get(), counters_.transfers);
}

size_t Answerer::answer_signed(std::span<const uint8_t> query, const CompiledSnapshot& snapshot, Asker& asker, dnswire::TsigSigner& signer,
                               std::span<uint8_t> out) {
  const size_t bytes = answer(query, snapshot, asker, out);
  return bytes == 0 ? 0 : sign_answer(out, bytes, desk_query(query, asker), signer);
}

}  // namespace evershore::dns
