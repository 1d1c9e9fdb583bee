// Redirects and error pages as S3 website hosting and CloudFront's custom error responses have them. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/time.h"
#include "model/settings.h"
#include "wire/http/message.h"

namespace evershore::edge {

// Whether anything may stand between a request and its object: else nothing needs to be looked at.
bool has_gate(const SiteBehaviour& behaviour);

// What a visitor asked for, as redirects see it.
struct Visited {
  std::string key;         // decoded, without the site's prefix and index
  std::string_view host;   // as sent, with its port
  std::string_view query;  // as sent
  bool tls = false;
};
// nullopt: a path whose escapes are broken.
std::optional<Visited> visited_of(const http::RequestHead& request, bool tls);

struct Redirect {
  uint16_t status = 301;
  std::string location;
  bool operator==(const Redirect&) const = default;
};

// `target` as the client sent it, on the other host. Not for a site without redirect_all.
Redirect redirect_all(const RedirectAllSettings& all, std::string_view target, bool tls);

// The first rule that applies: with error_status 0 those that do not wait for an error, else those for this one.
// Without host and protocol the location is a path. What replaces is used as it is written, so that it may hold '?' and '#';
// what is left of the key is encoded; the query is kept where there is neither of the two.
std::optional<Redirect> redirect_for(std::span<const RedirectSettings> rules, const Visited& visited, uint16_t error_status);

// A key without an object, but with an index document below it: 302 to the same with '/' behind it.
bool may_be_folder(const SiteSettings& site, const Visited& visited);
Redirect folder_redirect(const Visited& visited);

// The field by which an object in a bucket is a redirect.
inline constexpr std::string_view kObjectRedirect = "x-amz-website-redirect-location";
// An answer that carries it becomes a 301 without a body, one whose value is neither a path nor an http(s) address just loses it.
// True: it is a redirect now.
bool apply_object_redirect(http::ResponseHead& head);

http::ResponseHead redirect_head(Redirect redirect);

// The page for a status: of error_pages, for 404 also error_document. nullopt: none.
std::optional<ErrorPageSettings> error_page_for(const SiteSettings& site, uint16_t status);
// How long it is known that no region has a key.
Duration negative_ttl_of(const SiteSettings& site);

}  // namespace evershore::edge
