#include "edge/signed_url.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "base/digest.h"
#include "base/hmac.h"
#include "base/text.h"
#include "wire/http/uri.h"

namespace evershore::edge {

namespace {

constexpr std::string_view kExpires = "ev-expires", kKey = "ev-key", kPrefix = "ev-prefix", kNetwork = "ev-network",
                           kSignature = "ev-signature";
constexpr std::array<std::string_view, 5> kNames = {kExpires, kKey, kPrefix, kNetwork, kSignature};
constexpr size_t kCookiesMax = 8;  // looked at

std::string encoded(std::string_view text) { return http::percent_encode(text, http::Slash::kEncode); }

std::string signature_of(const Grant& grant, const SigningKeySettings& with) {
  const auto text = fmt::format("evershore-1\n{}\n{}\n{}\n{}\n{}\n{}", grant.site, grant.by_prefix ? "prefix" : "key", encoded(grant.key),
                                grant.expires_seconds, encoded(grant.network), encoded(with.id));
  return to_hex(as_bytes(hmac(HmacKind::kSha256, with.secret.reveal(), text)));
}

std::string_view name_in(std::string_view parameter) { return parameter.substr(0, parameter.find('=')); }
bool ours(std::string_view parameter) { return std::ranges::find(kNames, name_in(parameter)) != kNames.end(); }

// One link's or cookie's.
GrantVerdict check_parameters(const SignedSettings& settings, const GrantCheck& check, std::string_view text) {
  const auto query = http::parse_query(text);
  if (!query) return GrantVerdict::kIncomplete;
  const auto value = [&](std::string_view name) -> std::optional<std::string> {
    const auto* found = http::find_parameter(*query, name);
    return found == nullptr ? std::nullopt : std::optional(found->value);
  };
  const auto expires = parse_u64(value(kExpires).value_or(""));
  const auto id = value(kKey), signature = value(kSignature), prefix = value(kPrefix);
  if (!expires || !id || !signature) return GrantVerdict::kIncomplete;
  const auto with = std::ranges::find(settings.keys, *id, &SigningKeySettings::id);
  if (with == settings.keys.end()) return GrantVerdict::kUnknownKey;
  const Grant grant{.site = std::string(check.site),
                    .key = prefix ? *prefix : std::string(check.key),
                    .by_prefix = prefix.has_value(),
                    .expires_seconds = *expires,
                    .network = value(kNetwork).value_or("")};
  if (!equal_constant_time(signature_of(grant, *with), *signature)) return GrantVerdict::kWrong;
  if (check.now >= Wall(std::chrono::seconds(std::min<uint64_t>(*expires, 1ULL << 33)))) return GrantVerdict::kExpired;
  if (!grant.network.empty() && !in_network(grant.network, check.client_address)) return GrantVerdict::kNetwork;
  return check.key.starts_with(grant.key) ? GrantVerdict::kGood : GrantVerdict::kOtherKey;
}

// Name and value of each cookie, over all Cookie fields.
std::vector<std::string_view> cookies_in(const http::Headers& headers) {
  std::vector<std::string_view> cookies;
  for (const auto& header : headers) {
    if (!equal_ignoring_case(header.name, "cookie")) continue;
    for (const auto cookie : split(header.value, ';'))
      if (!trim(cookie).empty()) cookies.push_back(trim(cookie));
  }
  return cookies;
}

bool strip_query(http::RequestHead& request) {
  const auto parameters = split(request.query(), '&');
  if (std::ranges::none_of(parameters, ours)) return false;
  std::string target(request.path());
  char before = '?';
  for (const auto parameter : parameters) {
    if (ours(parameter)) continue;
    target.append(1, before).append(parameter);
    before = '&';
  }
  request.target = std::move(target);
  return true;
}

bool strip_cookies(http::RequestHead& request) {
  std::string kept;
  bool found = false;
  for (const auto cookie : cookies_in(request.headers)) {
    if (name_in(cookie) == kGrantCookie) {
      found = true;
    } else {
      kept.append(kept.empty() ? "" : "; ").append(cookie);
    }
  }
  if (!found) return false;
  request.headers.remove("cookie");
  if (!kept.empty()) request.headers.add("Cookie", kept);
  return true;
}

struct Address {
  std::array<uint8_t, 16> bytes{};
  size_t size = 0;  // 4 or 16
};
std::optional<Address> parse_address(std::string_view text) {
  const std::string ended(text);
  Address address;
  if (inet_pton(AF_INET, ended.c_str(), address.bytes.data()) == 1) {
    address.size = 4;
    return address;
  }
  if (text.contains('\0') || inet_pton(AF_INET6, ended.c_str(), address.bytes.data()) != 1) return std::nullopt;
  address.size = 16;
  constexpr std::array<uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (!std::equal(kMapped.begin(), kMapped.end(), address.bytes.begin())) return address;
  std::copy(address.bytes.begin() + 12, address.bytes.end(), address.bytes.begin());
  address.size = 4;
  return address;
}

struct Network {
  Address address;
  size_t bits = 0;
};
std::optional<Network> parse_network(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = parse_address(text.substr(0, slash));
  if (!address) return std::nullopt;
  if (slash == std::string_view::npos) return Network{*address, address->size * 8};
  const auto bits = parse_u64(text.substr(slash + 1));
  if (!bits || *bits > address->size * 8) return std::nullopt;
  return Network{*address, static_cast<size_t>(*bits)};
}

}  // namespace

std::string sign_grant(const Grant& grant, const SigningKeySettings& with) {
  auto text = fmt::format("{}={}&{}={}", kExpires, grant.expires_seconds, kKey, encoded(with.id));
  if (grant.by_prefix) text += fmt::format("&{}={}", kPrefix, encoded(grant.key));
  if (!grant.network.empty()) text += fmt::format("&{}={}", kNetwork, encoded(grant.network));
  return fmt::format("{}&{}={}", text, kSignature, signature_of(grant, with));
}

std::string_view why_not(GrantVerdict verdict) {
  switch (verdict) {
    case GrantVerdict::kGood: return "";
    case GrantVerdict::kMissing: return "This needs a signed link or a signed cookie.";
    case GrantVerdict::kIncomplete: return "The link's signature is not complete.";
    case GrantVerdict::kUnknownKey: return "The link was signed with a key that is not known here, or not any more.";
    case GrantVerdict::kWrong: return "The link's signature is wrong: it has been changed, or is for something else.";
    case GrantVerdict::kExpired: return "The link has expired.";
    case GrantVerdict::kNetwork: return "The link is for another network than yours.";
    case GrantVerdict::kOtherKey: return "The link is for something else.";
  }
  return "";
}

bool needs_grant(const SignedSettings& settings, std::string_view key) {
  if (settings.keys.empty()) return false;
  if (settings.prefixes.empty()) return true;
  const auto parts = split(key, '/');
  const bool odd = key.contains("//") || key.starts_with('/') || key.contains('\\') ||
                   std::ranges::any_of(parts, [](std::string_view part) { return part == "." || part == ".."; });
  return odd || std::ranges::any_of(settings.prefixes, [&](const auto& prefix) { return key.starts_with(prefix); });
}

GrantVerdict check_grant(const SignedSettings& settings, const GrantCheck& check, const http::RequestHead& request) {
  auto verdict = GrantVerdict::kMissing;
  if (std::ranges::any_of(split(request.query(), '&'), ours)) verdict = check_parameters(settings, check, request.query());
  size_t looked_at = 0;
  for (const auto cookie : cookies_in(request.headers)) {
    if (verdict == GrantVerdict::kGood || looked_at == kCookiesMax) break;
    if (name_in(cookie) != kGrantCookie || cookie.size() == kGrantCookie.size()) continue;
    ++looked_at;
    const auto of_cookie = check_parameters(settings, check, cookie.substr(kGrantCookie.size() + 1));
    if (of_cookie == GrantVerdict::kGood || verdict == GrantVerdict::kMissing) verdict = of_cookie;
  }
  return verdict;
}

bool strip_grant(http::RequestHead& request) {
  const bool query = strip_query(request);
  const bool cookies = strip_cookies(request);
  return query || cookies;
}

bool is_network(std::string_view network) { return parse_network(network).has_value(); }

bool in_network(std::string_view network, std::string_view address) {
  const auto range = parse_network(network);
  const auto client = parse_address(address);
  if (!range || !client || range->address.size != client->size) return false;
  const size_t whole = range->bits / 8, rest = range->bits % 8;
  if (!std::equal(client->bytes.begin(), client->bytes.begin() + whole, range->address.bytes.begin())) return false;
  if (rest == 0) return true;
  const auto mask = static_cast<uint8_t>(0xff << (8 - rest));
  return ((client->bytes[whole] ^ range->address.bytes[whole]) & mask) == 0;
}

}  // namespace evershore::edge
