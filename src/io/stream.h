// A byte stream: TCP or TLS on one descriptor. Reads and writes try the system call first and wait only if they must;
// no coroutine frame is made for either. One reader and one writer at a time.
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "io/loop.h"

namespace evershore::io {

// One non-blocking attempt.
struct Attempt {
  enum class End : uint8_t { kDone, kWouldRead, kWouldWrite, kEof, kError } end = End::kDone;
  size_t bytes = 0;   // kDone
  std::string error;  // kError
};

class Stream {
 public:
  class ReadAwaiter;
  class WriteAwaiter;
  virtual ~Stream() = default;

  // Waits until at least one byte is there. 0 = the peer has finished cleanly. kTimedOut at the deadline, kClosed after close().
  ReadAwaiter read_some(std::span<uint8_t> into);
  // Writes all of `pieces` (the caller keeps the bytes and the list until the return). Partial progress at failure is not
  // told. Same ends as read_some; a peer that went away is kBroken.
  WriteAwaiter write_pieces(std::span<const std::span<const uint8_t>> pieces);
  // The same as a task of its own, for where one is needed.
  Task<Result<void>> write_all(std::span<const std::span<const uint8_t>> pieces);
  Task<Result<void>> write_all(std::span<const uint8_t> bytes);
  Task<Result<void>> write_all(std::string_view text);

  // Ends a wait in either direction at `deadline` with kTimedOut. Stays until changed.
  void set_deadline(Mono deadline) { watch().set_deadline(deadline); }
  // Sends FIN / close_notify where there is one and lets the descriptor go. Ends waits with kClosed.
  virtual void close() = 0;
  // Sends FIN / close_notify; reading goes on. Nothing may be written after it.
  virtual void finish_writing() = 0;
  // Closes so that the peer sees a reset, not a clean end: for a body that cannot be completed.
  virtual void reset() = 0;

  virtual Attempt try_read(std::span<uint8_t> into) = 0;
  virtual Attempt try_write(std::span<const iovec> pieces) = 0;
  // True if the last try_read() took all that was there: a wait can begin as Known::kDrained, without a try that finds nothing.
  virtual bool drained() const { return false; }
  virtual FdWatch& watch() = 0;
  Mono named_since = kNever;  // when a name was resolved to this peer; kNever: it was asked for by its address

  // What ALPN (RFC 7301) agreed on, "h2"; "" where it was not used.
  virtual std::string_view protocol() const { return {}; }
  // "TLSv1.3"; "" on a plain stream. Lives as long as the program.
  virtual std::string_view tls_version() const { return {}; }
  // Bytes that came but were not read by try_read() yet: the descriptor will not tell of them.
  virtual bool has_buffered() const { return false; }
  // Anything to read, or closed by the peer? For a pooled connection before its reuse: it must be silent.
  virtual bool silent() = 0;

  class ReadAwaiter {
   public:
    ReadAwaiter(Stream& stream, std::span<uint8_t> into) : stream_(stream), into_(into) {}
    bool await_ready();                             // tries at once
    void await_suspend(std::coroutine_handle<> h);  // waits for readiness, tries again, resumes when there is an outcome
    Result<size_t> await_resume() { return std::move(*result_); }

   private:
    bool step();  // one attempt; false = must wait for `direction_`
    void wait();

    Stream& stream_;
    std::span<uint8_t> into_;
    Ready direction_ = Ready::kReadable;
    std::optional<Result<size_t>> result_;
    std::coroutine_handle<> handle_;
  };

  class WriteAwaiter {
   public:
    WriteAwaiter(Stream& stream, std::span<const std::span<const uint8_t>> pieces) : stream_(stream), pieces_(pieces) {}
    bool await_ready();
    void await_suspend(std::coroutine_handle<> h);
    Result<void> await_resume() { return std::move(*result_); }

   private:
    bool step();  // attempts until all is written or the kernel takes no more
    void wait();
    size_t gather(std::span<iovec> batch) const;
    void advance(size_t bytes);

    Stream& stream_;
    std::span<const std::span<const uint8_t>> pieces_;
    size_t piece_ = 0;   // the first one not written whole,
    size_t offset_ = 0;  // and how much of it is written
    Ready direction_ = Ready::kWritable;
    std::optional<Result<void>> result_;
    std::coroutine_handle<> handle_;
  };
};

inline Stream::ReadAwaiter Stream::read_some(std::span<uint8_t> into) { return ReadAwaiter(*this, into); }
inline Stream::WriteAwaiter Stream::write_pieces(std::span<const std::span<const uint8_t>> pieces) { return WriteAwaiter(*this, pieces); }

struct Endpoint {
  std::string address;  // literal, v4 or v6 without brackets
  uint16_t port = 0;
};
Result<Endpoint> parse_endpoint(std::string_view text);  // "127.0.0.1:80", "[::1]:80", "0.0.0.0:0"
std::string format_endpoint(const Endpoint& endpoint);

struct SocketAddress {
  sockaddr_storage storage;
  socklen_t size_bytes;
};
// kInvalid when the address is not a literal.
Result<SocketAddress> to_socket_address(const Endpoint& endpoint);
Endpoint to_endpoint(const SocketAddress& address);

// TCP_NODELAY is set. kTimedOut at the deadline, kRefused when refused.
Task<Result<std::unique_ptr<Stream>>> connect_tcp(Loop& loop, Endpoint endpoint, Mono deadline);
// The same, and to be given up from outside: while it waits, `under_way` is the stream, whose close() ends it with kClosed.
Task<Result<std::unique_ptr<Stream>>> connect_tcp(Loop& loop, Endpoint endpoint, Mono deadline, Stream*& under_way);

class TlsClientContext;  // io/tls.h
class TlsServerContext;

// The listening side. Several loops may listen on the same endpoint (SO_REUSEPORT).
class Listener {
 public:
  static Result<std::unique_ptr<Listener>> open(Loop& loop, const Endpoint& endpoint);
  ~Listener();
  Endpoint local() const;  // the port the system chose, if 0 was asked for
  // kClosed after close(). Out of descriptors: waits and goes on, never spins.
  struct Accepted {
    std::unique_ptr<Stream> stream;
    Endpoint peer;
  };
  Task<Result<Accepted>> accept();
  void close();

 private:
  Listener() = default;
  struct Impl;
  std::shared_ptr<Impl> impl_;  // an accept() under way holds it too
};

}  // namespace evershore::io
