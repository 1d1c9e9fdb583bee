// The rows of how a site behaves: redirects, error pages, fields, cross-origin rules, access.
#include <array>

#include "app/settings/rows.h"
#include "model/object.h"

namespace evershore::app {

namespace {

using Texts = std::vector<std::string>;

#define FIELD(Struct, Type, member) [](Struct& at) -> Type& { return at.member; }

constexpr std::array<Option, 2> kProtocols{{{"http"}, {"https"}}};
constexpr std::array<Option, 5> kCorsMethods{{{"GET"}, {"HEAD"}, {"PUT"}, {"POST"}, {"DELETE"}}};
constexpr std::array<Option, 7> kMethods{{{"GET"}, {"HEAD"}, {"OPTIONS"}, {"PUT"}, {"POST"}, {"DELETE"}, {"PATCH"}}};

std::span<const Row<SiteSettings>> site_behaviour_rows() {
  using S = SiteSettings;
  static const Row<S> rows[] = {
      {"folder_redirect",
       FIELD(S, bool, behaviour.folder_redirect),
       {},
       Apply::kLive,
       "Whether `/docs` leads to `/docs/` where there is no key `docs`, but a key `docs/` with the index document behind it."},
      {"redirect_all.host",
       FIELD(S, std::string, behaviour.redirect_all.host),
       {.most = 255, .default_text = "none"},
       Apply::kLive,
       "Host, with its port if need be, that every request is sent to (301), path and query kept."},
      {"redirect_all.protocol",
       FIELD(S, std::string, behaviour.redirect_all.protocol),
       {.options = kProtocols, .default_text = "the request's"},
       Apply::kLive,
       "Scheme of that redirect."},
      {"redirects",
       Tables{},
       {.most = kRedirectsMax},
       Apply::kLive,
       "Rules that lead elsewhere, as S3's routing rules; the first that applies counts."},
      {"error_pages", Tables{}, {.most = kErrorPagesMax}, Apply::kLive, "Pages for errors, with another status if wanted."},
      {"headers.security",
       FIELD(S, bool, behaviour.headers.security),
       {},
       Apply::kLive,
       "Adds `X-Content-Type-Options: nosniff`, `X-Frame-Options: SAMEORIGIN`, `Referrer-Policy: strict-origin-when-cross-origin` and "
       "`X-XSS-Protection: 1; mode=block` where an answer has none of its own."},
      {"headers.set",
       Named{},
       {.most = kPolicyFieldsMax},
       Apply::kLive,
       "`{ \"Name\" = \"value\" }`: fields for answers that have none of that name."},
      {"headers.override",
       Named{},
       {.most = kPolicyFieldsMax},
       Apply::kLive,
       "`{ \"Name\" = \"value\" }`: fields that replace those of the answer."},
      {"headers.remove",
       FIELD(S, Texts, behaviour.headers.remove),
       {.format = Format::kName, .most = kPolicyFieldsMax},
       Apply::kLive,
       "Names of fields that answers lose."},
      {"cors",
       Tables{},
       {.most = kCorsRulesMax},
       Apply::kLive,
       "Cross-origin rules as S3's; the first that fits counts. Preflights are answered by the edge."},
  };
  return rows;
}

std::span<const Row<SiteSettings>> site_delivery_rows() {
  using S = SiteSettings;
  static const Row<S> rows[] = {
      {"access.methods",
       FIELD(S, Texts, behaviour.access.methods),
       {.most = kMethods.size(), .options = kMethods},
       Apply::kLive,
       "Methods that the site takes, all that it can do if empty; others get 405. `OPTIONS` is always answered."},
      {"access.referers",
       FIELD(S, Texts, behaviour.access.referers),
       {.format = Format::kHost, .most = 256},
       Apply::kLive,
       "Hosts whose pages may embed what is here (`Referer`); requests from others get 403. Empty: any."},
      {"access.referer_absent",
       FIELD(S, bool, behaviour.access.referer_absent),
       {},
       Apply::kLive,
       "Whether a request without `Referer` passes; browsers and tools often send none."},
      {"compress",
       FIELD(S, bool, behaviour.compression.on),
       {},
       Apply::kLive,
       "Whether answers are compressed (`br`, `zstd`, `gzip`) for clients that take it. What is encoded already is left as it is."},
      {"compression.types",
       FIELD(S, Texts, behaviour.compression.types),
       {.most = 100, .default_text = "text, JSON, XML, JavaScript, SVG, WASM, uncompressed fonts"},
       Apply::kLive,
       "Media types worth it: `application/json`, `text/*`."},
      {"compression.min_size",
       FIELD(S, uint64_t, behaviour.compression.least_bytes),
       {.most = 1ULL << 30},
       Apply::kLive,
       "Smaller ones are left as they are."},
      {"compression.max_size",
       FIELD(S, uint64_t, behaviour.compression.most_bytes),
       {.least = 1, .most = 1ULL << 30},
       Apply::kLive,
       "Larger ones, too."},
      {"precompressed",
       FIELD(S, bool, behaviour.compression.precompressed),
       {},
       Apply::kLive,
       "Whether `KEY.br`, `KEY.zst` or `KEY.gz` in the bucket is served as the compressed form of `KEY`."},
      {"signed.keys",
       Tables{},
       {.most = kSigningKeysMax},
       Apply::kLive,
       "Keys that sign links and cookies; the first one signs, all are accepted. Empty: nothing needs a signature."},
      {"signed.prefixes",
       FIELD(S, Texts, behaviour.signing.prefixes),
       {.least = 0, .most = 100},
       Apply::kLive,
       "Keys that need a signature: those that begin so, without the site's prefix. Empty: all."},
  };
  return rows;
}

}  // namespace

std::span<const Row<SiteSettings>> with_behaviour(std::span<const Row<SiteSettings>> rows) {
  static const auto all = [rows] {
    std::vector<Row<SiteSettings>> joined(rows.begin(), rows.end());
    for (const auto more : {site_reads_rows(), site_replication_rows(), site_behaviour_rows(), site_delivery_rows()})
      joined.insert(joined.end(), more.begin(), more.end());
    return joined;
  }();
  return all;
}

std::span<const Row<SigningKeySettings>> signing_key_rows() {
  using S = SigningKeySettings;
  static const Row<S> rows[] = {
      {"id",
       FIELD(S, std::string, id),
       {.required = true, .format = Format::kName, .least = 1, .most = 64},
       Apply::kLive,
       "Its name, in the links."},
      {"secret", FIELD(S, Secret, secret), {.required = true}, Apply::kLive, "At least 16 bytes; make one with `openssl rand -hex 32`."},
  };
  return rows;
}

std::span<const Row<RedirectSettings>> redirect_rows() {
  using S = RedirectSettings;
  constexpr Limits kReplacement{.most = kObjectKeyBytesMax, .default_text = "none"};
  static const Row<S> rows[] = {
      {"key_prefix",
       FIELD(S, std::string, key_prefix),
       {.most = kObjectKeyBytesMax, .default_text = "any"},
       Apply::kLive,
       "Applies to keys that begin so, without the site's prefix and index."},
      {"http_error_code_equals",
       FIELD(S, uint32_t, error_status),
       {.least = 400, .most = 599, .default_text = "none"},
       Apply::kLive,
       "Applies only if this would be the answer. Without it, the object is not even looked for."},
      {"host",
       FIELD(S, std::string, host),
       {.most = 255, .default_text = "the request's"},
       Apply::kLive,
       "Host, with its port if need be, to go to."},
      {"protocol",
       FIELD(S, std::string, protocol),
       {.options = kProtocols, .default_text = "the request's"},
       Apply::kLive,
       "Scheme to go to."},
      {"replace_key_prefix_with",
       [](S& at) -> std::string& {
         at.replaces_prefix = true;
         return at.replace_key_prefix_with;
       },
       kReplacement, Apply::kLive, "In the place of `key_prefix`; used as it is written."},
      {"replace_key_with", FIELD(S, std::string, replace_key_with), kReplacement, Apply::kLive,
       "In the place of the whole key; used as it is written."},
      {"http_redirect_code", FIELD(S, uint32_t, status), {.least = 301, .most = 308}, Apply::kLive, "301, 302, 303, 307 or 308."},
  };
  return rows;
}

std::span<const Row<ErrorPageSettings>> error_page_rows() {
  using S = ErrorPageSettings;
  static const Row<S> rows[] = {
      {"status",
       FIELD(S, uint32_t, status),
       {.required = true, .least = 400, .most = 599},
       Apply::kLive,
       "The error: 400, 403, 404, 405, 416 or 503."},
      {"document",
       FIELD(S, std::string, document),
       {.required = true, .least = 1, .most = kObjectKeyBytesMax},
       Apply::kLive,
       "Key of its page, below the site's prefix."},
      {"answer",
       FIELD(S, uint32_t, answer),
       {.least = 200, .most = 599, .default_text = "the same"},
       Apply::kLive,
       "The status that clients get."},
      {"ttl",
       FIELD(S, Duration, ttl),
       {.longest = 24h, .default_text = "`negative_ttl`"},
       Apply::kLive,
       "Of 404: for so long \"no region has this key\" is answered without asking again."},
  };
  return rows;
}

std::span<const Row<CorsRuleSettings>> cors_rows() {
  using S = CorsRuleSettings;
  static const Row<S> rows[] = {
      {"origins",
       FIELD(S, Texts, origins),
       {.required = true, .least = 1, .most = 100},
       Apply::kLive,
       "Origins such as `https://app.example.com`, each with at most one `*`."},
      {"methods",
       FIELD(S, Texts, methods),
       {.required = true, .least = 1, .most = kCorsMethods.size(), .options = kCorsMethods},
       Apply::kLive,
       "Methods that pages of those origins may use."},
      {"headers", FIELD(S, Texts, headers), {.most = 100}, Apply::kLive, "Fields that their requests may have, each with at most one `*`."},
      {"expose",
       FIELD(S, Texts, expose),
       {.format = Format::kName, .most = 100},
       Apply::kLive,
       "Fields of answers that their scripts may read."},
      {"max_age",
       FIELD(S, Duration, max_age),
       {.longest = 24h},
       Apply::kLive,
       "For so long a browser remembers a preflight; `0s` says nothing."},
  };
  return rows;
}

}  // namespace evershore::app
