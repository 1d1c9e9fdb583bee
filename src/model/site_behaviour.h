// How a site behaves towards its visitors, beyond keys and regions: redirects, error pages, fields, access, compression.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/secret.h"

namespace evershore {

// One routing rule of S3 website hosting: when it applies, and where it leads. "" and 0 = not given.
struct RedirectSettings {
  std::string key_prefix;
  uint32_t error_status = 0;  // only when that would be the answer; else before the object is looked for
  std::string host;
  std::string protocol;  // "http" | "https"
  std::string replace_key_prefix_with;
  bool replaces_prefix = false;  // `replace_key_prefix_with` is given, perhaps as ""
  std::string replace_key_with;
  uint32_t status = 301;
  bool operator==(const RedirectSettings&) const = default;
};

// Everything goes to another host, path and query kept.
struct RedirectAllSettings {
  std::string host;  // "" = off
  std::string protocol;
  bool operator==(const RedirectAllSettings&) const = default;
};

struct ErrorPageSettings {
  uint32_t status = 0;
  std::string document;  // a key
  uint32_t answer = 0;   // the status clients get; 0 = the same
  Duration ttl{};        // of 404: for so long it is known that no region has the key; 0 = negative_ttl
  bool operator==(const ErrorPageSettings&) const = default;
};

struct HeaderPolicySettings {
  std::map<std::string, std::string> set;       // where the answer has none
  std::map<std::string, std::string> override;  // in any case
  std::vector<std::string> remove;              // names
  bool security = false;                        // the usual security fields, where the answer has none
  bool empty() const { return set.empty() && override.empty() && remove.empty() && !security; }
  bool operator==(const HeaderPolicySettings&) const = default;
};

// A CORS rule as S3 has it.
struct CorsRuleSettings {
  std::vector<std::string> origins;  // each with at most one '*'
  std::vector<std::string> methods;
  std::vector<std::string> headers;  // that a preflight may ask for, each with at most one '*'
  std::vector<std::string> expose;
  Duration max_age{};  // 0 = not said
  bool operator==(const CorsRuleSettings&) const = default;
};

struct AccessSettings {
  std::vector<std::string> methods;   // allowed; empty = all that the site can do
  std::vector<std::string> referers;  // hosts whose pages may embed; empty = any
  bool referer_absent = true;         // whether a request without Referer passes
  bool operator==(const AccessSettings&) const = default;
};

struct SigningKeySettings {
  std::string id;
  Secret secret;
  bool operator==(const SigningKeySettings&) const = default;
};

struct SignedSettings {
  std::vector<SigningKeySettings> keys;  // the first one signs, all are accepted; empty = nothing needs a signature
  std::vector<std::string> prefixes;     // keys that need one; empty = all
  bool operator==(const SignedSettings&) const = default;
};

struct CompressionSettings {
  bool on = true;
  std::vector<std::string> types;  // empty = the built-in list
  uint64_t least_bytes = 1'000;    // as CloudFront
  uint64_t most_bytes = 10'000'000;
  bool precompressed = false;  // KEY.br, KEY.zst and KEY.gz beside KEY are served
  bool operator==(const CompressionSettings&) const = default;
};

struct SiteBehaviour {
  bool folder_redirect = true;  // KEY -> KEY/ where there is no KEY but an index document below it
  RedirectAllSettings redirect_all;
  std::vector<RedirectSettings> redirects;
  std::vector<ErrorPageSettings> error_pages;
  HeaderPolicySettings headers;
  std::vector<CorsRuleSettings> cors;
  AccessSettings access;
  SignedSettings signing;
  CompressionSettings compression;
  bool operator==(const SiteBehaviour&) const = default;
};

}  // namespace evershore
