// One core's share of the serving roles: a loop on a thread of its own with the edge's and DNS's listeners.
#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/published.h"
#include "dns/run/dns_server.h"
#include "edge/run/worker.h"
#include "io/loop.h"
#include "io/tls.h"

namespace evershore::app {

struct ServingInputs {
  edge::EdgeInputs edge;
  const Published<dns::CompiledSnapshot>& answers;
  dns::DnsServerOptions dns_options;
  edge::EvidenceSink& evidence;
  Log log;
  edge::EdgeWorker::Options edge_options;
};

// What to listen on; after the first thread has listened, with the ports the system chose.
struct ServingEndpoints {
  std::vector<io::Endpoint> edge;
  std::vector<io::Endpoint> edge_tls;
  std::vector<io::Endpoint> dns;
  std::vector<io::Endpoint> dns_tls;
  bool none() const { return edge.empty() && edge_tls.empty() && dns.empty() && dns_tls.empty(); }
};

class ServingThread {
 public:
  explicit ServingThread(ServingInputs inputs);
  ~ServingThread();  // after stop()

  // Before start(), on the caller's thread. Replaces port 0 by what was chosen. The error names the address.
  Result<void> listen(ServingEndpoints& endpoints, const std::shared_ptr<io::TlsServerContext>& tls);
  void start();
  void replace_tls(std::shared_ptr<io::TlsServerContext> tls);  // any thread
  void replace_server_options(io::HttpServerOptions options);   // any thread
  // Lets what is under way end until `grace` is over, then ends the thread. Blocks the caller.
  void stop(Duration grace);

  io::Loop& loop() { return loop_; }
  const edge::EdgeWorker& edge() const { return edge_; }
  edge::EdgeWorker& edge() { return edge_; }  // on the loop's thread
  const std::vector<std::unique_ptr<dns::DnsServer>>& dns() const { return dns_; }
  const std::vector<std::unique_ptr<dns::DnsServer>>& dns_tls() const { return dns_tls_; }

 private:
  Task<void> drain(Duration grace);

  io::Loop loop_;
  const Published<dns::CompiledSnapshot>& answers_;
  dns::DnsServerOptions dns_options_;
  edge::EdgeWorker edge_;
  std::vector<std::unique_ptr<dns::DnsServer>> dns_;
  std::vector<std::unique_ptr<dns::DnsServer>> dns_tls_;
  std::thread thread_;
};

}  // namespace evershore::app
