// What /metrics says of HTTP/2 on the edge.
#pragma once

#include <span>

#include "console/metrics.h"
#include "io/http2.h"

namespace evershore::app {

void http2_metrics(console::MetricsText& out, std::span<const io::Http2Counters* const> servers);

}  // namespace evershore::app
