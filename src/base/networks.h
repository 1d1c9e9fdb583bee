// Networks that may do something, by address: "192.0.2.0/24", "2001:db8::/32", or one address alone.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace evershore {

class Networks {
 public:
  Result<void> add(std::string_view text);
  bool empty() const { return networks_.empty(); }
  // `address`: 4 or 16 bytes. An IPv4 address written as IPv6 (::ffff:192.0.2.1) is the IPv4 address.
  bool contains(std::span<const uint8_t> address) const;
  bool operator==(const Networks&) const = default;

 private:
  struct Network {
    std::array<uint8_t, 16> address{};
    size_t bytes = 0;  // 4 or 16
    size_t bits = 0;
    bool operator==(const Network&) const = default;
  };
  std::vector<Network> networks_;
};

// A literal address as bytes, 4 or 16 of them; empty if it is none.
std::vector<uint8_t> address_bytes(std::string_view text);

}  // namespace evershore
