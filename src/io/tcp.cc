// TCP: the plain stream, connecting, listening.
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/sync.h"
#include "base/text.h"
#include "io/stream.h"

namespace evershore::io {
namespace {

constexpr int kBacklog = 4096;  // the kernel cuts it to net.core.somaxconn
constexpr Duration kOutOfDescriptorsPause = Millis(50);

std::string system_error(int code) { return strerrordesc_np(code) == nullptr ? fmt::format("error {}", code) : strerrordesc_np(code); }

void set_flag(int fd, int level, int name) {
  const int on = 1;
  ::setsockopt(fd, level, name, &on, sizeof on);  // an old kernel without it still works, only slower
}

class TcpStream final : public Stream {
 public:
  TcpStream(Loop& loop, int fd) : watch_(loop, fd) { set_flag(fd, IPPROTO_TCP, TCP_NODELAY); }

  void close() override { watch_.close(); }

  void finish_writing() override {
    if (!watch_.closed()) ::shutdown(watch_.fd(), SHUT_WR);
  }

  void reset() override {
    if (watch_.closed()) return;
    const linger no_linger{.l_onoff = 1, .l_linger = 0};  // close() then sends RST instead of FIN
    ::setsockopt(watch_.fd(), SOL_SOCKET, SO_LINGER, &no_linger, sizeof no_linger);
    watch_.close();
  }

  Attempt try_read(std::span<uint8_t> into) override {
    for (;;) {
      const ssize_t got = ::recv(watch_.fd(), into.data(), into.size(), 0);
      drained_ = got > 0 && static_cast<size_t>(got) < into.size();  // epoll(7)
      if (got > 0) return {.bytes = static_cast<size_t>(got)};
      if (got == 0) return {.end = Attempt::End::kEof};
      if (errno != EINTR) return from_errno(Attempt::End::kWouldRead);
    }
  }

  Attempt try_write(std::span<const iovec> pieces) override {
    msghdr message = {};
    message.msg_iov = const_cast<iovec*>(pieces.data());
    message.msg_iovlen = pieces.size();
    for (;;) {
      const ssize_t put = ::sendmsg(watch_.fd(), &message, MSG_NOSIGNAL);
      if (put >= 0) return {.bytes = static_cast<size_t>(put)};
      if (errno != EINTR) return from_errno(Attempt::End::kWouldWrite);
    }
  }

  FdWatch& watch() override { return watch_; }
  bool drained() const override { return drained_; }

  bool silent() override {
    uint8_t byte;
    return !watch_.closed() && ::recv(watch_.fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
  }

 private:
  static Attempt from_errno(Attempt::End would) {
    if (errno == EAGAIN) return {.end = would};
    return {.end = Attempt::End::kError, .error = system_error(errno)};
  }

  FdWatch watch_;
  bool drained_ = false;
};

std::unexpected<Error> connect_failed(const Endpoint& endpoint, int code) {
  const Fault fault = code == ECONNREFUSED ? Fault::kRefused : code == ETIMEDOUT ? Fault::kTimedOut : Fault::kBroken;
  return fail(fault, fmt::format("connect to {}: {}", format_endpoint(endpoint), system_error(code)));
}

int pending_error(int fd) {
  int code = 0;
  socklen_t size = sizeof code;
  return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size) == 0 ? code : errno;
}

}  // namespace

Task<Result<std::unique_ptr<Stream>>> connect_tcp(Loop& loop, Endpoint endpoint, Mono deadline) {
  Stream* under_way = nullptr;
  auto connected = co_await connect_tcp(loop, std::move(endpoint), deadline, under_way);
  co_return connected;
}

Task<Result<std::unique_ptr<Stream>>> connect_tcp(Loop& loop, Endpoint endpoint, Mono deadline, Stream*& under_way) {
  CO_TRY(const SocketAddress address, to_socket_address(endpoint));
  const int fd = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) co_return connect_failed(endpoint, errno);
  auto stream = std::make_unique<TcpStream>(loop, fd);
  const Mono start = loop.now();
  if (stream->watch().closed()) co_return connect_failed(endpoint, ENOMEM);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.size_bytes) == 0) co_return stream;
  if (errno != EINPROGRESS) co_return connect_failed(endpoint, errno);

  stream->set_deadline(deadline);
  under_way = stream.get();
  const WaitEnd end = co_await stream->watch().wait(Ready::kWritable);
  under_way = nullptr;
  if (end == WaitEnd::kClosed) co_return fail(Fault::kClosed, "closed on this side");
  if (end == WaitEnd::kDeadline) {
    co_return fail(Fault::kTimedOut,
                   fmt::format("connect to {}: no answer in {}", format_endpoint(endpoint), format_duration(loop.now() - start)));
  }
  const int code = pending_error(fd);
  if (code != 0) co_return connect_failed(endpoint, code);
  stream->set_deadline(kNever);
  co_return stream;
}

struct Listener::Impl {
  Impl(Loop& loop, int fd) : watch(loop, fd) {}
  FdWatch watch;
  Endpoint local;
};

namespace {

Result<int> open_listening(const Endpoint& endpoint) {
  TRY(const SocketAddress address, to_socket_address(endpoint));
  const int fd = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const auto failed = [&](const char* what) {
    const int code = errno;
    if (fd >= 0) ::close(fd);
    return fail(Fault::kBroken, fmt::format("listen on {}: {}: {}", format_endpoint(endpoint), what, system_error(code)));
  };
  if (fd < 0) return failed("socket");
  set_flag(fd, SOL_SOCKET, SO_REUSEADDR);
  set_flag(fd, SOL_SOCKET, SO_REUSEPORT);
  if (address.storage.ss_family == AF_INET6) set_flag(fd, IPPROTO_IPV6, IPV6_V6ONLY);  // "[::]:80" beside "0.0.0.0:80"
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.size_bytes) != 0) return failed("bind");
  if (::listen(fd, kBacklog) != 0) return failed("listen");
  return fd;
}

Endpoint local_endpoint(int fd) {
  SocketAddress address = {.size_bytes = sizeof(sockaddr_storage)};
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address.storage), &address.size_bytes);
  return to_endpoint(address);
}

enum class AcceptFailure : uint8_t { kRetry, kWait, kPause, kBroken };
AcceptFailure classify_accept(int code) {
  switch (code) {
    case EAGAIN: return AcceptFailure::kWait;
    // accept(2): errors of the connection that was just taken off the queue; the next one may be fine.
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case ENETDOWN:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EPERM: return AcceptFailure::kRetry;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM: return AcceptFailure::kPause;
    default: return AcceptFailure::kBroken;
  }
}

}  // namespace

Result<std::unique_ptr<Listener>> Listener::open(Loop& loop, const Endpoint& endpoint) {
  TRY(const int fd, open_listening(endpoint));
  std::unique_ptr<Listener> listener(new Listener());
  listener->impl_ = std::make_shared<Impl>(loop, fd);
  if (listener->impl_->watch.closed())
    return fail(Fault::kBroken, fmt::format("listen on {}: no memory to watch it", format_endpoint(endpoint)));
  listener->impl_->local = local_endpoint(fd);
  return listener;
}

Listener::~Listener() { close(); }
Endpoint Listener::local() const { return impl_->local; }
void Listener::close() { impl_->watch.close(); }

Task<Result<Listener::Accepted>> Listener::accept() {
  const std::shared_ptr<Impl> impl = impl_;  // this Listener may be gone when a wait ends
  Loop& loop = impl->watch.loop();
  while (!impl->watch.closed()) {
    SocketAddress peer = {.size_bytes = sizeof(sockaddr_storage)};
    const int fd = ::accept4(impl->watch.fd(), reinterpret_cast<sockaddr*>(&peer.storage), &peer.size_bytes, SOCK_NONBLOCK | SOCK_CLOEXEC);
    const int code = fd < 0 ? errno : 0;
    // A flood of connections, or of failures, must not keep the loop from its other work.
    if (loop.should_yield()) co_await yield(loop);
    if (fd >= 0) co_return Accepted{std::make_unique<TcpStream>(loop, fd), to_endpoint(peer)};
    const AcceptFailure failure = classify_accept(code);
    if (failure == AcceptFailure::kBroken) co_return fail(Fault::kBroken, fmt::format("accept: {}", system_error(code)));
    if (failure == AcceptFailure::kWait) co_await impl->watch.wait(Ready::kReadable, Known::kDrained);
    if (failure == AcceptFailure::kPause) co_await sleep_for(loop, kOutOfDescriptorsPause);
  }
  co_return fail(Fault::kClosed, "the listener is closed");
}

}  // namespace evershore::io
