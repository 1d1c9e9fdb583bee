// DNS over TCP: each message behind its length in two bytes (RFC 1035 4.2.2), cut and glued by the network at will.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace evershore::dns {

class Frames {
 public:
  // Where to put the next bytes from the wire; at least one byte. Invalidates messages handed out.
  std::span<uint8_t> space();
  void filled(size_t bytes);
  // The next whole message; nullopt: more bytes are needed. Valid until space().
  std::optional<std::span<const uint8_t>> next();

 private:
  static constexpr size_t kFirstBytes = 1'024;  // most queries; grows for a longer one, up to 64 KiB
  std::vector<uint8_t> buffer_;
  size_t begin_ = 0;  // of what is not handed out
  size_t end_ = 0;    // of what has arrived
};

}  // namespace evershore::dns
