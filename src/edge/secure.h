// What a site wants of its transport: plain requests sent over to HTTPS, and browsers told to stay there (RFC 6797).
#pragma once

#include <optional>
#include <string>

#include "edge/answer.h"
#include "model/settings.h"
#include "wire/http/message.h"

namespace evershore::edge {

// The answer to a plain request of a site that wants HTTPS; nullopt where it does not, or the request names no host.
// 301 for GET and HEAD; 308 for the rest, which must not become a GET. `https_port`: where clients reach TLS.
std::optional<Refusal> redirect_to_https(const SiteSettings& site, const http::RequestHead& request, uint32_t https_port);

// Strict-Transport-Security's value; "" = the site wants none.
std::string strict_transport(const HstsSettings& hsts);

// Where an ACME authority asks for proof that a host is ours (RFC 8555 8.3).
inline constexpr std::string_view kAcmePath = "/.well-known/acme-challenge/";
// The answer to such a question: TOKEN.THUMBPRINT, for any token, with any node that has the account. nullopt: it is no such
// question, or `thumbprint` is "".
std::optional<Refusal> answer_acme(const http::RequestHead& request, std::string_view thumbprint);

}  // namespace evershore::edge
