#include "wire/s3/sigv4.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/text.h"
#include "wire/s3/encode.h"

namespace evershore::s3 {

Signer::Signer(Credentials credentials, std::string region, std::string service)
    : credentials_(std::move(credentials)), region_(std::move(region)), service_(std::move(service)) {}

const Sha256& Signer::key_for(std::string_view date) {
  if (key_date_ != date) {
    key_ = signing_key(credentials_.secret_key, date, region_, service_);
    key_date_ = date;
  }
  return key_;
}

namespace {
// Hop-by-hop and proxy-added headers are never signed; these few describe the request itself.
bool is_signed(std::string_view lower_name) {
  return lower_name == "host" || lower_name == "content-type" || lower_name == "content-md5" || lower_name.starts_with("x-amz-");
}

std::vector<std::string> names_to_sign(const http::Headers& headers) {
  std::vector<std::string> names;
  for (const auto& header : headers) {
    auto name = to_lower(header.name);
    if (is_signed(name)) names.push_back(std::move(name));
  }
  std::ranges::sort(names);
  const auto doubled = std::ranges::unique(names);
  names.erase(doubled.begin(), doubled.end());
  return names;
}

std::pair<std::string_view, std::string_view> split_target(std::string_view target) {
  const auto mark = std::min(target.find('?'), target.size());
  return {target.substr(0, mark), mark == target.size() ? std::string_view{} : target.substr(mark + 1)};
}
}  // namespace

void Signer::sign(std::string_view method, std::string_view target, http::Headers& headers, std::string_view payload_hash, Wall now) {
  EVERSHORE_ASSERT(headers.has("host"));
  const auto amz_date = format_amz_date(now);
  const auto date = std::string_view(amz_date).substr(0, 8);
  headers.set("x-amz-date", amz_date);
  headers.set("x-amz-content-sha256", payload_hash);
  if (!credentials_.session_token.empty()) headers.set("x-amz-security-token", credentials_.session_token);
  const auto names = names_to_sign(headers);
  const auto [path, query] = split_target(target);
  const CanonicalInput input{.method = method, .path = path, .query = query, .payload_hash = payload_hash};
  const auto scope = credential_scope(date, region_, service_);
  const auto to_sign = string_to_sign(amz_date, scope, canonical_request(input, headers, names));
  headers.set("authorization", fmt::format("{} Credential={}/{},SignedHeaders={},Signature={}", kAlgorithm, credentials_.access_key, scope,
                                           join_names(names), signature_of(key_for(date), to_sign)));
}

std::string Signer::presign(std::string_view method, std::string_view target, std::string_view host, std::chrono::seconds expires,
                            Wall now) {
  const auto amz_date = format_amz_date(now);
  const auto date = std::string_view(amz_date).substr(0, 8);
  const auto scope = credential_scope(date, region_, service_);
  const auto [path, own_query] = split_target(target);
  std::string query = own_query.empty() ? std::string() : std::string(own_query) + "&";
  query +=
      fmt::format("X-Amz-Algorithm={}&X-Amz-Credential={}&X-Amz-Date={}&X-Amz-Expires={}&X-Amz-SignedHeaders=host", kAlgorithm,
                  encode(credentials_.access_key + "/" + scope, Slash::kEncoded), amz_date, std::min(expires, kPresignExpiresMax).count());
  if (!credentials_.session_token.empty()) query += "&X-Amz-Security-Token=" + encode(credentials_.session_token, Slash::kEncoded);
  const http::Headers headers{{"host", std::string(host)}};
  const std::vector<std::string> names{"host"};
  const CanonicalInput input{.method = method, .path = path, .query = query, .payload_hash = kUnsignedPayload};
  const auto to_sign = string_to_sign(amz_date, scope, canonical_request(input, headers, names));
  return fmt::format("{}?{}&X-Amz-Signature={}", path, query, signature_of(key_for(date), to_sign));
}

}  // namespace evershore::s3
