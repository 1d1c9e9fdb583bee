#include "edge/forward.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "wire/http/lists.h"

namespace evershore::edge {

namespace {

template <size_t N>
bool one_of(std::string_view name, const std::array<std::string_view, N>& names) {
  return std::ranges::any_of(names, [&](std::string_view own) { return equal_ignoring_case(own, name); });
}

// RFC 9110 7.6.1, and those of older practice.
bool hop_by_hop(std::string_view name) {
  constexpr std::array<std::string_view, 11> kNames = {"connection",
                                                       "keep-alive",
                                                       "proxy-authenticate",
                                                       "proxy-authentication-info",
                                                       "proxy-authorization",
                                                       "proxy-connection",
                                                       "te",
                                                       "trailer",
                                                       "transfer-encoding",
                                                       "upgrade",
                                                       "content-length"};
  return one_of(name, kNames);
}

bool conditional(std::string_view name) {
  constexpr std::array<std::string_view, 6> kNames = {"if-match", "if-none-match", "if-modified-since", "if-unmodified-since",
                                                      "if-range", "range"};
  return one_of(name, kNames);
}

bool named_by_connection(const std::string& connection, std::string_view name) {
  return !connection.empty() && http::list_contains(connection, name);
}

// "http://HOST/x", "//HOST/x" or "/x" on this host -> "/x"; "" for anything else.
std::string target_on_host(std::string_view reference, std::string_view host) {
  if (const auto scheme = reference.find("://"); scheme != std::string_view::npos && scheme < reference.find('/')) {
    reference.remove_prefix(scheme + 1);
  }
  if (reference.starts_with("//")) {
    reference.remove_prefix(2);
    const auto end = std::min(reference.find('/'), reference.size());
    if (!equal_ignoring_case(reference.substr(0, end), host)) return "";
    reference.remove_prefix(end);
  }
  reference = reference.substr(0, reference.find('#'));
  return reference.starts_with('/') ? std::string(reference) : "";
}

}  // namespace

http::Headers forwarded_fields(const http::RequestHead& client, Conditions conditions) {
  const std::string connection = client.headers.joined("connection");
  http::Headers fields;
  for (const auto& header : client.headers) {
    const bool left_out = hop_by_hop(header.name) || named_by_connection(connection, header.name) ||
                          one_of<3>(header.name, {"host", "expect", "via"}) ||
                          (conditions == Conditions::kLeaveOut && conditional(header.name));
    if (!left_out) fields.add(header.name, header.value);
  }
  // RFC 9110 7.6.3: the protocol by which it came.
  const std::string via = client.headers.joined("via"), ours = client.major_version == 2 ? "2.0 evershore" : "1.1 evershore";
  fields.add("Via", via.empty() ? ours : via + ", " + ours);
  fields.add("Surrogate-Capability", "evershore=\"Surrogate/1.0\"");
  return fields;
}

http::Headers end_to_end(const http::Headers& upstream) {
  const std::string connection = upstream.joined("connection");
  http::Headers fields;
  for (const auto& header : upstream) {
    const bool left_out =
        hop_by_hop(header.name) || named_by_connection(connection, header.name) ||
        one_of<6>(header.name, {"age", "via", "surrogate-control", "surrogate-key", "x-evershore", "x-evershore-request"});
    if (!left_out) fields.add(header.name, header.value);
  }
  const std::string via = upstream.joined("via");
  fields.add("Via", via.empty() ? "1.1 evershore" : via + ", 1.1 evershore");
  return fields;
}

std::string forwarded_target(const SiteSettings& site, const http::RequestHead& client) {
  if (site.prefix.empty()) return client.target;
  return (site.prefix.starts_with('/') ? "" : "/") + site.prefix + client.target;
}

bool safe_method(std::string_view method) { return one_of<4>(method, {"GET", "HEAD", "OPTIONS", "TRACE"}); }

std::vector<std::string> invalidated_targets(const http::RequestHead& client, const http::Headers& answer) {
  std::vector<std::string> targets;
  for (const auto* name : {"location", "content-location"}) {
    auto target = target_on_host(answer.get(name), client.host);
    if (!target.empty()) targets.push_back(std::move(target));
  }
  return targets;
}

}  // namespace evershore::edge
