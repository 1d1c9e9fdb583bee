// An HTTP/1.1 client: a pool of kept connections per origin, one request at a time on each, bodies streamed both ways.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "io/fault_board.h"
#include "io/stream.h"
#include "io/tls.h"
#include "wire/http/message.h"

namespace evershore::io {

// Where requests go. `host` is also the default Host header (with the port unless it is the scheme's own).
struct HttpOrigin {
  bool tls = false;
  std::string host;
  uint16_t port = 80;
  TlsFiles tls_files{};  // where the client's own context is not the one to use; connections are kept apart by them
  std::string host_header() const;
  auto operator<=>(const HttpOrigin&) const = default;
};
struct HttpUrl {
  HttpOrigin origin;
  std::string target;  // path and query, "/" at least
};
Result<HttpUrl> parse_http_url(std::string_view url);  // http:// and https://

// Addresses of a name, in the order to try them.
using Resolve = std::function<Task<Result<std::vector<std::string>>>(std::string host, Mono deadline)>;

struct HttpTimeouts {
  Duration connect = std::chrono::seconds(2);      // includes the name look-up and TLS
  Duration first_byte = std::chrono::seconds(30);  // from the request's last byte to the response head
  Duration stall = std::chrono::seconds(30);       // between two pieces of a body, either direction
};

class HttpBodySource {
 public:
  virtual ~HttpBodySource() = default;
  virtual Task<Result<std::span<const uint8_t>>> next() = 0;  // empty = end
};

struct HttpRequest {
  std::string method = "GET";
  std::string target = "/";          // as it goes on the wire
  http::Headers headers;             // Host is added when missing; Content-Length from body_bytes
  std::string body;                  // small bodies
  HttpBodySource* source = nullptr;  // or a streamed one of exactly source_bytes
  uint64_t source_bytes = 0;
  bool expect_continue = false;  // wait for 100 Continue before sending a streamed body
};

// A response whose body is still on the wire. Destroying it before the end closes the connection; after the end the
// connection goes back to the pool. Must not outlive its HttpClient.
class HttpResponse {
 public:
  virtual ~HttpResponse() = default;
  virtual const http::ResponseHead& head() const = 0;
  // Next piece; empty = complete. A connection that ends before the announced length: kBroken, never an empty piece.
  virtual Task<Result<std::span<const uint8_t>>> next() = 0;
  virtual Duration time_to_first_byte() const = 0;
  // The same, and reads straight into `room` where that is possible: then the piece lies there.
  virtual Task<Result<std::span<const uint8_t>>> next_into(std::span<uint8_t> room) = 0;
  // Ends a pending next() with kClosed from outside.
  virtual void cancel() = 0;
};

// Lets a waiting request be given up from outside (hedging, shutdown). Own thread. cancel() before the start makes send()
// fail at once with kClosed. Must outlive the send() it was given to; has no effect on a response that has been returned.
class HttpCancel {
 public:
  void cancel();
  bool cancelled() const { return cancelled_; }

 private:
  friend class HttpClient;
  bool cancelled_ = false;
  std::function<void()> close_;
};

class HttpClient {
 public:
  struct Options {
    size_t idle_per_origin_max = 256;
    Duration idle_max = std::chrono::seconds(30);
    std::shared_ptr<TlsClientContext> tls;            // needed for https
    bool keep_alive = true;                           // false: every request its own connection (health probes)
    Duration resolve_ttl = std::chrono::seconds(10);  // names are looked up again after this; an old answer is kept if that fails
    // A kept connection to a name is not used for longer, so that an endpoint that moves is followed though its old address still answers.
    Duration connection_age_max = std::chrono::seconds(60);
    Resolve resolve{};                   // instead of the system's
    const FaultBoard* faults = nullptr;  // faults that a drill puts in front of addresses; outlives the client
  };
  HttpClient(Loop& loop, Options options);
  ~HttpClient();

  // Sends and waits for the response head (1xx are passed over). A reused connection that turns out to be dead before any
  // byte of the response is retried once on a fresh one, if the body can be sent again (no `source`) and the method is
  // idempotent (RFC 9110 9.2.2). A response that comes before a streamed body is all sent is returned too.
  // kTimedOut says in its text which budget ran out ("connect", "first byte"); kRefused = connection refused.
  Task<Result<std::unique_ptr<HttpResponse>>> send(HttpOrigin origin, HttpRequest request, HttpTimeouts timeouts, HttpCancel* cancel);
  // The whole body in memory, up to `body_bytes_max` (more: kBroken).
  struct Whole {
    http::ResponseHead head;
    std::string body;
  };
  Task<Result<Whole>> fetch(HttpOrigin origin, HttpRequest request, HttpTimeouts timeouts, size_t body_bytes_max, HttpCancel* cancel);
  Task<Result<Whole>> fetch(HttpOrigin origin, HttpRequest request, HttpTimeouts timeouts, size_t body_bytes_max);

  void drop_idle(const HttpOrigin& origin);  // after a failure: kept connections are probably dead too

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;  // a send() under way holds it too
};

}  // namespace evershore::io
