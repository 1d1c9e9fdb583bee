#include "io/http_server.h"

#include <list>

#include "io/http2_connection.h"
#include "io/http_connection.h"

namespace evershore::io {

namespace {
constexpr size_t kScratchBytes = 64 * 1024;

// A connection that is still shaking hands.
class Handshake final : public ServedConnection {
 public:
  explicit Handshake(Stream& tcp) : tcp_(tcp) {}
  void close_when_idle() override { tcp_.close(); }
  void cut() override { tcp_.reset(); }

 private:
  Stream& tcp_;
};

}  // namespace

struct HttpServer::Impl {
  HttpConnectionShared shared;
  std::unique_ptr<Listener> listener;
  Http2Shared http2{shared};
  std::list<ServedConnection*> connections;
  TaskScope scope;

  static Task<void> accept_all(Impl& impl);
  static Task<void> serve(Impl& impl, std::unique_ptr<Stream> stream, Endpoint peer);
  static Task<std::unique_ptr<Stream>> shake(Impl& impl, std::unique_ptr<Stream> tcp);
};

// Null: it did not come to an agreement.
Task<std::unique_ptr<Stream>> HttpServer::Impl::shake(Impl& impl, std::unique_ptr<Stream> tcp) {
  const auto& options = impl.shared.options;
  const auto context = options.tls;  // replace_tls() may come meanwhile
  Handshake handshake(*tcp);
  const auto place = impl.connections.insert(impl.connections.end(), &handshake);
  const Alpn alpn = options.http2.enabled ? Alpn::kHttp2OrHttp1 : Alpn::kHttp1;
  auto shaken = co_await tls_accept(context, std::move(tcp), impl.shared.loop.now() + options.head_max, alpn);
  impl.connections.erase(place);
  if (!shaken) co_return nullptr;
  co_return std::move(*shaken);
}

Task<void> HttpServer::Impl::serve(Impl& impl, std::unique_ptr<Stream> stream, Endpoint peer) {
  if (impl.shared.options.tls) {
    stream = co_await shake(impl, std::move(stream));
    if (!stream) co_return;
  }
  if (stream->protocol() == "h2") {
    Http2Connection connection(impl.http2, std::move(stream), std::move(peer));
    const auto place = impl.connections.insert(impl.connections.end(), &connection);
    co_await connection.served();
    impl.connections.erase(place);
    co_return;
  }
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
const Http2Counters& HttpServer::http2() const { return impl_->http2.counters; }

Task<void> HttpServer::drain(Mono deadline) {
  Impl& impl = *impl_;
  impl.shared.draining = true;
  impl.listener->close();
  for (ServedConnection* connection : impl.connections) connection->close_when_idle();
  const TimerId timer = impl.shared.loop.call_at(deadline, [&impl] {
    for (ServedConnection* connection : impl.connections) connection->cut();
  });
  co_await impl.scope.join();
  impl.shared.loop.cancel(timer);
}

void HttpServer::replace_tls(std::shared_ptr<TlsServerContext> tls) { impl_->shared.options.tls = std::move(tls); }

}  // namespace evershore::io
