#include "edge/cache_rules.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "edge/website.h"
#include "wire/http/date.h"
#include "wire/http/targeted.h"

namespace evershore::edge {

using namespace std::chrono_literals;

Directives directives_of(const http::Headers& headers) {
  if (headers.has("cdn-cache-control"))
    if (auto control = http::parse_targeted(headers.joined("cdn-cache-control"))) return {std::move(*control), true};
  if (headers.has("surrogate-control"))
    if (auto control = http::parse_surrogate_control(headers.joined("surrogate-control"), kSurrogate)) return {std::move(*control), true};
  return {http::parse_cache_control(headers), false};
}

namespace {

// RFC 9110 15.1 names them; 206 is not kept whole.
bool heuristically_cacheable(uint16_t status) {
  constexpr std::array<uint16_t, 11> kStatuses = {200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501};
  return std::ranges::find(kStatuses, status) != kStatuses.end();
}

// Those whose caching we know all about, for must-understand (RFC 9111 5.2.2.3).
bool understood(uint16_t status) {
  constexpr std::array<uint16_t, 9> kMore = {302, 303, 307, 400, 403, 500, 502, 503, 504};
  return heuristically_cacheable(status) || std::ranges::find(kMore, status) != kMore.end();
}

bool negative(uint16_t status) { return status == 404 || status == 410; }

Wall date_of(const http::ResponseHead& head, const Exchange& exchange) {
  const auto value = head.headers.find("date");
  const auto date = value ? http::parse_http_date(*value) : std::nullopt;
  return date.value_or(exchange.received_wall);
}

bool has_lifetime(const http::ResponseHead& head, const Directives& said) {
  return said.control.s_maxage || said.control.max_age || (!said.targeted && head.headers.has("expires"));
}

// RFC 9111 4.2.1, in its order.
Duration stated_lifetime(const http::ResponseHead& head, const Directives& said, Wall date) {
  if (said.control.s_maxage) return *said.control.s_maxage;
  if (said.control.max_age) return *said.control.max_age;
  const auto expires = http::parse_expires(head.headers).value_or(Wall{});
  if (expires <= date) return Duration::zero();
  return std::min<Duration>(std::chrono::duration_cast<std::chrono::seconds>(expires - date), http::kDeltaSecondsMax);
}

// 10 % of the time since the last change, a day at most (RFC 9111 4.2.2).
Duration heuristic_lifetime(const http::ResponseHead& head, Wall date) {
  const auto modified = head.headers.find("last-modified");
  const auto since = modified ? http::parse_http_date(*modified) : std::nullopt;
  if (!since || *since >= date) return Duration::zero();
  return std::min<Duration>(std::chrono::duration_cast<std::chrono::seconds>((date - *since) / 10), 24h);
}

Duration lifetime_of(const http::ResponseHead& head, const Directives& said, Wall date, const TtlRules& ttl) {
  if (ttl.override_ttl && head.status < 400) return *ttl.override_ttl;
  if (has_lifetime(head, said)) return stated_lifetime(head, said, date);
  if (negative(head.status) && ttl.negative_ttl > Duration::zero()) return ttl.negative_ttl;
  if (head.status == 200 && ttl.default_ttl > Duration::zero()) return ttl.default_ttl;
  if (!heuristically_cacheable(head.status) && !said.control.is_public) return Duration::zero();
  return heuristic_lifetime(head, date);
}

// Whether lifetime_of() can be more than nothing.
bool may_live(const http::ResponseHead& head, const Directives& said, const TtlRules& ttl) {
  if (has_lifetime(head, said) || (ttl.override_ttl && head.status < 400)) return true;
  if (negative(head.status) && ttl.negative_ttl > Duration::zero()) return true;
  return (heuristically_cacheable(head.status) || said.control.is_public) && head.headers.has("last-modified");
}

Duration initial_age_of(const http::ResponseHead& head, const Exchange& exchange, Wall date) {
  const Duration apparent = std::max<Duration>(Duration::zero(), exchange.received_wall - date);
  const Duration stated = http::parse_age(head.headers).value_or(0s);
  return std::max(apparent, stated + (exchange.received - exchange.asked));
}

// How old such an answer is nobody can tell, so it is not taken for a fresh one.
bool age_unreadable(const http::Headers& headers) { return headers.has("age") && !http::parse_age(headers); }

}  // namespace

Storable storable(const ClientFacts& client, const http::ResponseHead& head, const TtlRules& ttl) {
  if (head.status < 200 || head.status == 206 || head.status == 304) return Storable::kNotOk;
  const auto said = directives_of(head.headers);
  const auto& control = said.control;
  if (control.must_understand && !understood(head.status)) return Storable::kNotOk;
  if (control.no_store && !control.must_understand) return Storable::kNoStore;
  if (control.is_private) return Storable::kPrivate;
  if (http::parse_vary(head.headers).any) return Storable::kVariesByAll;
  const bool shareable = control.is_public || control.must_revalidate || control.s_maxage;
  if (client.authorization && !shareable) return Storable::kAuthorization;
  // A 200 is worth keeping without a lifetime too: for a revalidation, and for the day when nobody answers.
  if (head.status != 200 && !may_live(head, said, ttl)) return Storable::kNotOk;
  if (!head.content_length && !http::status_without_body(head.status)) return Storable::kNoLength;
  return Storable::kYes;
}

Freshness freshness_of(const http::ResponseHead& head, const Exchange& exchange, const TtlRules& ttl) {
  const auto said = directives_of(head.headers);
  const auto& control = said.control;
  const Wall date = date_of(head, exchange);
  Freshness freshness;
  freshness.received = exchange.received;
  freshness.initial_age = initial_age_of(head, exchange, date);
  freshness.lifetime = age_unreadable(head.headers) ? Duration::zero() : lifetime_of(head, said, date, ttl);
  if (ttl.max_ttl) freshness.lifetime = std::min(freshness.lifetime, *ttl.max_ttl);
  freshness.ask_always = control.no_cache && !ttl.override_ttl;
  // RFC 9111 5.2.2.10: s-maxage has the meaning of proxy-revalidate, too.
  freshness.never_stale = control.must_revalidate || control.proxy_revalidate || control.s_maxage || freshness.ask_always;
  freshness.stale_while_revalidate = control.stale_while_revalidate.value_or(0s);
  if (control.stale_if_error) freshness.stale_if_error = *control.stale_if_error;
  return freshness;
}

Duration age_at(const Freshness& freshness, Mono now) {
  return freshness.initial_age + std::max(Duration::zero(), now - freshness.received);
}

Use use_of(const Freshness& freshness, Mono now) {
  if (freshness.ask_always) return Use::kRevalidateStrictly;
  const Duration age = age_at(freshness, now);
  if (age < freshness.lifetime) return Use::kServe;  // RFC 9111 4.2: fresh while lifetime > age
  if (freshness.never_stale) return Use::kRevalidateStrictly;
  const Duration stale_for = age - freshness.lifetime;
  if (stale_for < freshness.stale_while_revalidate) return Use::kServeAndRevalidate;
  return stale_for < freshness.stale_if_error ? Use::kRevalidate : Use::kRevalidateStrictly;  // RFC 5861 4
}

namespace {

constexpr std::string_view kMeta = "x-amz-meta-", kOwnMeta = "x-amz-meta-evershore";

constexpr std::array<std::string_view, 15> kPassed = {"cache-control",
                                                      "cdn-cache-control",
                                                      "content-disposition",
                                                      "content-encoding",
                                                      "content-language",
                                                      "content-location",
                                                      "content-range",
                                                      "content-type",
                                                      "date",
                                                      "etag",
                                                      "expires",
                                                      "last-modified",
                                                      "location",
                                                      "vary",
                                                      kObjectRedirect};

bool passes(std::string_view name) {
  const std::string lower = to_lower(name);
  if (lower.starts_with(kMeta)) return !lower.starts_with(kOwnMeta);
  if (std::ranges::find(kPassed, std::string_view(lower)) != kPassed.end()) return true;
  return lower.starts_with("content-security-policy");
}

bool describes_bytes(std::string_view name) {
  constexpr std::array<std::string_view, 5> kNames = {"content-encoding", "content-length", "content-range", "content-md5", "etag"};
  return std::ranges::any_of(kNames, [&](std::string_view own) { return equal_ignoring_case(own, name); });
}

}  // namespace

http::Headers passed_on(const http::Headers& upstream) {
  http::Headers kept;
  for (const auto& header : upstream)
    if (passes(header.name)) kept.add(header.name, header.value);
  return kept;
}

http::Headers without_withheld(const http::Headers& passed, const http::CacheControl& control) {
  if (control.no_cache_fields.empty() && control.private_fields.empty()) return passed;
  const auto named_in = [](const std::vector<std::string>& names, std::string_view name) {
    return std::ranges::any_of(names, [&](std::string_view own) { return equal_ignoring_case(own, name); });
  };
  http::Headers kept;
  for (const auto& header : passed)
    if (!named_in(control.no_cache_fields, header.name) && !named_in(control.private_fields, header.name))
      kept.add(header.name, header.value);
  return kept;
}

http::Headers updated_by_304(const http::Headers& stored, const http::Headers& news) {
  http::Headers merged;
  for (const auto& header : stored)
    if (describes_bytes(header.name) || !news.has(header.name)) merged.add(header.name, header.value);
  for (const auto& header : news)
    if (!describes_bytes(header.name)) merged.add(header.name, header.value);
  return merged;
}

}  // namespace evershore::edge
