#include "io/tcp_progress.h"

#include <linux/tcp.h>  // newer than glibc's <netinet/tcp.h>, which it excludes
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>

namespace evershore::io {

namespace {
constexpr int kUnsentBytes = 16 * 1024;
}

std::optional<uint64_t> acknowledged_bytes(int fd) {
  tcp_info info = {};
  socklen_t size = sizeof info;
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return std::nullopt;
  if (size < offsetof(tcp_info, tcpi_bytes_acked) + sizeof info.tcpi_bytes_acked) return std::nullopt;  // before Linux 4.1
  return info.tcpi_bytes_acked;
}

void keep_unsent_low(int fd) { ::setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kUnsentBytes, sizeof kUnsentBytes); }

}  // namespace evershore::io
