// Addresses as text and as the system wants them.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <cstring>

#include "base/text.h"
#include "io/stream.h"

namespace evershore::io {
namespace {

// "[::1]:80" -> {"::1", "80"}; "127.0.0.1:80" -> {"127.0.0.1", "80"}.
std::optional<std::pair<std::string_view, std::string_view>> split_port(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view address = text.substr(0, colon);
  const bool bracketed = address.size() >= 2 && address.front() == '[' && address.back() == ']';
  if (bracketed) address = address.substr(1, address.size() - 2);
  if (bracketed != address.contains(':')) return std::nullopt;  // a bare v6 address is ambiguous (RFC 3986 3.2.2)
  return std::pair(address, text.substr(colon + 1));
}

}  // namespace

Result<Endpoint> parse_endpoint(std::string_view text) {
  const auto bad = [text](std::string_view why) {
    return fail(Fault::kInvalid, fmt::format("\"{}\": {}; write it like 127.0.0.1:80 or [::1]:80", text, why));
  };
  const auto parts = split_port(text);
  if (!parts) return bad("not an address and a port");
  const auto port = parse_u64(parts->second);
  if (!port || *port > 65535) return bad("the port is not a number from 0 to 65535");
  Endpoint endpoint{std::string(parts->first), static_cast<uint16_t>(*port)};
  if (!to_socket_address(endpoint)) return bad("the address is not an IP address");
  return endpoint;
}

std::string format_endpoint(const Endpoint& endpoint) {
  if (endpoint.address.contains(':')) return fmt::format("[{}]:{}", endpoint.address, endpoint.port);
  return fmt::format("{}:{}", endpoint.address, endpoint.port);
}

Result<SocketAddress> to_socket_address(const Endpoint& endpoint) {
  SocketAddress address = {};
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
  if (inet_pton(AF_INET, endpoint.address.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(endpoint.port);
    address.size_bytes = sizeof(sockaddr_in);
    return address;
  }
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
  if (inet_pton(AF_INET6, endpoint.address.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(endpoint.port);
    address.size_bytes = sizeof(sockaddr_in6);
    return address;
  }
  return fail(Fault::kInvalid, fmt::format("\"{}\" is not an IP address", endpoint.address));
}

Endpoint to_endpoint(const SocketAddress& address) {
  char text[INET6_ADDRSTRLEN] = {};
  if (address.storage.ss_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&address.storage);
    inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text);
    return {text, ntohs(v6->sin6_port)};
  }
  const auto* v4 = reinterpret_cast<const sockaddr_in*>(&address.storage);
  inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text);
  return {text, ntohs(v4->sin_port)};
}

}  // namespace evershore::io
