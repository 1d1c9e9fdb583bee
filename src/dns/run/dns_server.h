// Answers DNS on one loop, over UDP and TCP at one address, or over TLS (RFC 7858) at another. Reads the published snapshot once per batch
// of queries; never waits for anything but the network.
#pragma once

#include <memory>

#include "base/counter.h"
#include "base/published.h"
#include "dns/answer.h"
#include "dns/transfer_desk.h"
#include "dns/why.h"
#include "io/stream.h"
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

// One thread writes: the server's loop.
struct DnsServerCounters {
  AnswerCounters answers;
  TransferCounters transfers;
  Counter udp_ignored;      // datagrams from where no answer may go, or too long
  Counter udp_unsent;       // answers that the socket did not take
  Counter tcp_connections;  // open now
  Counter tcp_refused;      // connections closed at once: too many
};

class DnsServer {
 public:
  // `loop` and `snapshots` outlive the server. Port 0: the system chooses one that is free for both.
  static Result<std::unique_ptr<DnsServer>> start(io::Loop& loop, const io::Endpoint& endpoint,
                                                  const Published<CompiledSnapshot>& snapshots, DnsServerOptions options);
  ~DnsServer();  // after drain()
  io::Endpoint local() const;
  const DnsServerCounters& counters() const;
  void replace_tls(std::shared_ptr<io::TlsServerContext> tls);  // for connections to come; only where there was one from the start

  // Answers what has arrived, then closes: idle connections at once, those that are taking an answer when they have it or at
  // `deadline`.
  Task<void> drain(Mono deadline);

 private:
  DnsServer() = default;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace evershore::dns
