#include "io/http_server.h"

#include <list>

#include "base/networks.h"
#include "io/connection_book.h"
#include "io/http2_connection.h"
#include "io/http_connection.h"
#include "io/proxy_reader.h"

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

  bool is_proxy(const Endpoint& peer) const;
  void take_in(Listener::Accepted accepted);
  static Task<void> accept_all(Impl& impl);
  static Task<void> serve(Impl& impl, std::unique_ptr<Stream> stream, Endpoint peer, ConnectionBook::Place place);
  static Task<bool> hear_proxy(Impl& impl, Stream& tcp, Endpoint& peer, ConnectionBook::Place& place);
  static Task<std::unique_ptr<Stream>> shake(Impl& impl, std::unique_ptr<Stream> tcp);
};

bool HttpServer::Impl::is_proxy(const Endpoint& peer) const {
  const auto& proxies = shared.options.proxies;
  return proxies && !proxies->empty() && proxies->contains(address_bytes(peer.address));
}

// False: nothing can be served. Else `peer` is the client, where the header names one.
Task<bool> HttpServer::Impl::hear_proxy(Impl& impl, Stream& tcp, Endpoint& peer, ConnectionBook::Place& place) {
  Handshake handshake(tcp);
  const auto listed = impl.connections.insert(impl.connections.end(), &handshake);
  auto client = co_await read_proxy_header(tcp, impl.shared.loop.now() + impl.shared.options.head_max);
  impl.connections.erase(listed);
  if (!client) {
    if (client.error().fault == Fault::kInvalid) impl.shared.counters.refused_proxy.add();
    tcp.reset();
    co_return false;
  }
  if (client->address.empty()) co_return true;
  peer = std::move(*client);
  if (!place || place.belongs_to(peer.address)) co_return true;
  impl.shared.counters.refused_client.add();
  tcp.reset();
  co_return false;
}

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

Task<void> HttpServer::Impl::serve(Impl& impl, std::unique_ptr<Stream> stream, Endpoint peer, ConnectionBook::Place place) {
  if (impl.is_proxy(peer)) {
    const bool heard = co_await hear_proxy(impl, *stream, peer, place);
    if (!heard) co_return;
  }
  if (impl.shared.options.tls) {
    stream = co_await shake(impl, std::move(stream));
    if (!stream) co_return;
  }
  if (stream->protocol() == "h2") {
    Http2Connection connection(impl.http2, std::move(stream), std::move(peer));
    const auto listed = impl.connections.insert(impl.connections.end(), &connection);
    co_await connection.served();
    impl.connections.erase(listed);
    co_return;
  }
  HttpConnection connection(impl.shared, std::move(stream), std::move(peer));
  const auto listed = impl.connections.insert(impl.connections.end(), &connection);
  co_await connection.served();
  impl.connections.erase(listed);
}

// Over a limit a client is told at once by a reset, and can go elsewhere; waiting would only hide it.
void HttpServer::Impl::take_in(Listener::Accepted accepted) {
  auto& counters = shared.counters;
  counters.connections.add();
  ConnectionBook::Place place;
  if (shared.options.book) place = shared.options.book->enter();
  if ((shared.options.book && !place) || connections.size() >= shared.options.connections_max) {
    counters.refused_full.add();
    return accepted.stream->reset();
  }
  // A proxy's connections are its clients'.
  if (place && !is_proxy(accepted.peer) && !place.belongs_to(accepted.peer.address)) {
    counters.refused_client.add();
    return accepted.stream->reset();
  }
  scope.spawn(serve(*this, std::move(accepted.stream), std::move(accepted.peer), std::move(place)));
}

Task<void> HttpServer::Impl::accept_all(Impl& impl) {
  for (;;) {
    auto accepted = co_await impl.listener->accept();
    if (!accepted) co_return;  // closed
    impl.take_in(std::move(*accepted));
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
const HttpServerCounters& HttpServer::counters() const { return impl_->shared.counters; }

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

void HttpServer::replace_options(HttpServerOptions options) {
  auto& present = impl_->shared.options;
  options.tls = present.tls;
  options.http2 = present.http2;
  present = std::move(options);
  ++impl_->shared.options_age;
  impl_->shared.desks.clear();
}

}  // namespace evershore::io
