#include "app/front.h"

#include <array>

#include "base/networks.h"

namespace evershore::app {

namespace {

Networks networks_of(const std::vector<std::string>& texts) {
  Networks networks;
  for (const auto& text : texts) (void)networks.add(text);  // they have been checked
  return networks;
}

io::ConnectionLimits limits_of(const EdgeSettings& edge) {
  return {.connections_max = edge.limits.connections_max,
          .per_client_max = edge.limits.connections_per_client_max,
          .exempt = networks_of(edge.proxies.trusted)};
}

struct Row {
  std::string_view name;
  std::string_view help;
  std::string_view why;  // "" = the metric has no such label
  Counter io::HttpServerCounters::* counter;
};
using C = io::HttpServerCounters;
constexpr std::string_view kRefused = "Connections of clients that were reset at once, by why.";
constexpr std::string_view kCutOff = "HTTP/1.1 connections that were ended because their client was too slow, by why.";
constexpr std::array<Row, 7> kRows{{
    {"evershore_edge_connections_total", "Connections of clients, with those refused.", "", &C::connections},
    {"evershore_edge_connections_refused_total", kRefused, "full", &C::refused_full},
    {"evershore_edge_connections_refused_total", kRefused, "client", &C::refused_client},
    {"evershore_edge_connections_refused_total", kRefused, "proxy-header", &C::refused_proxy},
    {"evershore_edge_cut_off_total", kCutOff, "header", &C::cut_head},
    {"evershore_edge_cut_off_total", kCutOff, "body", &C::cut_slow_body},
    {"evershore_edge_cut_off_total", kCutOff, "reading", &C::cut_slow_read},
}};

}  // namespace

Front::Front(const EdgeSettings& edge, size_t loops, Log log)
    : loops_(loops), book_(std::make_shared<io::ConnectionBook>(limits_of(edge))), access_log_(loops, log) {}

Result<void> Front::configure(const EdgeSettings& edge) {
  book_->set_limits(limits_of(edge));
  auto opened = access_log_.open(edge.access_log.path);
  if (!opened) return wrap(std::move(opened).error(), "edge.access_log.path");
  path_ = edge.access_log.path;
  return {};
}

io::HttpServerOptions Front::options(const EdgeSettings& edge) const {
  const auto& limits = edge.limits;
  io::HttpServerOptions options{.connections_max = limits.connections_max,
                                .idle_max = limits.idle_timeout,
                                .head_max = limits.header_timeout,
                                .stall = limits.rate_window,
                                .rate_bytes_min = limits.rate_bytes_min,
                                .requests_max = limits.requests_per_connection_max,
                                .head_bytes_max = limits.header_bytes_max,
                                .request_line_bytes_max = limits.request_line_bytes_max,
                                .http2 = {.enabled = edge.http2},
                                .book = book_};
  if (!edge.proxies.protocol_from.empty()) options.proxies = std::make_shared<const Networks>(networks_of(edge.proxies.protocol_from));
  return options;
}

void Front::metrics(console::MetricsText& out, std::span<const io::HttpServerCounters* const> servers) {
  out.add(console::MetricType::kGauge, "evershore_edge_connections", "Connections of clients.", {},
          static_cast<double>(book_->connections()));
  for (const auto& row : kRows) {
    uint64_t sum = 0;
    for (const auto* server : servers) sum += (server->*row.counter).get();
    const std::array<std::pair<std::string_view, std::string_view>, 1> labels{{{"why", row.why}}};
    out.add(console::MetricType::kCounter, row.name, row.help, std::span(labels).first(row.why.empty() ? 0 : 1), static_cast<double>(sum));
  }
  uint64_t lines = 0, dropped = 0;
  for (size_t i = 0; i < loops_; ++i) {
    lines += access_log_.feed(i).lines.get();
    dropped += access_log_.feed(i).dropped.get();
  }
  const auto total = [&](std::string_view name, std::string_view help, uint64_t value) {
    out.add(console::MetricType::kCounter, name, help, {}, static_cast<double>(value));
  };
  total("evershore_edge_access_log_lines_total", "Lines handed to the access log.", lines);
  total("evershore_edge_access_log_dropped_total", "Lines that did not fit: the log's file is too slow.", dropped);
  total("evershore_edge_access_log_failures_total", "Writes to the access log's file that failed; their lines are lost.",
        access_log_.failures());
}

}  // namespace evershore::app
