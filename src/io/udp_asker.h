// A UDP socket that asks one server: for the DNS watchers of drill and demo. Nothing is allocated per datagram. One loop's.
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
  FdWatch& watch() { return watch_; }  // to wait for kReadable

 private:
  UdpAsker(Loop& loop, int fd) : watch_(loop, fd) {}
  FdWatch watch_;
};

}  // namespace evershore::io
