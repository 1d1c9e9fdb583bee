#include "app/serving_thread.h"

namespace evershore::app {

ServingThread::ServingThread(ServingInputs inputs)
    : answers_(inputs.answers),
      dns_options_(inputs.dns_options),
      edge_(loop_, inputs.edge, inputs.evidence, inputs.log.named("edge"), inputs.edge_options) {}

ServingThread::~ServingThread() { EVERSHORE_ASSERT(!thread_.joinable()); }

Result<void> ServingThread::listen(ServingEndpoints& endpoints, const std::shared_ptr<io::TlsServerContext>& tls) {
  const auto listen_edge = [this](io::Endpoint& endpoint, const std::shared_ptr<io::TlsServerContext>& context,
                                  std::string_view what) -> Result<void> {
    auto local = edge_.listen(endpoint, context);
    if (!local) return wrap(std::move(local).error(), std::string(what) + " " + format_endpoint(endpoint));
    endpoint = *local;
    return {};
  };
  for (auto& endpoint : endpoints.edge) TRY_VOID(listen_edge(endpoint, nullptr, "edge.listen"));
  for (auto& endpoint : endpoints.edge_tls) TRY_VOID(listen_edge(endpoint, tls, "edge.listen_tls"));
  const auto listen_dns = [this](io::Endpoint& endpoint, const std::shared_ptr<io::TlsServerContext>& context,
                                 std::string_view what) -> Result<void> {
    auto options = dns_options_;
    options.tls = context;
    auto server = dns::DnsServer::start(loop_, endpoint, answers_, std::move(options));
    if (!server) return wrap(std::move(server).error(), std::string(what) + " " + format_endpoint(endpoint));
    endpoint = (*server)->local();
    (context == nullptr ? dns_ : dns_tls_).push_back(std::move(*server));
    return {};
  };
  for (auto& endpoint : endpoints.dns) TRY_VOID(listen_dns(endpoint, nullptr, "dns.listen"));
  for (auto& endpoint : endpoints.dns_tls) TRY_VOID(listen_dns(endpoint, tls, "dns.listen_tls"));
  return {};
}

void ServingThread::start() {
  thread_ = std::thread([this] { loop_.run(); });
}

void ServingThread::replace_tls(std::shared_ptr<io::TlsServerContext> tls) {
  loop_.post([this, tls = std::move(tls)]() mutable {
    for (auto& server : dns_tls_) server->replace_tls(tls);
    edge_.replace_tls(std::move(tls));
  });
}

void ServingThread::replace_server_options(io::HttpServerOptions options) {
  loop_.post([this, options = std::move(options)]() mutable { edge_.replace_server_options(std::move(options)); });
}

Task<void> ServingThread::drain(Duration grace) {
  const Mono deadline = loop_.now() + grace;
  for (auto& server : dns_) co_await server->drain(deadline);
  for (auto& server : dns_tls_) co_await server->drain(deadline);
  co_await edge_.drain(deadline);
}

namespace {
Task<void> then_stop(io::Loop& loop, Task<void> work) {
  co_await std::move(work);
  loop.stop();
}
}  // namespace

void ServingThread::stop(Duration grace) {
  if (!thread_.joinable()) {
    loop_.run_until_done(drain(grace));
    return;
  }
  loop_.post([this, grace] { spawn_detached(then_stop(loop_, drain(grace))); });
  thread_.join();
}

}  // namespace evershore::app
