// What a shared cache may keep and reuse (RFC 9111, RFC 5861, RFC 9213). Pure: heads and times in, verdicts out.
//
// Sites that forward keys ask a region for a key and send none of the client's own fields, so a stored answer fits every
// client and Vary (but for "*") never splits it; sites that forward requests choose by it (variants.h).
// Of a request's directives only only-if-cached counts. The others (a browser's reload) would let anyone turn hits into
// misses, and RFC 9111 5.2.1 leaves them to the cache.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.h"
#include "wire/http/cache_control.h"
#include "wire/http/message.h"

namespace evershore::edge {

// What the settings of a site say about lifetimes.
struct TtlRules {
  Duration default_ttl{};                  // of 200s without caching fields; 0 = the heuristic
  Duration negative_ttl{};                 // of 404 and 410 without them; 0 = not kept
  std::optional<Duration> override_ttl{};  // instead of all that regions say
  std::optional<Duration> max_ttl{};
};

// The directives that count for us: of CDN-Cache-Control (RFC 9213), else of Surrogate-Control, else of Cache-Control.
struct Directives {
  http::CacheControl control;
  bool targeted = false;  // of one of the first two: then Cache-Control and Expires say nothing (RFC 9213 2.2)
};
Directives directives_of(const http::Headers& headers);

// The name by which Surrogate-Control addresses us.
inline constexpr std::string_view kSurrogate = "evershore";

enum class Storable : uint8_t {
  kYes,
  kNotOk,          // a status that is not kept, or not without a lifetime of its own
  kNoStore,        // said so by the region
  kPrivate,        // for one user's cache only
  kAuthorization,  // RFC 9111 3.5: the request carried credentials, the answer does not permit sharing
  kVariesByAll,    // Vary: *
  kNoLength,       // its end cannot be told from a break
};
struct ClientFacts {
  bool authorization = false;  // the client's request had an Authorization field
};
Storable storable(const ClientFacts& client, const http::ResponseHead& head, const TtlRules& ttl);

// When an answer was had, for its age.
struct Exchange {
  Mono asked{};
  Mono received{};
  Wall received_wall{};
};

struct Freshness {
  Mono received{};
  Duration initial_age{};    // RFC 9111 4.2.3: corrected_initial_age
  Duration lifetime{};       // 0 = stale from the start
  bool ask_always = false;   // no-cache: every use needs a revalidation
  bool never_stale = false;  // must-revalidate, proxy-revalidate, s-maxage, no-cache: not even when all regions are down
  Duration stale_while_revalidate{};
  Duration stale_if_error = Duration::max();  // how long past its lifetime it may be served when nobody answers
};

Freshness freshness_of(const http::ResponseHead& head, const Exchange& exchange, const TtlRules& ttl);

Duration age_at(const Freshness& freshness, Mono now);

enum class Use : uint8_t {
  kServe,               // fresh
  kServeAndRevalidate,  // stale, but within stale-while-revalidate: serve, and ask in the background
  kRevalidate,          // stale: ask first; if nobody answers, serve it as stale
  kRevalidateStrictly,  // stale or no-cache: ask first; if nobody answers, it must not be served
};
Use use_of(const Freshness& freshness, Mono now);

// The fields of a region's answer that clients of a site that forwards keys get: content-*, cache-control, date, expires, etag,
// last-modified, vary, location, and x-amz-meta-* but for Evershore's own. Everything else (server names, request ids,
// hop-by-hop) stays inside. Without content-length: framing is the server's.
http::Headers passed_on(const http::Headers& upstream);

// RFC 9111 5.2.2.4, 5.2.2.7: fields that no-cache="..." and private="..." name are for the client that asked and are not stored.
http::Headers without_withheld(const http::Headers& passed, const http::CacheControl& control);

// RFC 9111 3.2: the stored fields, updated by those of a 304 that are passed on. What describes the stored bytes stays:
// Content-Encoding, -Length, -Range, -MD5 and ETag.
http::Headers updated_by_304(const http::Headers& stored, const http::Headers& news);

}  // namespace evershore::edge
