// One query in, one answer out: all work was done when the snapshot was compiled.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/counter.h"
#include "dns/query_counters.h"
#include "dns/rate_limit.h"
#include "dns/snapshot.h"
#include "wire/dns/cookie.h"

namespace evershore::dns {

inline constexpr size_t kUdpAnswerBytesMax = 1'232;  // never fragmented, on any path (DNS flag day 2020)

enum class Transport : uint8_t { kUdp, kTcp };

// Who asks. Nothing but records with a policy depends on the address and the entropy.
struct Asker {
  Transport transport = Transport::kUdp;
  std::span<const uint8_t> address{};              // 4 or 16 bytes; empty: unknown, nowhere
  uint64_t entropy = 0;                            // another number for each query: weighted answers are drawn by it and the query's ID
  const dnswire::CookieSecret* cookies = nullptr;  // nullptr: cookies are passed over
  uint32_t seconds = 0;                            // since 1970, for cookies
  RateLimiter* limiter = nullptr;                  // for answers over UDP to clients without a cookie of ours; nullptr: no limit
  bool encrypted = false;                          // over TLS: answers are padded for clients that ask for it (RFC 7830)
  uint64_t now_us = 0;                             // never goes back, for the limiter
  uint16_t keepalive_tenths = 0;                   // over TCP: how long an idle connection is kept (RFC 7828), in tenths of a second
};

// One thread writes.
struct AnswerCounters {
  Counter queries_udp;              // queries answered or dropped
  Counter queries_tcp;              //
  std::array<Counter, 7> by_rcode;  // answers by code, NOERROR to YXDOMAIN
  Counter bad_version;              // answers BADVERS and BADCOOKIE
  Counter dropped;                  // queries not worth an answer: too short, or answers themselves
  Counter truncated;                // answers with TC
  Counter proven;                   // queries with a good cookie of ours
  Counter limited;                  // answers over the rate limit: left out, or cut down to a TC
  OutcomeCounters by_outcome;       // sound queries for names in our zones
  QueryCounters by_zone_and_type;   // sound queries; names in none of our zones in the first row
};

// Answers `query` into `out` and returns the answer's size; 0 = stay silent. Does not allocate. `out` does not overlap
// `query` and holds at least kUdpAnswerBytesMax bytes.
// Weighted answers are drawn anew for each query; a rotating one is always the same for one client address; those by place go by the
// client's subnet if the snapshot heeds that option (RFC 7871), else by the address that asks.
// Over the rate limit an answer is left out or reduced to a TC (RateLimiter); a cookie of ours exempts its client, since it was heard
// where it says it is (RFC 7873 5.2.4).
// UDP: at most what the client takes and kUdpAnswerBytesMax. TCP: at most out.size(). Whole record sets are left out, with TC.
size_t answer(std::span<const uint8_t> query, const CompiledSnapshot& snapshot, const Asker& asker, std::span<uint8_t> out,
              AnswerCounters& counters);

// Should a datagram from there be answered at all? Not ports that answer whatever comes (echo, chargen, ...), not
// multicast, broadcast or the unspecified address: the answer would hit bystanders.
// `address` is 4 or 16 bytes.
bool worth_answering(std::span<const uint8_t> address, uint16_t port);

}  // namespace evershore::dns
