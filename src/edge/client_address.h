// Who the client is where others stand between it and us, and how it came to them. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/networks.h"
#include "model/edge_front.h"
#include "wire/http/message.h"

namespace evershore::edge {

struct SeenClient {
  std::string address;  // "" = the connection's own
  bool https = false;   // it came to the outermost trusted proxy by HTTPS
};

// What trusted proxies say: the last address of the chain that is none of them. What stands before it anybody can have made up.
// For a request whose connection is of `trusted`.
SeenClient seen_client(const http::Headers& fields, ClientField field, const Networks& trusted);

// What goes to a region that requests are forwarded to: X-Forwarded-For and -Proto. They are continued where the peer is a trusted
// proxy, else the client's own are replaced; a Forwarded field goes on only from a trusted one.
struct Hop {
  std::string_view peer;  // address of the connection's other end
  bool https = false;     // as the client came
  bool trusted = false;   // the peer's word counts
};
void tell_hop(http::Headers& fields, const Hop& hop);

}  // namespace evershore::edge
