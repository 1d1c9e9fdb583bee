// The rows of what HTTPS needs: edge.tls, edge.acme, and a site's redirect and HSTS.
#include <array>

#include "app/settings/rows.h"

namespace evershore::app {

namespace {

using Texts = std::vector<std::string>;

template <class T, T AcmeSettings::* member>
T& of(AcmeSettings& at) {
  return at.*member;
}
template <class T, T AcmeSettings::Shared::* member>
T& of_shared(AcmeSettings& at) {
  return at.shared.*member;
}
template <std::string TlsPair::* member>
std::string& of_pair(TlsPair& at) {
  return at.*member;
}
// In the order of the enum.
constexpr std::array<Option, 2> kChallenges{{{"http-01"}, {"dns-01"}}};
constexpr size_t kEmailBytesMax = 254;

Row<AcmeSettings> challenge_row() {
  using S = AcmeSettings;
  const Choice<S> field{[](S& at, size_t option) { at.challenge = static_cast<AcmeChallenge>(option); },
                        [](const S& at) { return static_cast<size_t>(at.challenge); }};
  return {"challenge",
          field,
          {.options = kChallenges},
          Apply::kLive,
          "How a host is proven to be yours: `http-01` (it leads to port 80 of these nodes) or `dns-01` (it is in one of `dns.zones`; the "
          "only way for wildcards)."};
}

Row<AcmeSettings> shared_secret_row() {
  return {"shared.secret",
          of_shared<Secret, &AcmeSettings::Shared::secret>,
          {.default_text = "required with `shared.regions`"},
          Apply::kLive,
          "64 hex digits, the same on all these nodes: what they share is encrypted with it. Literal, `env:NAME` or `file:PATH`."};
}

}  // namespace

Row<SiteSettings> redirect_row() {
  return {"redirect_https",
          [](SiteSettings& at) -> bool& { return at.redirect_https; },
          {},
          Apply::kLive,
          "Requests over plain HTTP are sent to HTTPS: 301, or 308 where the method is neither GET nor HEAD."};
}

std::array<Row<SiteSettings>, 3> hsts_rows() {
  using S = SiteSettings;
  return {{{"hsts.max_age",
            [](S& at) -> Duration& { return at.hsts.max_age; },
            {.longest = 24h * 730},
            Apply::kLive,
            "For so long browsers are to use HTTPS alone (RFC 6797), such as `180d`; told over TLS only. `0s`: not told."},
           {"hsts.include_subdomains",
            [](S& at) -> bool& { return at.hsts.include_subdomains; },
            {},
            Apply::kLive,
            "Names below the host's, too."},
           {"hsts.preload",
            [](S& at) -> bool& { return at.hsts.preload; },
            {},
            Apply::kLive,
            "Asks browsers' makers to build it in; needs a `max_age` of 365 days and `include_subdomains`. Hard to take back."}}};
}

std::span<const Row<AcmeSettings>> acme_rows() {
  using S = AcmeSettings;
  static const Row<S> rows[] = {
      {"directory",
       of<std::string, &S::directory>,
       {.required = true, .format = Format::kHttpUrl},
       Apply::kLive,
       "URL of an ACME authority's directory (RFC 8555). Certificates are ordered there, and renewed by themselves."},
      {"accept_terms", of<bool, &S::accept_terms>, {}, Apply::kLive, "That you agree to the authority's terms of service; must be `true`."},
      {"email",
       of<std::string, &S::email>,
       {.most = kEmailBytesMax, .default_text = "none"},
       Apply::kLive,
       "Where the authority can reach you."},
      challenge_row(),
      {"hosts",
       of<Texts, &S::hosts>,
       {.format = Format::kHost, .most = kTlsPairsMax, .default_text = "the sites' hosts"},
       Apply::kLive,
       "Names to have certificates for, one each. Without it: the sites' exact hosts, and with `dns-01` their wildcards, too."},
      {"ca_file",
       of<std::string, &S::ca_file>,
       {.format = Format::kReadableFile, .default_text = "the system's"},
       Apply::kLive,
       "Root certificates (PEM) by which the authority itself is known, where it is a private one."},
      {"eab_key_id",
       of<std::string, &S::eab_key_id>,
       {.most = 256, .default_text = "none"},
       Apply::kLive,
       "External account binding: the key's name, as the authority gave it."},
      {"eab_hmac_key",
       of<Secret, &S::eab_hmac_key>,
       {.default_text = "none"},
       Apply::kLive,
       "External account binding: the key in base64url, as the authority gave it. Literal, `env:NAME` or `file:PATH`."},
      {"dns_wait",
       of<Duration, &S::dns_wait>,
       {.longest = 10min},
       Apply::kLive,
       "With `dns-01`: for so long after publishing, the authority is not asked to look. For secondaries that fetch the zones from here."},
      {"shared.regions",
       of_shared<Texts, &S::Shared::regions>,
       {.format = Format::kName, .most = kRegionsMax},
       Apply::kLive,
       "Regions in whose buckets nodes share account and certificates, encrypted: one node orders, all serve. None: each for itself."},
      shared_secret_row(),
      {"shared.interval",
       of_shared<Duration, &S::Shared::interval>,
       {.shortest = 100ms, .longest = 1h},
       Apply::kLive,
       "Time between two looks at what others have shared."},
  };
  return rows;
}

std::span<const Row<TlsPair>> tls_rows() {
  using S = TlsPair;
  static const Row<S> rows[] = {
      {"certificate",
       of_pair<&S::certificate_path>,
       {.required = true, .format = Format::kReadableFile},
       Apply::kLive,
       "PEM file of the certificate and its chain."},
      {"private_key",
       of_pair<&S::private_key_path>,
       {.required = true, .format = Format::kReadableFile},
       Apply::kLive,
       "PEM file of the private key."},
      {"ocsp", of_pair<&S::ocsp_path>, {}, Apply::kLive, "DER file of an OCSP response, to be stapled as long as it holds."},
  };
  return rows;
}

}  // namespace evershore::app
