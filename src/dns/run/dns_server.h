// Answers DNS over UDP and TCP at one address, or over TLS (RFC 7858) at another: UDP on a thread of its own (udp_service.h), the others
// on a loop. Reads the published snapshot once per batch of queries; never waits for anything but the network.
#pragma once

#include <memory>

#include "dns/run/server_options.h"
#include "io/stream.h"

namespace evershore::dns {

class DnsServer {
 public:
  // `loop` and `snapshots` outlive the server. Port 0: the system chooses one that is free for both. Nothing is answered before the
  // loop runs.
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
