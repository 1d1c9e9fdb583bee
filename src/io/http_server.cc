#include "io/http_server.h"

#include <list>

#include "io/http_connection.h"

namespace evershore::io {

namespace {
constexpr size_t kScratchBytes = 64 * 1024;
}

struct HttpServer::Impl {
  HttpConnectionShared shared;
  std::unique_ptr<Listener> listener;
  std::list<HttpConnection*> connections;
  TaskScope scope;

  static Task<void> accept_all(Impl& impl);
  static Task<void> serve(Impl& impl, std::unique_ptr<Stream> stream, Endpoint peer);
};

Task<void> HttpServer::Impl::serve(Impl& impl, std::unique_ptr<Stream> stream, Endpoint peer) {
  HttpConnection connection(impl.shared, std::move(stream), std::move(peer));
  const auto place = impl.connections.insert(impl.connections.end(), &connection);
  co_await connection.served();
  impl.connections.erase(place);
}

Task<void> HttpServer::Impl::accept_all(Impl& impl) {
  for (;;) {
    auto accepted = co_await impl.listener->accept();
    if (!accepted) co_return;  // closed
    // Over the limit a client is told at once by a reset, and can go elsewhere; waiting would only hide it.
    if (impl.connections.size() >= impl.shared.options.connections_max) {
      accepted->stream->reset();
    } else {
      impl.scope.spawn(serve(impl, std::move(accepted->stream), std::move(accepted->peer)));
    }
  }
}

Result<std::unique_ptr<HttpServer>> HttpServer::start(Loop& loop, const Endpoint& endpoint, HttpServerOptions options,
                                                      HttpHandler handler) {
  TRY(auto listener, Listener::open(loop, endpoint));
  std::unique_ptr<HttpServer> server(new HttpServer());
  server->impl_ = std::unique_ptr<Impl>(new Impl{.shared = {.loop = loop,
                                                            .options = std::move(options),
                                                            .handler = std::move(handler),
                                                            .scratch = std::vector<uint8_t>(kScratchBytes)},
                                                 .listener = std::move(listener)});
  server->impl_->scope.spawn(Impl::accept_all(*server->impl_));
  return server;
}

HttpServer::~HttpServer() = default;

Endpoint HttpServer::local() const { return impl_->listener->local(); }
size_t HttpServer::connections() const { return impl_->connections.size(); }

Task<void> HttpServer::drain(Mono deadline) {
  Impl& impl = *impl_;
  impl.shared.draining = true;
  impl.listener->close();
  for (HttpConnection* connection : impl.connections) connection->close_when_idle();
  const TimerId timer = impl.shared.loop.call_at(deadline, [&impl] {
    for (HttpConnection* connection : impl.connections) connection->cut();
  });
  co_await impl.scope.join();
  impl.shared.loop.cancel(timer);
}

void HttpServer::replace_tls(std::shared_ptr<TlsServerContext> tls) { impl_->shared.options.tls = std::move(tls); }

}  // namespace evershore::io
