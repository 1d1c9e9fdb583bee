// The floor under every DNS server: a loop of recvmmsg and sendmmsg that sends each datagram back, filled up to the size of an
// answer, with the answer bit set. What it costs per query is the kernel's part; the rest is a server's own.
//
//   udp_echo ANSWER_BYTES        prints "port N", then answers until it is killed
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace {

constexpr size_t kBatch = 32;
constexpr size_t kBytesMax = 2'048;

struct Slot {
  std::array<uint8_t, kBytesMax> bytes;
  sockaddr_in peer;
  iovec piece;
};
std::array<Slot, kBatch> slots;
std::array<mmsghdr, kBatch> messages;

int open_socket() {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int bytes = 4 << 20;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), length) != 0) return -1;
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  fmt::print("port {}\n", ntohs(address.sin_port));
  std::fflush(stdout);
  return fd;
}

void prepare() {
  for (size_t i = 0; i < kBatch; ++i) {
    slots[i].piece = {slots[i].bytes.data(), kBytesMax};
    messages[i].msg_hdr = {};
    messages[i].msg_hdr.msg_name = &slots[i].peer;
    messages[i].msg_hdr.msg_namelen = sizeof slots[i].peer;
    messages[i].msg_hdr.msg_iov = &slots[i].piece;
    messages[i].msg_hdr.msg_iovlen = 1;
  }
}

}  // namespace

int main(int argc, char** argv) {
  const size_t answer_bytes = std::min<size_t>(argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 64, kBytesMax);
  const int fd = open_socket();
  if (fd < 0) return 1;
  while (true) {
    pollfd ready{.fd = fd, .events = POLLIN, .revents = 0};
    poll(&ready, 1, -1);
    while (true) {
      prepare();
      const int got = recvmmsg(fd, messages.data(), kBatch, MSG_DONTWAIT, nullptr);
      if (got <= 0) break;
      for (size_t i = 0; i < static_cast<size_t>(got); ++i) {
        slots[i].bytes[2] |= 0x80;
        slots[i].piece.iov_len = std::max<size_t>(messages[i].msg_len, answer_bytes);
      }
      sendmmsg(fd, messages.data(), static_cast<unsigned>(got), 0);
      if (static_cast<size_t>(got) < kBatch) break;
    }
  }
}
