// The queries that need more than a prepared answer: zone transfers, and whatever is signed. Looks at one query and says what
// to do; sends nothing, waits for nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/counter.h"
#include "dns/answer.h"
#include "dns/transfer.h"

namespace evershore::dns {

// One thread writes.
struct TransferCounters {
  Counter whole;       // AXFR answers begun, also those that answer an IXFR
  Counter steps;       // IXFR answers begun with the differences
  Counter up_to_date;  // IXFR answered with the one SOA
  Counter refused;     // transfers not allowed, or of zones not ours
  Counter busy;        // transfers not begun: too many at once
  Counter unfinished;  // transfers that the other side did not take to the end
  Counter bad_tsig;    // queries whose signature was refused
};

struct DeskQuery {
  std::span<const uint8_t> packet;
  Transport transport = Transport::kUdp;
  std::span<const uint8_t> peer;  // 4 or 16 bytes
  uint64_t now_seconds = 0;       // since 1970
};

struct DeskAnswer {
  enum class Kind : uint8_t {
    kOrdinary,  // answer() answers; `signer`, if set, then signs what it gives (sign_answer())
    kReply,     // `reply` is the whole answer
    kStream,    // `stream` gives the answer, message by message; TCP only
  } kind = Kind::kOrdinary;
  std::optional<dnswire::TsigSigner> signer;
  std::vector<uint8_t> reply;
  std::unique_ptr<TransferStream> stream;
};

// Cheap: may this query be anything but ordinary? Only then look_at() need be asked. AXFR over UDP is an ordinary refusal.
bool needs_a_look(std::span<const uint8_t> packet, const TransferSnapshot& zones, Transport transport);

DeskAnswer look_at(const DeskQuery& query, const TransferSnapshot& zones, TransferCounters& counters);

// An answer to `packet`, a sound query, that only says `rcode`. Not signed: for what has nothing to do with who asks.
std::vector<uint8_t> refusal_of(std::span<const uint8_t> packet, dnswire::Rcode rcode);

// Signs `out.first(size)`, an answer to `query` over `transport`, in place and returns its new size. What would be too long
// for the asker becomes an empty answer with TC.
size_t sign_answer(std::span<uint8_t> out, size_t size, const DeskQuery& query, dnswire::TsigSigner& signer);

}  // namespace evershore::dns
