#include "dns/transfer_desk.h"

#include <algorithm>
#include <cstring>

#include "base/text.h"
#include "wire/dns/client.h"
#include "wire/dns/message.h"
#include "wire/dns/rdata.h"

namespace evershore::dns {

namespace {

using dnswire::kHeaderBytes;
using dnswire::load16;
using dnswire::Query;
using dnswire::Rcode;
using dnswire::store16;
using dnswire::TsigCheck;
using dnswire::TsigError;
using dnswire::TsigRecord;
using dnswire::TsigSigner;
using Kind = DeskAnswer::Kind;

constexpr size_t kSoaSerialFromEnd = 20;

// An answer without records.
std::vector<uint8_t> empty_answer(const DeskQuery& asked, const Query& query, Rcode rcode) {
  std::vector<uint8_t> out(kHeaderBytes);
  store16(&out[0], query.id);
  const auto copied = query.flags & (dnswire::kOpcodeMask | dnswire::kFlagRd | dnswire::kFlagCd);
  store16(&out[2], static_cast<size_t>(dnswire::kFlagQr | copied | static_cast<uint16_t>(rcode)));
  store16(&out[4], query.question_bytes > 0 ? 1 : 0);
  const auto question = asked.packet.subspan(kHeaderBytes, query.question_bytes);
  out.insert(out.end(), question.begin(), question.end());
  return out;
}

DeskAnswer reply(std::vector<uint8_t> message) { return {.kind = Kind::kReply, .signer = {}, .reply = std::move(message), .stream = {}}; }

DeskAnswer signed_reply(std::vector<uint8_t> message, std::optional<TsigSigner>& signer, uint64_t now_seconds) {
  if (signer) signer->sign(message, now_seconds);
  return reply(std::move(message));
}

// RFC 8945 5.3.2: what cannot be trusted is answered NOTAUTH, with the reason in an unsigned record; only a wrong clock is told so
// under the key.
DeskAnswer refuse_signature(const DeskQuery& asked, const Query& query, const TsigRecord& tsig, const TsigCheck& check) {
  if (check.error == TsigError::kFormErr) return reply(empty_answer(asked, query, Rcode::kFormErr));
  auto message = empty_answer(asked, query, Rcode::kNotAuth);
  if (check.error == TsigError::kBadTime) {
    TsigSigner(*check.key, tsig.mac).sign_bad_time(message, tsig.signed_at, asked.now_seconds);
  } else {
    dnswire::append_unsigned_tsig(message, tsig, check.error);
  }
  return reply(std::move(message));
}

// The serial that the asker of an IXFR has (RFC 1995 3).
std::optional<uint32_t> serial_asked(std::span<const uint8_t> packet, const Name& zone) {
  const auto parsed = dnswire::parse_response(packet);
  if (!parsed || parsed->authorities.empty()) return std::nullopt;
  const auto& soa = parsed->authorities.front();
  if (soa.type != dnswire::kTypeSoa || soa.owner != zone || !dnswire::rdata_is_sound(soa.type, soa.rdata)) return std::nullopt;
  return dnswire::load32(as_bytes(soa.rdata).data() + soa.rdata.size() - kSoaSerialFromEnd);
}

// What the zone has for one who asks; nullptr: the query makes no sense.
std::unique_ptr<RecordSource> source_for(const DeskQuery& asked, uint16_t type, const TransferZone& zone, TransferCounters& counters) {
  if (type == dnswire::kTypeAxfr) {
    counters.whole.add();
    return whole_zone(zone.content);
  }
  const auto serial = serial_asked(asked.packet, zone.content->apex);
  if (!serial) return nullptr;
  // RFC 1995 2: nothing newer, or a datagram, which asks again over TCP when it learns the new serial.
  if (asked.transport == Transport::kUdp || !serial_after(zone.serial, *serial)) {
    counters.up_to_date.add();
    return soa_alone(zone.content);
  }
  if (auto steps = zone.journal.since(*serial)) {
    counters.steps.add();
    return differences(zone.content, *std::move(steps));
  }
  counters.whole.add();
  return whole_zone(zone.content);
}

DeskAnswer transfer(const DeskQuery& asked, const Query& query, const TransferSnapshot& zones, const dnswire::TsigKey* key,
                    std::optional<TsigSigner> signer, TransferCounters& counters) {
  const auto question = asked.packet.subspan(kHeaderBytes, query.question_bytes);
  const auto name = Name::from_wire(as_text(question.first(query.name_bytes)));
  if (!name || !zones.rules.allow(asked.peer, key)) {
    counters.refused.add();
    return signed_reply(empty_answer(asked, query, Rcode::kRefused), signer, asked.now_seconds);
  }
  const auto zone = zones.zones.find(*name);
  if (zone == zones.zones.end()) {
    counters.refused.add();
    return signed_reply(empty_answer(asked, query, Rcode::kNotAuth), signer, asked.now_seconds);
  }
  auto source = source_for(asked, query.type, zone->second, counters);
  if (source == nullptr) return signed_reply(empty_answer(asked, query, Rcode::kFormErr), signer, asked.now_seconds);
  TransferStream::Request request{
      .question = {question.begin(), question.end()}, .id = query.id, .flags = query.flags, .edns = query.edns.present};
  auto stream = std::make_unique<TransferStream>(std::move(request), std::move(source), std::move(signer));
  if (asked.transport == Transport::kUdp) return reply(stream->next(asked.now_seconds));
  return {.kind = Kind::kStream, .signer = {}, .reply = {}, .stream = std::move(stream)};
}

}  // namespace

bool needs_a_look(std::span<const uint8_t> packet, const TransferSnapshot& zones, Transport transport) {
  if (packet.size() < kHeaderBytes) return false;
  if (transport == Transport::kTcp) return true;
  // An IXFR has a SOA in its authority section; a signed query has its record in the additional one.
  return load16(&packet[8]) != 0 || (!zones.rules.keys.empty() && load16(&packet[10]) != 0);
}

DeskAnswer look_at(const DeskQuery& asked, const TransferSnapshot& zones, TransferCounters& counters) {
  Query query;
  if (dnswire::parse_query(asked.packet, query) != dnswire::Verdict::kOk) return {};
  const bool axfr = query.type == dnswire::kTypeAxfr && asked.transport == Transport::kTcp;
  const bool wanted = (axfr || query.type == dnswire::kTypeIxfr) && query.klass == dnswire::kClassIn;
  // Without any key of ours, a signature on an ordinary query means nothing to us and is passed over.
  if (!wanted && zones.rules.keys.empty()) return {};
  const auto tsig = dnswire::find_tsig(asked.packet);
  if (!tsig) return reply(empty_answer(asked, query, Rcode::kFormErr));
  const dnswire::TsigKey* key = nullptr;
  std::optional<TsigSigner> signer;
  if (*tsig) {
    const auto check = dnswire::check_tsig(asked.packet, **tsig, zones.rules.keys, {}, asked.now_seconds);
    if (check.error != TsigError::kNone) {
      counters.bad_tsig.add();
      return refuse_signature(asked, query, **tsig, check);
    }
    key = check.key;
    signer.emplace(*key, (*tsig)->mac);
  }
  if (wanted) return transfer(asked, query, zones, key, std::move(signer), counters);
  return {.kind = Kind::kOrdinary, .signer = std::move(signer), .reply = {}, .stream = {}};
}

std::vector<uint8_t> refusal_of(std::span<const uint8_t> packet, Rcode rcode) {
  Query query;
  dnswire::parse_query(packet, query);
  return empty_answer({.packet = packet}, query, rcode);
}

size_t sign_answer(std::span<uint8_t> out, size_t size, const DeskQuery& asked, TsigSigner& signer) {
  Query query;
  if (dnswire::parse_query(asked.packet, query) != dnswire::Verdict::kOk) return size;
  size_t limit = std::min(out.size(), dnswire::kMessageBytesMax);
  if (asked.transport == Transport::kUdp) {
    const size_t payload = query.edns.present ? query.edns.payload_bytes : 0;
    limit = std::min(limit, std::clamp(payload, dnswire::kUdpBytesWithoutEdns, kUdpAnswerBytesMax));
  }
  std::vector<uint8_t> message(out.begin(), out.begin() + static_cast<ptrdiff_t>(size));
  if (size + signer.record_bytes() > limit) {
    message = empty_answer(asked, query, static_cast<Rcode>(out[3] & 0xF));
    message[2] |= dnswire::kFlagTc >> 8;
  }
  signer.sign(message, asked.now_seconds);
  if (message.size() > out.size()) return 0;
  std::ranges::copy(message, out.begin());
  return message.size();
}

}  // namespace evershore::dns
