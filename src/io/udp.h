// A UDP socket that answers: takes datagrams in batches, sends each reply to where its datagram came from, from the
// address it was sent to. Nothing is allocated per datagram. One thread's; several threads may open the same endpoint
// (SO_REUSEPORT), the kernel spreads clients over them.
// A thread that does nothing else waits inside wait_and_receive(): one call of the kernel less for each batch than any loop needs, and
// at the speed of DNS that is what a server is measured by (docs/decisions/0008-udp-threads.md).
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "base/result.h"
#include "io/stream.h"

namespace evershore::io {

class UdpSocket {
 public:
  static constexpr size_t kBatch = 32;
  static constexpr size_t kDatagramBytesMax = 2'048;  // in and out; longer ones coming in are dropped

  // Datagrams are never fragmented, whatever a path claims to carry (IP_PMTUDISC_PROBE): replies must be small enough by themselves.
  static Result<std::unique_ptr<UdpSocket>> open(const Endpoint& endpoint);
  ~UdpSocket();
  Endpoint local() const;  // the port the system chose, if 0 was asked for
  int fd() const;          // to wait for in a loop; stays the socket's

  // Takes what has arrived, up to kBatch; 0 = nothing more. Forgets the batch before, with its replies.
  size_t receive();
  // The same, but blocks until there is something, or until interrupt().
  size_t wait_and_receive();
  // Any thread, once. From now on wait_and_receive() does not wait; what has arrived can still be received and answered.
  void interrupt();
  // Of datagram `index` of the batch. Empty: it was too long.
  std::span<const uint8_t> datagram(size_t index) const;
  std::span<const uint8_t> peer_address(size_t index) const;  // 4 or 16 bytes
  uint16_t peer_port(size_t index) const;
  // Put a reply's bytes there, then say how many. Without that, there is no reply.
  std::span<uint8_t> reply_buffer(size_t index);
  void set_reply(size_t index, size_t bytes);
  // Sends the batch's replies. Returns how many went out; a full socket buffer drops the rest, as a network would.
  size_t send_replies();

 private:
  UdpSocket() = default;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace evershore::io
