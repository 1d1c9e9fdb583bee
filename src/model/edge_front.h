// How the edge meets its clients: what is logged of them, what they may take, and who may speak for them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"

namespace evershore {

enum class AccessFormat : uint8_t { kJson, kCombined };

struct AccessLogSettings {
  std::string path;  // "" = none; "stdout"
  AccessFormat format = AccessFormat::kJson;
  bool operator==(const AccessLogSettings&) const = default;
};

struct EdgeLimits {
  uint32_t connections_max = 20'000;         // of the node
  uint32_t connections_per_client_max = 0;   // an IPv4 address, an IPv6 /64; 0 = any number
  uint32_t requests_per_connection_max = 0;  // 0 = any number
  Duration header_timeout = std::chrono::seconds(10);
  Duration idle_timeout = std::chrono::seconds(60);
  uint64_t rate_bytes_min = 1024;                   // a second, of what it gives or takes,
  Duration rate_window = std::chrono::seconds(30);  // over so much time of waiting for it
  uint64_t header_bytes_max = 32 * 1024;
  uint64_t request_line_bytes_max = 16 * 1024;
  bool operator==(const EdgeLimits&) const = default;
};

// The field by which trusted proxies tell whom they speak for.
enum class ClientField : uint8_t { kXForwardedFor, kForwarded };

struct ProxySettings {
  std::vector<std::string> protocol_from;  // networks whose connections begin with a PROXY header
  std::vector<std::string> trusted;        // networks whose word on the client counts
  ClientField field = ClientField::kXForwardedFor;
  bool operator==(const ProxySettings&) const = default;
};

}  // namespace evershore
