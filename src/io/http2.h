// HTTP/2 on an HttpServer's TLS connections (RFC 9113), chosen by ALPN: what may be set, what is counted.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/counter.h"

namespace evershore::io {

struct Http2Options {
  bool enabled = true;
  uint32_t streams_max = 128;                     // requests of one connection at a time, with those whose client went away but whose
                                                  // handler still runs
  uint32_t stream_window_bytes = 64 * 1024;       // of a request body, the most that waits for its handler
  uint32_t connection_window_bytes = 512 * 1024;  // the same for all streams of a connection together
  size_t header_flood_bytes_max = 256 * 1024;     // a header list larger than this ends the connection
};

// One thread writes. Connections and streams that were cut off are counted by why; each has its row in /metrics.
struct Http2Counters {
  Counter connections;
  Counter requests;
  Counter refused_streams;  // over streams_max
  Counter cut_resets;       // rapid reset
  Counter cut_control;      // floods of SETTINGS or PING
  Counter cut_empty;        // floods of empty DATA
  Counter cut_bookkeeping;  // floods of WINDOW_UPDATE or PRIORITY
  Counter cut_headers;      // header lists or CONTINUATION without an end
  Counter cut_protocol;     // what RFC 9113 forbids
  Counter cut_stalled;      // connections that took no byte, or did not finish a header list in time
  Counter stalled_streams;  // streams whose client gave no window or no body
};

}  // namespace evershore::io
