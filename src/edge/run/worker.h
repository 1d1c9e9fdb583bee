// One loop's edge, whole: listeners, cache, connections to the regions. app/ makes one a loop.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/published.h"
#include "edge/run/evidence.h"
#include "edge/run/fetcher.h"
#include "edge/run/handler.h"
#include "edge/run/http_origin.h"
#include "io/http_client.h"
#include "io/http_server.h"
#include "io/loop.h"

namespace evershore::edge {

class EdgeWorker {
 public:
  struct Options {
    io::HttpServerOptions server{};               // `tls` is set per listener
    std::shared_ptr<io::TlsClientContext> tls{};  // for https regions; null: those cannot be reached
    const io::FaultBoard* faults = nullptr;       // a drill's; outlives the worker
  };
  // All outlive the worker. On the loop's thread, like all members that do not say otherwise.
  EdgeWorker(io::Loop& loop, EdgeInputs inputs, EvidenceSink& sink, Log log, Options options);
  ~EdgeWorker();  // after drain()

  // Each loop listens on the same endpoints (SO_REUSEPORT). `tls` null = plain. With port 0: the port chosen is in the answer.
  Result<io::Endpoint> listen(const io::Endpoint& endpoint, std::shared_ptr<io::TlsServerContext> tls);
  void replace_tls(std::shared_ptr<io::TlsServerContext> tls);  // for new connections of the TLS listeners
  // What HttpServer::replace_options() takes, for all listeners.
  void replace_server_options(io::HttpServerOptions server);
  std::vector<io::Endpoint> local() const;  // in the order of listen()

  // Stops accepting, lets answers under way end until `deadline`, then resets the rest. Nothing runs afterwards.
  Task<void> drain(Mono deadline);

  Task<std::vector<Warmed>> warm_all(std::string site, std::vector<std::string> keys) {
    return handler_.warm_all(std::move(site), std::move(keys));
  }

  // Any thread.
  const EdgeCounters& counters() const { return handler_.counters(); }
  const FetchCounters& fetch_counters() const { return fetcher_.counters(); }
  void each_region(const std::function<void(std::string_view, const RegionCounters&)>& visit) const { book_.each_counters(visit); }

  // Each region's breaker and why, one line each, for `evershore explain`. Loop's thread (use io::call_on).
  std::vector<std::string> explain() const { return book_.explain(); }
  size_t connections() const;                                                               // of clients
  void each_server(const std::function<void(const io::HttpServerCounters&)>& visit) const;  // any thread
  void each_http2(const std::function<void(const io::Http2Counters&)>& visit) const;        // any thread; one call a TLS listener

 private:
  io::HttpServerOptions server_options();
  struct Server {
    std::unique_ptr<io::HttpServer> http;
    bool tls = false;
  };
  io::Loop& loop_;
  Options options_;
  PurgeDesk* purges_;
  uint64_t purge_member_ = 0;
  NewsDesk* news_;
  uint64_t news_member_ = 0;
  io::HttpClient client_;
  HttpOriginClient origin_;
  RegionBook book_;
  Fetcher fetcher_;
  Handler handler_;
  std::vector<Server> servers_;
};

}  // namespace evershore::edge
