// Answers DNS over UDP at one address, on a thread of its own that waits in the kernel and nowhere else
// (docs/decisions/0008-udp-threads.md). Reads the published snapshot once per batch of queries.
#pragma once

#include <memory>
#include <thread>

#include "dns/run/answerer.h"
#include "io/udp.h"

namespace evershore::dns {

class UdpService {
 public:
  // `snapshots` and `counters` outlive the service. Port 0: the system chooses one.
  static Result<std::unique_ptr<UdpService>> open(const io::Endpoint& endpoint, const Published<CompiledSnapshot>& snapshots,
                                                  const DnsServerOptions& options, UdpCounters& counters);
  ~UdpService();  // stops
  io::Endpoint local() const { return socket_->local(); }

  void start();
  // Answers what has arrived, then ends the thread: within a moment, and so a loop may call it.
  void stop();

 private:
  UdpService(std::unique_ptr<io::UdpSocket> socket, const Published<CompiledSnapshot>& snapshots, const DnsServerOptions& options,
             UdpCounters& counters);
  void serve();
  void read_batch_ahead(size_t datagrams, const CompiledSnapshot& snapshot);
  void answer_batch(size_t datagrams);
  size_t answer_datagram(size_t index, const CompiledSnapshot& snapshot, Asker& asker);

  std::unique_ptr<io::UdpSocket> socket_;
  UdpCounters& counters_;
  Answerer answerer_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace evershore::dns
