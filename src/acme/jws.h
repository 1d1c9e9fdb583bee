// JSON Web Signatures in the flattened form that ACME's requests have (RFC 7515, RFC 8555 6.2).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "acme/key.h"

namespace evershore::acme {

std::string base64url(std::string_view bytes);                     // without padding
std::optional<std::string> from_base64url(std::string_view text);  // strict, without padding

struct JwsHeader {
  std::string account_url;  // "" = the key itself is told, for a new account
  std::string nonce;
  std::string url;
};
// A POST's body. `payload` "" is a POST-as-GET (RFC 8555 6.3).
std::string signed_request(const Key& key, const JwsHeader& header, std::string_view payload);

// External account binding (RFC 8555 7.3.4): that the holder of `hmac_key` knows this account key.
std::string account_binding(const Key& account, std::string_view key_id, std::string_view hmac_key, std::string_view new_account_url);

// What is to be published for a challenge with this token (RFC 8555 8.1): for http-01 as it is, for dns-01 its digest.
std::string key_authorization(std::string_view token, std::string_view thumbprint);
std::string dns_proof(std::string_view token, std::string_view thumbprint);

}  // namespace evershore::acme
