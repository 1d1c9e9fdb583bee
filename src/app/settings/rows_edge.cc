// The rows of [edge]: listeners, cache, budgets, and how it meets its clients.
#include <array>

#include "app/settings/rows.h"

namespace evershore::app {

namespace {

using Texts = std::vector<std::string>;

#define FIELD(Struct, Type, member) [](Struct& at) -> Type& { return at.member; }

constexpr Limits kBudget{.shortest = 1ms, .longest = 10min};
constexpr Limits kEndpoints{.format = Format::kEndpoint, .most = 64};
constexpr Limits kProxies{.format = Format::kPrefix, .most = 256};
constexpr uint32_t kConnectionsMost = 10'000'000;

// In the order of the enums.
constexpr std::array<Option, 2> kAccessFormats{{{"json"}, {"combined"}}};
constexpr std::array<Option, 2> kClientFields{{{"x-forwarded-for"}, {"forwarded"}}};

using S = EdgeSettings;

std::vector<Row<S>> access_log_rows() {
  const Choice<S> format{[](S& at, size_t option) { at.access_log.format = static_cast<AccessFormat>(option); },
                         [](const S& at) { return static_cast<size_t>(at.access_log.format); }};
  return {
      {"access_log.path",
       FIELD(S, std::string, access_log.path),
       {.format = Format::kLogFile, .default_text = "none"},
       Apply::kLive,
       "File with a line for each request, opened anew at each reload; or `stdout`."},
      {"access_log.format", format, {.options = kAccessFormats}, Apply::kLive, "What its lines are; see docs/operating/edge-front.md."}};
}

std::vector<Row<S>> limit_rows() {
  return {
      {"limits.connections",
       FIELD(S, uint32_t, limits.connections_max),
       {.least = 1, .most = kConnectionsMost},
       Apply::kLive,
       "Connections of clients at a time, of all loops together; more are reset."},
      {"limits.connections_per_client",
       FIELD(S, uint32_t, limits.connections_per_client_max),
       {.most = kConnectionsMost},
       Apply::kLive,
       "The same of one IPv4 address or IPv6 /64; 0 is no limit. `trusted_proxies` have none."},
      {"limits.requests_per_connection",
       FIELD(S, uint32_t, limits.requests_per_connection_max),
       {.most = kConnectionsMost},
       Apply::kLive,
       "After so many requests a connection is closed in good order; 0 is no limit."},
      {"limits.header_timeout",
       FIELD(S, Duration, limits.header_timeout),
       {.shortest = 100ms, .longest = 10min},
       Apply::kLive,
       "Time for the whole head of a request, and for TLS and PROXY headers before it; then 408."},
      {"limits.idle_timeout",
       FIELD(S, Duration, limits.idle_timeout),
       {.shortest = 100ms, .longest = 24h},
       Apply::kLive,
       "A connection without a request is closed after so long."},
      {"limits.rate",
       FIELD(S, uint64_t, limits.rate_bytes_min),
       {.most = 1 << 20},
       Apply::kLive,
       "Bytes a second, at least, that a client must take of an answer, or give of a body; 0: one byte each `rate_window` is enough."},
      {"limits.rate_window",
       FIELD(S, Duration, limits.rate_window),
       {.shortest = 100ms, .longest = 1h},
       Apply::kLive,
       "Over so much time of waiting for the client. Time in which the client waits for us does not count."},
      {"limits.header_bytes",
       FIELD(S, uint64_t, limits.header_bytes_max),
       {.least = 1024, .most = 128 << 10},
       Apply::kLive,
       "The head of a request, at most; more is 431."},
      {"limits.request_line_bytes",
       FIELD(S, uint64_t, limits.request_line_bytes_max),
       {.least = 256, .most = 128 << 10},
       Apply::kLive,
       "Its first line, at most; more is 414."},
  };
}

std::vector<Row<S>> proxy_rows() {
  const Choice<S> field{[](S& at, size_t option) { at.proxies.field = static_cast<ClientField>(option); },
                        [](const S& at) { return static_cast<size_t>(at.proxies.field); }};
  return {{"proxy_protocol.from", FIELD(S, Texts, proxies.protocol_from), kProxies, Apply::kLive,
           "Networks of load balancers whose connections all begin with a PROXY header (version 1 or 2), which names the client."},
          {"trusted_proxies", FIELD(S, Texts, proxies.trusted), kProxies, Apply::kLive,
           "Networks of HTTP proxies in front of the edge: what they say of the client's address and scheme counts."},
          {"client_field",
           field,
           {.options = kClientFields},
           Apply::kLive,
           "Where they say it: `X-Forwarded-For` and `X-Forwarded-Proto`, or `Forwarded` (RFC 7239). The proxies must set it themselves."}};
}

}  // namespace

std::span<const Row<EdgeSettings>> edge_rows() {
  static const std::vector<Row<S>> rows = [] {
    std::vector<Row<S>> all = {
        {"listen", FIELD(S, Texts, listen), kEndpoints, Apply::kRestart, "Addresses for HTTP. None, and none for TLS: no edge role."},
        {"listen_tls", FIELD(S, Texts, listen_tls), kEndpoints, Apply::kRestart, "Addresses for HTTPS; needs `tls`."},
        {"tls", Tables{}, {.most = kTlsPairsMax}, Apply::kLive, "Certificates; the first is the default, the others are chosen by SNI."},
        {"http2", FIELD(S, bool, http2), {}, Apply::kRestart, "HTTP/2 on `listen_tls`, for clients that ask for it by ALPN."},
        {"acme", OneTable{}, {}, Apply::kLive, "Certificates from an ACME authority, after those of `tls`."},
        {"https_port",
         FIELD(S, uint32_t, https_port),
         {.least = 1, .most = 65'535},
         Apply::kLive,
         "The port where clients reach TLS, for the redirects of `redirect_https`."},
        {"cache.memory", FIELD(S, uint64_t, cache_memory_bytes), {.most = 1ULL << 42}, Apply::kRestart, "Memory for cached objects."},
        {"cache.disk.path",
         [](S& at) -> std::string& { return (at.cache_disk ? *at.cache_disk : at.cache_disk.emplace()).path; },
         {.format = Format::kDirectory, .default_text = "none"},
         Apply::kRestart,
         "Folder for cached objects, which are there again after a restart. For this alone: what else lies there may be deleted."},
        {"cache.disk.size",
         [](S& at) -> uint64_t& { return (at.cache_disk ? *at.cache_disk : at.cache_disk.emplace()).size_bytes; },
         {.least = 1 << 20, .most = 1ULL << 50, .default_text = "required with `cache.disk.path`"},
         Apply::kRestart,
         "Room for them; the oldest make place for new ones."},
        {"timeouts.connect", FIELD(S, Duration, connect_timeout), kBudget, Apply::kLive,
         "Time for a connection to a region, then the next is tried."},
        {"timeouts.first_byte", FIELD(S, Duration, first_byte_timeout), kBudget, Apply::kLive,
         "Time from the request to the answer's head, then the next region is tried."},
        {"timeouts.stall", FIELD(S, Duration, stall_timeout), kBudget, Apply::kLive,
         "Time without a byte of a body, then it is continued from the next region."},
        {"expose_header",
         FIELD(S, bool, expose_header),
         {},
         Apply::kLive,
         "Whether answers carry `X-Evershore` and `X-Evershore-Request`."},
    };
    for (const auto& part : {access_log_rows(), limit_rows(), proxy_rows()}) all.insert(all.end(), part.begin(), part.end());
    return all;
  }();
  return rows;
}

}  // namespace evershore::app
