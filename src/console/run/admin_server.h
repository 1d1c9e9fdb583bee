// The admin listener: JSON API under /api/v1, /metrics, /healthz, /readyz. One loop. Every /api request needs the token
// (Authorization: Bearer) when one is set; cross-site browser posts are refused.
#pragma once

#include <memory>
#include <string>

#include "base/log.h"
#include "console/run/node_api.h"
#include "io/http_server.h"
#include "model/settings.h"

namespace evershore::console {

class AdminServer {
 public:
  // `loop` and `api` outlive the server.
  static Result<std::unique_ptr<AdminServer>> start(io::Loop& loop, const io::Endpoint& endpoint, Secret token, NodeApi& api, Log log);
  ~AdminServer();
  io::Endpoint local() const;
  Task<void> drain(Mono deadline);

 private:
  AdminServer(NodeApi& api, Secret token, Log log);
  Task<void> handle(io::HttpExchange& exchange);
  Task<void> route(io::HttpExchange& exchange);
  Task<void> route_get(io::HttpExchange& exchange, std::string path);
  Task<void> route_post(io::HttpExchange& exchange, std::string path);
  Task<void> prefetch(io::HttpExchange& exchange, std::string site, std::optional<std::vector<std::string>> keys);
  Task<void> sites(io::HttpExchange& exchange, std::string site, std::string verb);
  Task<void> regions(io::HttpExchange& exchange, std::string region, std::string verb);
  Task<void> fault(io::HttpExchange& exchange, std::string region, std::string body);
  Task<void> events(io::HttpExchange& exchange);
  Task<void> stream_events(io::HttpExchange& exchange);
  Task<void> zone_text(io::HttpExchange& exchange, std::string zone, ZoneForm form);
  Task<void> webhook(io::HttpExchange& exchange);
  Task<void> sync(io::HttpExchange& exchange, std::string site);
  bool authorised(const http::RequestHead& request) const;

  NodeApi& api_;
  Secret token_;
  Log log_;
  bool draining_ = false;
  std::unique_ptr<io::HttpServer> server_;
};

}  // namespace evershore::console
