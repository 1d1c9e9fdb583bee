#include "edge/run/worker.h"

namespace evershore::edge {

EdgeWorker::EdgeWorker(io::Loop& loop, EdgeInputs inputs, EvidenceSink& sink, Log log, Options options)
    : loop_(loop),
      options_(std::move(options)),
      purges_(inputs.purges),
      news_(inputs.news),
      client_(loop, {.tls = options_.tls, .faults = options_.faults}),
      origin_(loop, client_, inputs.config),
      book_(loop, sink, log, BreakerRules{}),
      fetcher_(loop, origin_, book_, Fetcher::Rules{}),
      handler_(loop, fetcher_, inputs, inputs.config.read()->edge.cache_memory_bytes / inputs.config.read()->loops) {
  handler_.post_here = [handle = loop_.handle()](Callback callback) { (void)handle.post(std::move(callback)); };
  if (news_ != nullptr) news_member_ = news_->join(loop_.handle(), [this](const std::vector<KeyHasNews>& keys) { handler_.doubt(keys); });
  if (purges_ == nullptr) return;
  purge_member_ = purges_->join(loop_.handle(), [this](const std::string& key) { handler_.forget(key); });
  handler_.tell_others = [this](const std::string& key) { purges_->tell_others(purge_member_, key); };
}

EdgeWorker::~EdgeWorker() {
  if (purges_ != nullptr) purges_->leave(purge_member_);
  if (news_ != nullptr) news_->leave(news_member_);
}

io::HttpServerOptions EdgeWorker::server_options() {
  auto options = options_.server;
  options.on_refused = [this](const io::RefusedRequest& refused) { handler_.on_refused(refused); };
  return options;
}

void EdgeWorker::replace_server_options(io::HttpServerOptions server) {
  options_.server = std::move(server);
  for (auto& each : servers_) each.http->replace_options(server_options());
}

Result<io::Endpoint> EdgeWorker::listen(const io::Endpoint& endpoint, std::shared_ptr<io::TlsServerContext> tls) {
  auto options = server_options();
  options.tls = std::move(tls);
  const bool with_tls = options.tls != nullptr;
  TRY(auto server,
      io::HttpServer::start(loop_, endpoint, std::move(options), [this](io::HttpExchange& exchange) { return handler_.serve(exchange); }));
  const auto local = server->local();
  servers_.push_back({std::move(server), with_tls});
  return local;
}

void EdgeWorker::replace_tls(std::shared_ptr<io::TlsServerContext> tls) {
  for (auto& server : servers_)
    if (server.tls) server.http->replace_tls(tls);
}

std::vector<io::Endpoint> EdgeWorker::local() const {
  std::vector<io::Endpoint> endpoints;
  for (const auto& server : servers_) endpoints.push_back(server.http->local());
  return endpoints;
}

size_t EdgeWorker::connections() const {
  size_t count = 0;
  for (const auto& server : servers_) count += server.http->connections();
  return count;
}

void EdgeWorker::each_server(const std::function<void(const io::HttpServerCounters&)>& visit) const {
  for (const auto& server : servers_) visit(server.http->counters());
}

void EdgeWorker::each_http2(const std::function<void(const io::Http2Counters&)>& visit) const {
  for (const auto& server : servers_)
    if (server.tls) visit(server.http->http2());
}

Task<void> EdgeWorker::drain(Mono deadline) {
  const auto timer = loop_.call_at(deadline, [this] { fetcher_.cancel_all(); });
  TaskScope draining;
  for (auto& server : servers_) draining.spawn(server.http->drain(deadline));
  co_await draining.join();
  loop_.cancel(timer);
  fetcher_.cancel_all();  // nobody waits for what still runs
  if (purges_ != nullptr) purges_->leave(purge_member_);
  if (news_ != nullptr) news_->leave(news_member_);
  co_await handler_.close();
  co_await fetcher_.close();
}

}  // namespace evershore::edge
