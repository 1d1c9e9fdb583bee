// From a request's host and path to a site and an object key.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/object.h"
#include "model/settings.h"

namespace evershore::edge {

// All sites of the settings, ready for look-up by host. Immutable once built.
class SiteTable {
 public:
  SiteTable() = default;
  explicit SiteTable(const std::map<std::string, SiteSettings>& sites);

  // `host` as received: any case, with or without a port or a final dot. Exact names first, then the wildcard with the
  // longest suffix ("*.example.com" covers any name below it, not itself), then "*". nullptr: answer 421.
  const SiteSettings* find(std::string_view host) const;
  const SiteSettings* by_name(std::string_view name) const;
  const std::vector<SiteSettings>& all() const { return sites_; }

 private:
  std::vector<SiteSettings> sites_;
  std::map<std::string, size_t, std::less<>> exact_;
  std::map<std::string, size_t, std::less<>> below_;  // "example.com" for "*.example.com"
  std::optional<size_t> any_;
};

// The name in a Host value: without port, brackets kept, without a final dot, lower case.
std::string host_name(std::string_view host);

// The key for a request path ("/a%20b"): percent-decoded once, never normalised ("//" and ".." are ordinary bytes in a
// key), the index document for "" and for what ends in "/", the site's prefix in front. kInvalid: a broken escape, or
// longer than a key can be. kNotFound: a key of Evershore's own, which is not served.
Result<ObjectKey> key_for(const SiteSettings& site, std::string_view path);

// Keys below this belong to Evershore (store probes); the edge never serves them.
inline constexpr std::string_view kOwnKeys = ".evershore/";

}  // namespace evershore::edge
