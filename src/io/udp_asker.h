// A UDP socket that asks one server. Nothing is allocated per datagram. One loop's.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "io/stream.h"

namespace evershore::io {

class UdpAsker {
 public:
  // Only datagrams from `server` are received.
  static Result<std::unique_ptr<UdpAsker>> open(Loop& loop, const Endpoint& server);

  // A datagram that cannot be sent now is lost, as a network would lose it.
  void send(std::span<const uint8_t> datagram);
  // The next one that has arrived, cut to the size of `into`; 0 = none.
  size_t receive(std::span<uint8_t> into);
  // Did the system say, at the last receive(), that nobody is there (ICMP)?
  bool refused() const { return refused_; }
  FdWatch& watch() { return watch_; }  // to wait for kReadable

 private:
  UdpAsker(Loop& loop, int fd) : watch_(loop, fd) {}
  FdWatch watch_;
  bool refused_ = false;
};

}  // namespace evershore::io
