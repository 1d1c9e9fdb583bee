#include "edge/client_address.h"

#include <algorithm>
#include <ranges>
#include <vector>

#include "base/text.h"

namespace evershore::edge {

namespace {

// "192.0.2.7", "192.0.2.7:4711", "2001:db8::7", "[2001:db8::7]:4711" -> the address; "" for anything else ("unknown", "_hidden").
std::string_view address_in(std::string_view text) {
  text = trim(text);
  if (text.starts_with('[')) {
    text = text.substr(1, text.find(']') - 1);
  } else if (std::ranges::count(text, ':') == 1) {
    text = text.substr(0, text.find(':'));
  }
  return address_bytes(text).empty() ? std::string_view{} : text;
}

std::string_view unquoted(std::string_view text) {
  return text.size() >= 2 && text.starts_with('"') && text.ends_with('"') ? text.substr(1, text.size() - 2) : text;
}

struct Link {
  std::string_view address;  // "" = not told, or no address
  std::string_view proto;
};

// RFC 7239 4: "for=192.0.2.7;proto=https". A quoted comma or semicolon is not understood, and leaves an address that is none.
Link link_of(std::string_view element) {
  Link link;
  for (const auto pair : split(element, ';')) {
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    const auto name = trim(pair.substr(0, equals));
    const auto value = unquoted(trim(pair.substr(equals + 1)));
    if (equal_ignoring_case(name, "for")) link.address = address_in(value);
    if (equal_ignoring_case(name, "proto")) link.proto = value;
  }
  return link;
}

// Outermost first.
std::vector<Link> chain_of(std::string_view list, ClientField field) {
  std::vector<Link> chain;
  if (trim(list).empty()) return chain;
  for (const auto element : split(list, ',')) {
    chain.push_back(field == ClientField::kForwarded ? link_of(element) : Link{.address = address_in(element), .proto = {}});
  }
  return chain;
}

}  // namespace

SeenClient seen_client(const http::Headers& fields, ClientField field, const Networks& trusted) {
  constexpr size_t kLinksMax = 64;  // looked at
  const std::string list = fields.joined(field == ClientField::kForwarded ? "forwarded" : "x-forwarded-for");
  SeenClient seen;
  size_t looked = 0;
  std::string_view proto;
  const auto chain = chain_of(list, field);
  for (const auto& link : chain | std::views::reverse) {
    if (!link.proto.empty()) proto = link.proto;
    if (link.address.empty() || ++looked > kLinksMax) break;
    seen.address = link.address;
    if (!trusted.contains(address_bytes(link.address))) break;
  }
  const std::string schemes = field == ClientField::kXForwardedFor ? fields.joined("x-forwarded-proto") : std::string();
  // Proxies set it or continue it: the last word is that of the one nearest to us.
  if (field == ClientField::kXForwardedFor) proto = trim(std::string_view(schemes).substr(schemes.rfind(',') + 1));
  seen.https = equal_ignoring_case(proto, "https");
  return seen;
}

void tell_hop(http::Headers& fields, const Hop& hop) {
  std::string chain = hop.trusted ? fields.joined("x-forwarded-for") : std::string();
  if (!chain.empty()) chain += ", ";
  fields.set("X-Forwarded-For", chain.append(hop.peer));
  fields.set("X-Forwarded-Proto", hop.https ? "https" : "http");
  if (!hop.trusted) fields.remove("forwarded");
}

}  // namespace evershore::edge
