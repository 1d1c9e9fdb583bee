// What a shared cache may keep and reuse (RFC 9111, RFC 5861). Pure: heads and times in, verdicts out.
//
// The edge asks a region for a key and forwards none of the client's own fields, so a stored answer fits every client
// and Vary (but for "*") never splits it; Vary is passed on for the caches behind us. Request directives (a browser's
// reload) do not bypass the cache: they would let anyone turn hits into misses.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "base/time.h"
#include "wire/http/message.h"

namespace evershore::edge {

enum class Storable : uint8_t {
  kYes,
  kNotOk,          // only complete 200 answers are kept
  kNoStore,        // said so by the region
  kPrivate,        // for one user's cache only
  kAuthorization,  // RFC 9111 3.5: the request carried credentials, the answer does not permit sharing
  kVariesByAll,    // Vary: *
  kNoLength,       // its end cannot be told from a break
};
struct ClientFacts {
  bool authorization = false;  // the client's request had an Authorization field
};
Storable storable(const ClientFacts& client, const http::ResponseHead& head);

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
  bool never_stale = false;  // must-revalidate, proxy-revalidate, no-cache: not even when all regions are down
  Duration stale_while_revalidate{};
};

// `default_ttl`: of objects without caching headers; 0 = 10 % of the time since Last-Modified, at most a day (RFC 9111 4.2.2).
Freshness freshness_of(const http::ResponseHead& head, const Exchange& exchange, Duration default_ttl);

Duration age_at(const Freshness& freshness, Mono now);

enum class Use : uint8_t {
  kServe,               // fresh
  kServeAndRevalidate,  // stale, but within stale-while-revalidate: serve, and ask in the background
  kRevalidate,          // stale: ask first; if nobody answers, serve it as stale
  kRevalidateStrictly,  // stale or no-cache: ask first; if nobody answers, it must not be served
};
Use use_of(const Freshness& freshness, Mono now);

// The fields of a region's answer that clients get: content-*, cache-control, expires, etag, last-modified, vary, location,
// and x-amz-meta-* but for Evershore's own. Everything else (server names, request ids, hop-by-hop) stays inside.
// Without content-length: framing is the server's.
http::Headers passed_on(const http::Headers& upstream);

// RFC 9111 3.2: the stored fields, updated by those of a 304. Content-Encoding, -Type, -Range and -Length stay: they describe
// the stored bytes.
http::Headers updated_by_304(const http::Headers& stored, const http::Headers& answer);

}  // namespace evershore::edge
