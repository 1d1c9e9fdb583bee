#include "acme/jws.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/digest.h"
#include "base/hmac.h"
#include "base/text.h"

namespace evershore::acme {

namespace {

using Json = nlohmann::ordered_json;

std::string flattened(std::string_view protected_part, std::string_view payload, std::string_view signature) {
  return Json{{"protected", protected_part}, {"payload", payload}, {"signature", base64url(signature)}}.dump();
}

}  // namespace

std::string base64url(std::string_view bytes) {
  auto text = to_base64(as_bytes(bytes));
  while (text.ends_with('=')) text.pop_back();
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return text;
}

std::optional<std::string> from_base64url(std::string_view text) {
  std::string plain(text);
  if (plain.find_first_of("+/=") != std::string::npos) return std::nullopt;
  for (char& c : plain) c = c == '-' ? '+' : c == '_' ? '/' : c;
  plain.append((4 - plain.size() % 4) % 4, '=');
  const auto bytes = from_base64(plain);
  if (!bytes) return std::nullopt;
  return std::string(as_text(*bytes));
}

std::string signed_request(const Key& key, const JwsHeader& header, std::string_view payload) {
  Json head{{"alg", "ES256"}};
  if (header.account_url.empty()) {
    head["jwk"] = Json::parse(key.jwk());
  } else {
    head["kid"] = header.account_url;
  }
  head["nonce"] = header.nonce;
  head["url"] = header.url;
  const auto protected_part = base64url(head.dump());
  const auto body = base64url(payload);
  return flattened(protected_part, body, key.sign(fmt::format("{}.{}", protected_part, body)));
}

std::string account_binding(const Key& account, std::string_view key_id, std::string_view hmac_key, std::string_view new_account_url) {
  const auto protected_part = base64url(Json{{"alg", "HS256"}, {"kid", key_id}, {"url", new_account_url}}.dump());
  const auto body = base64url(account.jwk());
  return flattened(protected_part, body, hmac(HmacKind::kSha256, hmac_key, fmt::format("{}.{}", protected_part, body)));
}

std::string key_authorization(std::string_view token, std::string_view thumbprint) { return fmt::format("{}.{}", token, thumbprint); }

std::string dns_proof(std::string_view token, std::string_view thumbprint) {
  return base64url(as_text(sha256(key_authorization(token, thumbprint))));
}

}  // namespace evershore::acme
