#include "io/udp_asker.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace evershore::io {

Result<std::unique_ptr<UdpAsker>> UdpAsker::open(Loop& loop, const Endpoint& server) {
  TRY(const SocketAddress address, to_socket_address(server));
  const int fd = ::socket(address.storage.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return fail(Fault::kBusy, fmt::format("no UDP socket: {}", std::strerror(errno)));
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.size_bytes) != 0) {
    const int reason = errno;
    ::close(fd);
    return fail(Fault::kBroken, fmt::format("UDP to {}: {}", format_endpoint(server), std::strerror(reason)));
  }
  return std::unique_ptr<UdpAsker>(new UdpAsker(loop, fd));
}

void UdpAsker::send(std::span<const uint8_t> datagram) {
  [[maybe_unused]] const auto sent = ::send(watch_.fd(), datagram.data(), datagram.size(), MSG_NOSIGNAL);
}

size_t UdpAsker::receive(std::span<uint8_t> into) {
  const ssize_t got = ::recv(watch_.fd(), into.data(), into.size(), 0);
  refused_ = got < 0 && (errno == ECONNREFUSED || errno == EHOSTUNREACH || errno == ENETUNREACH);
  return got > 0 ? static_cast<size_t>(got) : 0;
}

}  // namespace evershore::io
