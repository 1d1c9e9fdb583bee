// An HTTP server on one loop, HTTP/1.1 and over TLS HTTP/2: accepts, parses strictly, calls one handler per request, keeps
// connections alive.
// It knows no routes and no caches; gateway, console and edge bring the handler.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/counter.h"
#include "io/http2.h"
#include "io/stream.h"
#include "io/tls.h"
#include "wire/http/message.h"

namespace evershore {
class Networks;
}

namespace evershore::io {

class ConnectionBook;

// A request that never became one: it was answered with `status` before any handler saw it.
struct RefusedRequest {
  const Endpoint& peer;
  std::string_view tls_version;  // "" = plain
  uint8_t major_version = 1;     // of HTTP
  uint16_t status = 400;
};

struct HttpServerOptions {
  size_t connections_max = 20'000;  // of this server alone
  Duration idle_max = std::chrono::seconds(60);
  Duration head_max = std::chrono::seconds(10);  // a request head must be complete after this (slowloris)
  Duration stall = std::chrono::seconds(30);     // over so much time of waiting for it a client must take or give
  uint64_t rate_bytes_min = 0;                   // so many bytes a second, and one byte in any case; else it is dropped
  uint32_t requests_max = 0;                     // of a connection, which then closes in good order; 0 = any number
  size_t head_bytes_max = 32 * 1024;             // more: 431
  size_t request_line_bytes_max = 16 * 1024;     // more: 414
  std::shared_ptr<TlsServerContext> tls;         // set = TLS on every connection
  Http2Options http2;                            // over TLS, for clients that ask for it
  std::shared_ptr<ConnectionBook> book;          // counts connections, also those of other servers; null: nobody does
  std::shared_ptr<const Networks> proxies;       // their connections begin with a PROXY header, which names the client; null: nobody's
  std::function<void(const RefusedRequest&)> on_refused = {};
};

// One thread writes, any thread reads.
struct HttpServerCounters {
  Counter connections;     // accepted, with those refused
  Counter refused_full;    // over connections_max, or the book's limit
  Counter refused_client;  // over the book's limit for one client
  Counter refused_proxy;   // PROXY headers that were malformed, late or missing
  Counter cut_head;        // request heads that were not complete in time
  Counter cut_slow_read;   // answers that their client took too slowly (HTTP/1.1; for HTTP/2 see Http2Counters)
  Counter cut_slow_body;   // request bodies that came too slowly (the same)
};

// One request and its answer, handed to the handler; the same whether it came over HTTP/1.1 or HTTP/2. Valid until the handler's
// task ends.
class HttpExchange {
 public:
  virtual ~HttpExchange() = default;
  virtual const http::RequestHead& request() const = 0;
  virtual const Endpoint& peer() const = 0;
  virtual bool tls() const = 0;
  virtual Loop& loop() = 0;
  virtual std::string_view tls_version() const { return {}; }  // of the connection; "" = plain

  // Request body piece by piece; empty = complete. Sends 100 Continue before the first read if the client waits for it.
  // A body that breaks off: kBroken.
  virtual Task<Result<std::span<const uint8_t>>> read_body() = 0;
  // The whole body, up to `max` bytes (more: kInvalid).
  virtual Task<Result<std::string>> read_whole_body(size_t max) = 0;

  // Whole answer at once: head and body leave in one write. Adds Date (unless given), Content-Length, Connection; framing
  // fields in `head` are left out. HEAD: body is not sent but counted.
  virtual Task<Result<void>> respond(http::ResponseHead head, std::span<const uint8_t> body) = 0;
  // Streamed answer: head with an exact length (nullopt = chunked), then pieces, then finish(). For HEAD and 204/304 no piece is sent.
  virtual Task<Result<void>> start(http::ResponseHead head, std::optional<uint64_t> length) = 0;
  // The head leaves with the first piece; an empty piece sends it alone. kTimedOut, kBroken, kClosed: the client is gone.
  virtual Task<Result<void>> write(std::span<const uint8_t> piece) = 0;
  virtual Task<Result<void>> finish() = 0;  // short of the announced length is a bug (asserted): use abort()
  // The answer cannot be completed: the connection (HTTP/2: the stream) is reset, so that the client cannot take a part for the whole.
  virtual void abort() = 0;
  virtual bool started() const = 0;
  // Of the answer so far, as far as this side can tell.
  struct Sent {
    uint64_t body_bytes = 0;  // handed to the connection, in the answer's own form (not its framing)
    bool complete = false;
  };
  virtual Sent sent() const { return {}; }
};

using HttpHandler = std::function<Task<void>(HttpExchange&)>;  // a named coroutine or a call to one, never a capturing coroutine lambda

class HttpServer {
 public:
  // `handler` and `loop` outlive the server.
  static Result<std::unique_ptr<HttpServer>> start(Loop& loop, const Endpoint& endpoint, HttpServerOptions options, HttpHandler handler);
  ~HttpServer();  // after drained()
  Endpoint local() const;
  size_t connections() const;
  const Http2Counters& http2() const;          // any thread
  const HttpServerCounters& counters() const;  // any thread

  // Stops accepting; idle connections close, busy ones after their answer (Connection: close); at `deadline` the rest is cut,
  // and it returns when their handlers have.
  Task<void> drain(Mono deadline);
  void replace_tls(std::shared_ptr<TlsServerContext> tls);  // for new connections
  // All options but `tls` and `http2`, for what begins from now on.
  void replace_options(HttpServerOptions options);

 private:
  HttpServer() = default;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace evershore::io
