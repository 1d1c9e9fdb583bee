// The admin listener: the console at /, JSON API under /api/v1, /metrics, /healthz, /readyz. One loop. Who may ask what:
// console/admin_rules.h. What changes something is noted as an event, with who asked and why.
#pragma once

#include <memory>
#include <string>

#include "base/log.h"
#include "console/admin_rules.h"
#include "console/run/node_api.h"
#include "io/http_server.h"

namespace evershore::console {

class AdminServer {
 public:
  // `loop` and `api` outlive the server.
  static Result<std::unique_ptr<AdminServer>> start(io::Loop& loop, const io::Endpoint& endpoint, AdminTokens tokens, NodeApi& api,
                                                    Log log);
  ~AdminServer();
  io::Endpoint local() const;
  Task<void> drain(Mono deadline);

 private:
  AdminServer(NodeApi& api, AdminTokens tokens, Log log);
  Task<void> handle(io::HttpExchange& exchange);
  Task<void> refuse(io::HttpExchange& exchange, AdminVerdict verdict);
  Task<void> route(io::HttpExchange& exchange, Role role);
  Task<void> route_get(io::HttpExchange& exchange, std::string path);
  Task<void> route_named(io::HttpExchange& exchange, std::string path);
  Task<void> route_post(io::HttpExchange& exchange, std::string path);
  Task<void> whoami(io::HttpExchange& exchange, Role role);
  Task<void> console_file(io::HttpExchange& exchange, std::string path);
  Task<void> dns_query(io::HttpExchange& exchange);
  void note_action(const io::HttpExchange& exchange, const std::string& subject, const std::string& verb, const std::string& body);
  Task<void> prefetch(io::HttpExchange& exchange, std::string site, std::optional<std::vector<std::string>> keys);
  Task<void> sites(io::HttpExchange& exchange, std::string site, std::string verb, std::string body);
  Task<void> regions(io::HttpExchange& exchange, std::string region, std::string verb, std::string body);
  Task<void> settle_conflict(io::HttpExchange& exchange, std::string site, std::string name, std::string keep);
  Task<void> fault(io::HttpExchange& exchange, std::string region, std::string body);
  Task<void> silence(io::HttpExchange& exchange);
  Task<void> keep_drill(io::HttpExchange& exchange);
  Task<void> end_silence(io::HttpExchange& exchange, std::string id);
  Task<void> events(io::HttpExchange& exchange);
  Task<void> stream_events(io::HttpExchange& exchange);
  Task<void> zone_text(io::HttpExchange& exchange, std::string zone, ZoneForm form);
  Task<void> webhook(io::HttpExchange& exchange);
  Task<void> sync(io::HttpExchange& exchange, std::string site);

  NodeApi& api_;
  const AdminTokens tokens_;
  TokenGuard guard_;
  Log log_;
  bool draining_ = false;
  std::unique_ptr<io::HttpServer> server_;
};

}  // namespace evershore::console
