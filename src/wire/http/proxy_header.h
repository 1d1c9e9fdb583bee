// The PROXY protocol, versions 1 and 2 (HAProxy's proxy-protocol.txt): what a load balancer says before the first byte of the client's.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace evershore::http {

struct ProxyHeader {
  enum class State : uint8_t { kNeedMore, kDone, kError };
  State state = State::kNeedMore;
  size_t size = 0;           // kDone: of the header; what follows is the client's
  std::string address = {};  // of the client; "" = the connection is the balancer's own (LOCAL), or it does not know (UNKNOWN)
  uint16_t port = 0;
  std::string_view error = {};  // kError: why; a literal
};

inline constexpr size_t kProxyHeaderBytesMax = 4096;

// `bytes` from the connection's first one on, at most kProxyHeaderBytesMax of them.
ProxyHeader parse_proxy_header(std::span<const uint8_t> bytes);

}  // namespace evershore::http
