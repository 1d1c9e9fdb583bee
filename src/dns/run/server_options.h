// What a DNS server is given, and what it counts: of its parts over UDP and TCP alike.
#pragma once

#include <memory>

#include "base/counter.h"
#include "base/published.h"
#include "dns/answer.h"
#include "dns/transfer_desk.h"
#include "dns/why.h"
#include "io/tls.h"

namespace evershore::dns {

struct DnsServerOptions {
  size_t tcp_connections_max = 1'000;
  size_t tcp_connections_per_client_max = 50;
  Duration tcp_idle_max = std::chrono::seconds(10);  // RFC 7766 6.2.3: from one whole query to the next; also for taking one message
  // Where zone transfers come from; outlives the server. nullptr: they are refused, signatures are passed over.
  const Published<TransferSnapshot>* transfers = nullptr;
  const Published<WhyState>* why = nullptr;          // who may ask why; outlives the server. nullptr: nobody
  size_t transfers_max = 4;                          // under way at once; each holds one message and one state of its zone
  Duration transfer_max = std::chrono::minutes(10);  // from beginning to end
  // Shared by all servers of a node, and outlive them. nullptr: no cookies, no limit.
  const dnswire::CookieSecret* cookies = nullptr;
  RateLimiter* limiter = nullptr;
  // Set: a server for TLS connections alone.
  std::shared_ptr<io::TlsServerContext> tls = nullptr;
};

// One thread writes.
struct ServedCounters {
  AnswerCounters answers;
  TransferCounters transfers;
};

// The thread of the UDP service writes.
struct alignas(64) UdpCounters {
  ServedCounters served;
  Counter ignored;  // datagrams from where no answer may go, or too long
  Counter unsent;   // answers that the socket did not take
};

// The server's loop writes.
struct alignas(64) TcpCounters {
  ServedCounters served;
  Counter connections;  // open now
  Counter refused;      // connections closed at once: too many
};

struct DnsServerCounters {
  UdpCounters udp;
  TcpCounters tcp;
};

}  // namespace evershore::dns
