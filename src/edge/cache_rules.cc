#include "edge/cache_rules.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "wire/http/cache_control.h"
#include "wire/http/date.h"

namespace evershore::edge {

using namespace std::chrono_literals;

Storable storable(const ClientFacts& client, const http::ResponseHead& head) {
  if (head.status != 200) return Storable::kNotOk;
  if (!head.content_length) return Storable::kNoLength;
  const auto control = http::parse_cache_control(head.headers);
  if (control.no_store) return Storable::kNoStore;
  if (control.is_private) return Storable::kPrivate;
  if (http::parse_vary(head.headers).any) return Storable::kVariesByAll;
  const bool shareable = control.is_public || control.must_revalidate || control.s_maxage;
  if (client.authorization && !shareable) return Storable::kAuthorization;
  return Storable::kYes;
}

namespace {

Wall date_of(const http::ResponseHead& head, const Exchange& exchange) {
  const auto value = head.headers.find("date");
  const auto date = value ? http::parse_http_date(*value) : std::nullopt;
  return date.value_or(exchange.received_wall);
}

// RFC 9111 4.2.1, in its order; then the site's default or the heuristic of 4.2.2.
Duration lifetime_of(const http::ResponseHead& head, const http::CacheControl& control, Wall date, Duration default_ttl) {
  if (control.s_maxage) return *control.s_maxage;
  if (control.max_age) return *control.max_age;
  if (const auto expires = http::parse_expires(head.headers)) {
    if (*expires <= date) return Duration::zero();
    return std::min<Duration>(std::chrono::duration_cast<std::chrono::seconds>(*expires - date), http::kDeltaSecondsMax);
  }
  if (default_ttl > Duration::zero()) return default_ttl;
  const auto modified = head.headers.find("last-modified");
  const auto since = modified ? http::parse_http_date(*modified) : std::nullopt;
  if (!since || *since >= date) return Duration::zero();
  return std::min<Duration>(std::chrono::duration_cast<std::chrono::seconds>((date - *since) / 10), 24h);
}

Duration initial_age_of(const http::ResponseHead& head, const Exchange& exchange, Wall date) {
  const Duration apparent = std::max<Duration>(Duration::zero(), exchange.received_wall - date);
  const Duration stated = http::parse_age(head.headers).value_or(0s);
  return std::max(apparent, stated + (exchange.received - exchange.asked));
}

}  // namespace

Freshness freshness_of(const http::ResponseHead& head, const Exchange& exchange, Duration default_ttl) {
  const auto control = http::parse_cache_control(head.headers);
  const Wall date = date_of(head, exchange);
  Freshness freshness;
  freshness.received = exchange.received;
  freshness.initial_age = initial_age_of(head, exchange, date);
  freshness.lifetime = lifetime_of(head, control, date, default_ttl);
  freshness.ask_always = control.no_cache || !control.no_cache_fields.empty();
  freshness.never_stale = control.must_revalidate || control.proxy_revalidate || freshness.ask_always;
  freshness.stale_while_revalidate = control.stale_while_revalidate.value_or(0s);
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
  if (age < freshness.lifetime + freshness.stale_while_revalidate) return Use::kServeAndRevalidate;
  return Use::kRevalidate;
}

namespace {

constexpr std::string_view kMeta = "x-amz-meta-", kOwnMeta = "x-amz-meta-evershore";

constexpr std::array<std::string_view, 12> kPassed = {"cache-control",    "content-disposition", "content-encoding", "content-language",
                                                      "content-location", "content-range",       "content-type",     "etag",
                                                      "expires",          "last-modified",       "location",         "vary"};

bool passes(std::string_view name) {
  const std::string lower = to_lower(name);
  if (lower.starts_with(kMeta)) return !lower.starts_with(kOwnMeta);
  if (std::ranges::find(kPassed, std::string_view(lower)) != kPassed.end()) return true;
  return lower.starts_with("content-security-policy");
}

bool describes_bytes(std::string_view name) {
  const std::string lower = to_lower(name);
  return lower == "content-encoding" || lower == "content-type" || lower == "content-range" || lower == "content-length";
}

}  // namespace

http::Headers passed_on(const http::Headers& upstream) {
  http::Headers kept;
  for (const auto& header : upstream)
    if (passes(header.name)) kept.add(header.name, header.value);
  return kept;
}

http::Headers updated_by_304(const http::Headers& stored, const http::Headers& answer) {
  const http::Headers news = passed_on(answer);
  http::Headers merged;
  for (const auto& header : stored)
    if (describes_bytes(header.name) || !news.has(header.name)) merged.add(header.name, header.value);
  for (const auto& header : news)
    if (!describes_bytes(header.name)) merged.add(header.name, header.value);
  return merged;
}

}  // namespace evershore::edge
