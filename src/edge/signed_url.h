// Links and cookies that grant access for a while: what they say, signed with HMAC-SHA256 by a key of the site. Pure.
//
// A link:    /KEY?ev-expires=1764522000&ev-key=2026-11&ev-signature=...      for that key alone
// A cookie:  evershore-grant=ev-expires=...&ev-key=...&ev-prefix=private%2F&ev-signature=...
// ev-prefix (all keys that begin so) and ev-network (clients from there) are optional in both. The signature covers, a line each:
// "evershore-1", the site's name, "key" or "prefix", the key or prefix percent-encoded, the time, the network, the key's id.
// Neither is seen by the regions or the cache.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"
#include "model/settings.h"
#include "wire/http/message.h"

namespace evershore::edge {

inline constexpr std::string_view kGrantCookie = "evershore-grant";

struct Grant {
  std::string site;
  std::string key;               // decoded, without the site's prefix and index; or, with by_prefix, how it begins
  bool by_prefix = false;        //
  uint64_t expires_seconds = 0;  // since 1970
  std::string network;           // "192.0.2.0/24", "2001:db8::/32", or an address; "" = any
};

// The parameters, signature last: for a query, or as the cookie's value.
std::string sign_grant(const Grant& grant, const SigningKeySettings& with);

enum class GrantVerdict : uint8_t { kGood, kMissing, kIncomplete, kUnknownKey, kWrong, kExpired, kNetwork, kOtherKey };
// For the 403.
std::string_view why_not(GrantVerdict verdict);

// Whether this key needs a grant. With prefixes, paths that a server might read in another way ("//", "..", "\") always do.
bool needs_grant(const SignedSettings& settings, std::string_view key);

struct GrantCheck {
  std::string_view site;
  std::string_view key;
  std::string_view client_address;
  Wall now{};
};
// Of the query or of a cookie: one good one is enough. Compares in constant time.
GrantVerdict check_grant(const SignedSettings& settings, const GrantCheck& check, const http::RequestHead& request);

// Takes parameters and cookies of this kind out of a request. False: there were none, nothing has changed.
bool strip_grant(http::RequestHead& request);

// "192.0.2.7" in "192.0.2.0/24"; a network without length is one address; v4 in v6 counts as v4.
bool in_network(std::string_view network, std::string_view address);
bool is_network(std::string_view network);

}  // namespace evershore::edge
