#include "app/http2_metrics.h"

#include <array>

namespace evershore::app {

namespace {

struct Row {
  std::string_view why;
  Counter io::Http2Counters::* counter;
};
constexpr std::array<Row, 8> kCutOff{{{"resets", &io::Http2Counters::cut_resets},
                                      {"settings-or-ping", &io::Http2Counters::cut_control},
                                      {"empty-frames", &io::Http2Counters::cut_empty},
                                      {"window-or-priority", &io::Http2Counters::cut_bookkeeping},
                                      {"headers", &io::Http2Counters::cut_headers},
                                      {"protocol", &io::Http2Counters::cut_protocol},
                                      {"stalled", &io::Http2Counters::cut_stalled},
                                      {"stalled-stream", &io::Http2Counters::stalled_streams}}};

double sum(std::span<const io::Http2Counters* const> servers, Counter io::Http2Counters::* counter) {
  uint64_t total = 0;
  for (const auto* server : servers) total += (server->*counter).get();
  return static_cast<double>(total);
}

}  // namespace

void http2_metrics(console::MetricsText& out, std::span<const io::Http2Counters* const> servers) {
  const auto total = [&](std::string_view name, std::string_view help, Counter io::Http2Counters::* counter) {
    out.add(console::MetricType::kCounter, name, help, {}, sum(servers, counter));
  };
  total("evershore_edge_http2_connections_total", "HTTP/2 connections of clients.", &io::Http2Counters::connections);
  total("evershore_edge_http2_requests_total", "Requests over HTTP/2.", &io::Http2Counters::requests);
  total("evershore_edge_http2_refused_streams_total", "Requests over the limit of one connection.", &io::Http2Counters::refused_streams);
  for (const auto& row : kCutOff) {
    const std::array<std::pair<std::string_view, std::string_view>, 1> labels{{{"why", row.why}}};
    out.add(console::MetricType::kCounter, "evershore_edge_http2_cut_off_total",
            "HTTP/2 connections (stalled-stream: requests) that were ended, by why.", labels, sum(servers, row.counter));
  }
}

}  // namespace evershore::app
