#include "edge/website.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "wire/http/uri.h"

namespace evershore::edge {

namespace {

std::string_view scheme_of(bool tls) { return tls ? "https" : "http"; }

// For what people write into settings: only bytes that a field value or URL cannot hold are encoded.
void append_written(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c > ' ' && c < 0x7f) {
      out.push_back(c);
    } else {
      http::append_percent_encoded(out, std::string_view(&c, 1), http::Slash::kKeep);
    }
  }
}

// "/" and the rest. A path that begins with "//" would be taken for another host (RFC 3986 4.2).
std::string path_from(std::string rest) {
  if (rest.starts_with('/')) rest.replace(0, 1, "%2F");
  return "/" + rest;
}

std::string path_of(const RedirectSettings& rule, std::string_view key) {
  std::string path;
  if (!rule.replace_key_with.empty()) {
    append_written(path, rule.replace_key_with);
  } else {
    if (rule.replaces_prefix) {
      append_written(path, rule.replace_key_prefix_with);
      key.remove_prefix(rule.key_prefix.size());
    }
    http::append_percent_encoded(path, key, http::Slash::kKeep);
  }
  return path_from(std::move(path));
}

bool applies(const RedirectSettings& rule, std::string_view key, uint16_t error_status) {
  return rule.error_status == error_status && key.starts_with(rule.key_prefix);
}

std::string origin_of(std::string_view protocol, std::string_view host, bool tls) {
  std::string origin(protocol.empty() ? scheme_of(tls) : protocol);
  return origin.append("://").append(host);
}

void keep_query(std::string& location, std::string_view query) {
  if (!query.empty() && location.find_first_of("?#") == std::string::npos) location.append("?").append(query);
}

}  // namespace

bool has_gate(const SiteBehaviour& behaviour) {
  return !behaviour.redirect_all.host.empty() || !behaviour.redirects.empty() || !behaviour.cors.empty() ||
         !behaviour.access.methods.empty() || !behaviour.access.referers.empty() || !behaviour.signing.keys.empty();
}

std::optional<Visited> visited_of(const http::RequestHead& request, bool tls) {
  auto path = request.path();
  if (path.starts_with('/')) path.remove_prefix(1);
  auto key = http::percent_decode(path);
  if (!key) return std::nullopt;
  return Visited{.key = std::move(*key), .host = request.host, .query = request.query(), .tls = tls};
}

Redirect redirect_all(const RedirectAllSettings& all, std::string_view target, bool tls) {
  auto location = origin_of(all.protocol, all.host, tls);
  location.append(target.starts_with('/') ? "" : "/").append(target);
  return {.status = 301, .location = std::move(location)};
}

std::optional<Redirect> redirect_for(std::span<const RedirectSettings> rules, const Visited& visited, uint16_t error_status) {
  const auto rule = std::ranges::find_if(rules, [&](const auto& each) { return applies(each, visited.key, error_status); });
  if (rule == rules.end()) return std::nullopt;
  std::string location;
  if (!rule->host.empty() || !rule->protocol.empty())
    location = origin_of(rule->protocol, rule->host.empty() ? visited.host : rule->host, visited.tls);
  location += path_of(*rule, visited.key);
  keep_query(location, visited.query);
  return Redirect{.status = static_cast<uint16_t>(rule->status), .location = std::move(location)};
}

bool may_be_folder(const SiteSettings& site, const Visited& visited) {
  return site.behaviour.folder_redirect && !site.index.empty() && !visited.key.empty() && !visited.key.ends_with('/');
}

Redirect folder_redirect(const Visited& visited) {
  std::string location = path_from(http::percent_encode(visited.key, http::Slash::kKeep)) + "/";
  keep_query(location, visited.query);
  return {.status = 302, .location = std::move(location)};
}

bool apply_object_redirect(http::ResponseHead& head) {
  const auto found = head.headers.find(kObjectRedirect);
  if (!found) return false;
  std::string location(*found);
  const bool leads = location.starts_with('/') || location.starts_with("http://") || location.starts_with("https://");
  const bool of_object = head.status == 200 || head.status == 206 || head.status == 304;
  head.headers.remove(kObjectRedirect);
  if (!leads || !of_object) return false;
  constexpr std::array<std::string_view, 8> kKept = {"age", "cache-control", "date", "expires", "set-cookie", "vary", "via", "x-evershore"};
  http::ResponseHead redirect;
  redirect.status = 301;
  for (const auto& header : head.headers)
    if (std::ranges::any_of(kKept, [&](auto name) { return equal_ignoring_case(name, header.name); }))
      redirect.headers.add(header.name, header.value);
  redirect.headers.add("Location", location);
  head = std::move(redirect);
  return true;
}

http::ResponseHead redirect_head(Redirect redirect) {
  http::ResponseHead head;
  head.status = redirect.status;
  head.headers.add("Location", redirect.location);
  head.headers.add("Via", "1.1 evershore");
  return head;
}

std::optional<ErrorPageSettings> error_page_for(const SiteSettings& site, uint16_t status) {
  for (const auto& page : site.behaviour.error_pages) {
    if (page.status != status) continue;
    auto found = page;
    if (found.answer == 0) found.answer = status;
    return found;
  }
  if (status != 404 || site.error_document.empty()) return std::nullopt;
  return ErrorPageSettings{.status = 404, .document = site.error_document, .answer = 404};
}

Duration negative_ttl_of(const SiteSettings& site) {
  const auto page = error_page_for(site, 404);
  return page && page->ttl > Duration::zero() ? page->ttl : site.negative_ttl;
}

}  // namespace evershore::edge
