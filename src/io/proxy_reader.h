// The PROXY header at the start of a connection that a load balancer has opened. For http_server.cc.
#pragma once

#include "io/stream.h"

namespace evershore::io {

// Reads the header and not a byte more, before `deadline`. The client that it names; an empty address where it names none. kInvalid:
// there is no header, or a malformed one. The stream must be plain and fresh.
Task<Result<Endpoint>> read_proxy_header(Stream& tcp, Mono deadline);

}  // namespace evershore::io
