#include "io/udp.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "base/assert.h"

namespace evershore::io {

namespace {

constexpr int kReceiveBufferBytes = 4 << 20;  // a burst while the loop is busy; the kernel cuts it to net.core.rmem_max
constexpr size_t kControlBytes = CMSG_SPACE(sizeof(in6_pktinfo));
static_assert(CMSG_SPACE(sizeof(in_pktinfo)) <= kControlBytes);

bool set_option(int fd, int level, int name, int value) { return ::setsockopt(fd, level, name, &value, sizeof value) == 0; }

bool wildcard(const SocketAddress& address) {
  if (address.storage.ss_family == AF_INET) return reinterpret_cast<const sockaddr_in*>(&address.storage)->sin_addr.s_addr == INADDR_ANY;
  return IN6_IS_ADDR_UNSPECIFIED(&reinterpret_cast<const sockaddr_in6*>(&address.storage)->sin6_addr) != 0;
}

Result<int> open_bound(const Endpoint& endpoint, const SocketAddress& address) {
  const bool v6 = address.storage.ss_family == AF_INET6;
  const int fd = ::socket(address.storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const auto failed = [&](const char* what) {
    const int code = errno;
    if (fd >= 0) ::close(fd);
    return fail(Fault::kBroken, fmt::format("listen on {} (UDP): {}: {}", format_endpoint(endpoint), what, strerrordesc_np(code)));
  };
  if (fd < 0) return failed("socket");
  if (!set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1)) return failed("SO_REUSEPORT");
  if (v6 && !set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1)) return failed("IPV6_V6ONLY");
  // A socket on all addresses must learn which one was asked, and answer from it.
  if (wildcard(address) && !(v6 ? set_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) : set_option(fd, IPPROTO_IP, IP_PKTINFO, 1))) {
    return failed("packet information");
  }
  // Nobody on the way may make fragments of us, nor forged "fragmentation needed" messages (RFC 9715 R2). It also spares the kernel a
  // fragment ID for each datagram. Old kernels without it still work.
  v6 ? set_option(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE)
     : set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
  set_option(fd, SOL_SOCKET, SO_RCVBUF, kReceiveBufferBytes);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.size_bytes) != 0) return failed("bind");
  return fd;
}

}  // namespace

struct UdpSocket::Impl {
  explicit Impl(int socket_fd, bool with_packet_info);
  ~Impl() { ::close(fd); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  // What belongs to one datagram and its reply.
  struct Slot {
    std::array<uint8_t, kDatagramBytesMax> in;
    std::array<uint8_t, kDatagramBytesMax> out;
    sockaddr_storage peer;
    alignas(cmsghdr) std::array<uint8_t, kControlBytes> control;
    iovec in_piece;
    iovec out_piece;
  };

  void prepare(size_t index);
  void aim(msghdr& reply, size_t index);
  size_t take(int flags);

  const int fd;
  const bool packet_info;
  Endpoint local;
  std::atomic<bool> interrupted = false;
  size_t received = 0;
  std::array<Slot, kBatch> slots;
  std::array<mmsghdr, kBatch> incoming{};
  std::array<mmsghdr, kBatch> outgoing{};
  std::array<size_t, kBatch> reply_bytes;
};

UdpSocket::Impl::Impl(int socket_fd, bool with_packet_info) : fd(socket_fd), packet_info(with_packet_info) {
  for (size_t i = 0; i < kBatch; ++i) {
    Slot& slot = slots[i];
    slot.in_piece = {slot.in.data(), slot.in.size()};
    msghdr& message = incoming[i].msg_hdr;
    message.msg_name = &slot.peer;
    message.msg_iov = &slot.in_piece;
    message.msg_iovlen = 1;
    outgoing[i].msg_hdr.msg_iovlen = 1;
    prepare(i);
  }
}

// What the kernel changes in the slots that it fills, undone for the next batch.
void UdpSocket::Impl::prepare(size_t index) {
  msghdr& message = incoming[index].msg_hdr;
  message.msg_namelen = sizeof(sockaddr_storage);
  message.msg_flags = 0;
  message.msg_control = packet_info ? slots[index].control.data() : nullptr;
  message.msg_controllen = packet_info ? kControlBytes : 0;
}

// The reply leaves from the address that the datagram was sent to: its packet information goes back as it came, except
// that routing, not the arriving interface, picks the way out (link-local addresses need their interface).
void UdpSocket::Impl::aim(msghdr& reply, size_t index) {
  msghdr& asked = incoming[index].msg_hdr;
  reply.msg_name = asked.msg_name;
  reply.msg_namelen = asked.msg_namelen;
  reply.msg_control = nullptr;
  reply.msg_controllen = 0;
  cmsghdr* control = packet_info ? CMSG_FIRSTHDR(&asked) : nullptr;
  if (control == nullptr) return;
  if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO) {
    reinterpret_cast<in_pktinfo*>(CMSG_DATA(control))->ipi_ifindex = 0;
  } else if (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_PKTINFO) {
    auto* info = reinterpret_cast<in6_pktinfo*>(CMSG_DATA(control));
    if (!IN6_IS_ADDR_LINKLOCAL(&info->ipi6_addr)) info->ipi6_ifindex = 0;
  } else {
    return;
  }
  reply.msg_control = asked.msg_control;
  reply.msg_controllen = asked.msg_controllen;
}

size_t UdpSocket::Impl::take(int flags) {
  for (size_t i = 0; i < received; ++i) prepare(i);
  received = 0;
  int got = 0;
  do {
    got = ::recvmmsg(fd, incoming.data(), kBatch, flags, nullptr);
  } while (got < 0 && errno == EINTR);
  if (got <= 0) return 0;
  received = static_cast<size_t>(got);
  std::fill_n(reply_bytes.begin(), received, 0);
  return received;
}

Result<std::unique_ptr<UdpSocket>> UdpSocket::open(const Endpoint& endpoint) {
  TRY(const SocketAddress address, to_socket_address(endpoint));
  TRY(const int fd, open_bound(endpoint, address));
  std::unique_ptr<UdpSocket> socket(new UdpSocket());
  socket->impl_ = std::make_unique<Impl>(fd, wildcard(address));
  SocketAddress local = {.size_bytes = sizeof(sockaddr_storage)};
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&local.storage), &local.size_bytes);
  socket->impl_->local = to_endpoint(local);
  return socket;
}

UdpSocket::~UdpSocket() = default;
Endpoint UdpSocket::local() const { return impl_->local; }
int UdpSocket::fd() const { return impl_->fd; }

size_t UdpSocket::receive() { return impl_->take(MSG_DONTWAIT); }

size_t UdpSocket::wait_and_receive() {
  if (impl_->interrupted.load(std::memory_order_acquire)) return receive();
  const size_t got = impl_->take(MSG_WAITFORONE);
  // An interrupted wait looks like a datagram of nobody.
  if (got > 0 && impl_->incoming[0].msg_hdr.msg_namelen == 0) return receive();
  return got;
}

// Linux ends waits on a datagram socket that nobody has connected, too, while it reports ENOTCONN. No time-out (SO_RCVTIMEO) beside it:
// that would set a timer for each batch.
void UdpSocket::interrupt() {
  impl_->interrupted.store(true, std::memory_order_release);
  ::shutdown(impl_->fd, SHUT_RD);
}

std::span<const uint8_t> UdpSocket::datagram(size_t index) const {
  EVERSHORE_ASSERT(index < impl_->received);
  const mmsghdr& message = impl_->incoming[index];
  if ((message.msg_hdr.msg_flags & MSG_TRUNC) != 0) return {};
  return std::span(impl_->slots[index].in).first(message.msg_len);
}

std::span<const uint8_t> UdpSocket::peer_address(size_t index) const {
  const sockaddr_storage& peer = impl_->slots[index].peer;
  if (peer.ss_family == AF_INET) {
    return {reinterpret_cast<const uint8_t*>(&reinterpret_cast<const sockaddr_in&>(peer).sin_addr), sizeof(in_addr)};
  }
  return {reinterpret_cast<const uint8_t*>(&reinterpret_cast<const sockaddr_in6&>(peer).sin6_addr), sizeof(in6_addr)};
}

uint16_t UdpSocket::peer_port(size_t index) const {
  const sockaddr_storage& peer = impl_->slots[index].peer;
  return ntohs(peer.ss_family == AF_INET ? reinterpret_cast<const sockaddr_in&>(peer).sin_port
                                         : reinterpret_cast<const sockaddr_in6&>(peer).sin6_port);
}

std::span<uint8_t> UdpSocket::reply_buffer(size_t index) { return impl_->slots[index].out; }

void UdpSocket::set_reply(size_t index, size_t bytes) {
  EVERSHORE_ASSERT(index < impl_->received);
  EVERSHORE_ASSERT(bytes <= kDatagramBytesMax);
  impl_->reply_bytes[index] = bytes;
}

size_t UdpSocket::send_replies() {
  size_t count = 0;
  for (size_t i = 0; i < impl_->received; ++i) {
    if (impl_->reply_bytes[i] == 0) continue;
    Impl::Slot& slot = impl_->slots[i];
    slot.out_piece = {slot.out.data(), impl_->reply_bytes[i]};
    msghdr& reply = impl_->outgoing[count++].msg_hdr;
    reply.msg_iov = &slot.out_piece;
    impl_->aim(reply, i);
    impl_->reply_bytes[i] = 0;
  }
  size_t sent = 0;
  for (size_t at = 0; at < count;) {
    const int put = ::sendmmsg(impl_->fd, &impl_->outgoing[at], static_cast<unsigned>(count - at), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (put > 0) {
      at += static_cast<size_t>(put);
      sent += static_cast<size_t>(put);
    } else if (put < 0 && (errno == EAGAIN || errno == ENOBUFS)) {
      break;
    } else if (put == 0 || errno != EINTR) {
      ++at;  // this one peer cannot be reached
    }
  }
  return sent;
}

}  // namespace evershore::io
