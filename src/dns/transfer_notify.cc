#include "dns/transfer_notify.h"

#include <algorithm>

#include "base/text.h"
#include "wire/dns/client.h"
#include "wire/dns/message.h"
#include "wire/dns/writer.h"

namespace evershore::dns {

namespace {
constexpr uint16_t kOpcodeNotify = 4 << 11;
}

void NotifyQueue::take(const std::map<Name, TransferZone>& zones, Mono now) {
  std::erase_if(entries_, [&](const auto& entry) { return !zones.contains(entry.first); });
  for (const auto& [apex, zone] : zones) {
    const auto [at, fresh] = entries_.try_emplace(apex);
    Entry& entry = at->second;
    if (!fresh && entry.state.serial == zone.serial) continue;
    entry.state = {.serial = zone.serial, .why = entry.state.why};
    entry.next = now;
  }
}

std::vector<Name> NotifyQueue::due(Mono now) {
  std::vector<Name> out;
  for (auto& [apex, entry] : entries_) {
    if (entry.next > now) continue;
    if (entry.state.attempts > 0) entry.state.why = "no answer";
    const Duration delay = std::min<Duration>(kNotifyRetryFirst * (1U << entry.state.attempts), kNotifyRetryMax);
    ++entry.state.attempts;
    entry.next = entry.state.attempts < kNotifyAttemptsMax ? now + delay : kNever;
    out.push_back(apex);
  }
  return out;
}

Mono NotifyQueue::next() const {
  Mono soonest = kNever;
  for (const auto& [apex, entry] : entries_) soonest = std::min(soonest, entry.next);
  return soonest;
}

NotifyQueue::Entry* NotifyQueue::find(const Name& zone, uint16_t id) {
  const auto entry = entries_.find(zone);
  if (entry == entries_.end() || entry->second.id != id || entry->second.state.attempts == 0) return nullptr;
  return entry->second.state.acknowledged ? nullptr : &entry->second;
}

// RFC 1996 3.6, 3.7: the question is the zone's SOA; the answer section may hold the new one, as an unsecure hint.
std::vector<uint8_t> build_notify(const TransferZone& zone, uint16_t id) {
  const auto& apex = zone.content->apex;
  const auto& soa = zone.content->contents.at(apex).at(dnswire::kTypeSoa);
  dnswire::Writer writer(0);
  writer.put16(id);
  writer.put16(kOpcodeNotify | dnswire::kFlagAa);
  writer.put16(1);
  writer.put16(1);
  writer.put32(0);
  writer.put_name(apex, true);
  writer.put16(dnswire::kTypeSoa);
  writer.put16(dnswire::kClassIn);
  writer.put_record(apex, dnswire::kTypeSoa, soa.ttl, soa.rdata.front());
  const auto bytes = as_bytes(writer.bytes());
  return {bytes.begin(), bytes.end()};
}

std::optional<NotifyAnswer> parse_notify_answer(std::span<const uint8_t> packet) {
  const auto parsed = dnswire::parse_response(packet);
  if (!parsed || !parsed->question) return std::nullopt;
  if ((parsed->flags & (dnswire::kFlagQr | dnswire::kOpcodeMask)) != (dnswire::kFlagQr | kOpcodeNotify)) return std::nullopt;
  return NotifyAnswer{.id = parsed->id, .zone = *parsed->question, .rcode = parsed->rcode};
}

}  // namespace evershore::dns
