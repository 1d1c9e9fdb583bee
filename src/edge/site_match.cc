#include "edge/site_match.h"

#include "base/text.h"
#include "wire/http/uri.h"

namespace evershore::edge {

std::string host_name(std::string_view host) {
  if (!host.empty() && host.front() == '[') {
    const auto end = host.find(']');
    return to_lower(end == std::string_view::npos ? host : host.substr(0, end + 1));
  }
  host = host.substr(0, host.find(':'));
  if (!host.empty() && host.back() == '.') host.remove_suffix(1);
  return to_lower(host);
}

SiteTable::SiteTable(const std::map<std::string, SiteSettings>& sites) {
  for (const auto& [name, site] : sites) {
    const size_t index = sites_.size();
    sites_.push_back(site);
    for (const auto& host : site.hosts) {
      if (host == "*") {
        any_ = index;
      } else if (host.starts_with("*.")) {
        below_.emplace(to_lower(host.substr(2)), index);
      } else {
        exact_.emplace(host_name(host), index);
      }
    }
  }
}

const SiteSettings* SiteTable::find(std::string_view host) const {
  const std::string name = host_name(host);
  if (const auto at = exact_.find(name); at != exact_.end()) return &sites_[at->second];
  for (auto dot = name.find('.'); dot != std::string::npos; dot = name.find('.', dot + 1)) {
    const auto at = below_.find(std::string_view(name).substr(dot + 1));
    if (at != below_.end() && dot > 0) return &sites_[at->second];
  }
  return any_ ? &sites_[*any_] : nullptr;
}

const SiteSettings* SiteTable::by_name(std::string_view name) const {
  for (const auto& site : sites_)
    if (site.name == name) return &site;
  return nullptr;
}

Result<ObjectKey> key_for(const SiteSettings& site, std::string_view path) {
  if (!path.empty() && path.front() == '/') path.remove_prefix(1);
  const auto decoded = http::percent_decode(path);
  if (!decoded) return fail(Fault::kInvalid, "a '%' in the path is not followed by two hex digits");
  std::string key = site.prefix + *decoded;
  if (decoded->empty() || decoded->back() == '/') key += site.index;
  if (key.empty()) return fail(Fault::kNotFound, "no index document is configured");
  if (key.size() > kObjectKeyBytesMax) return fail(Fault::kInvalid, "the path is longer than an object key can be");
  if (key.starts_with(kOwnKeys)) return fail(Fault::kNotFound, "not served");
  return key;
}

}  // namespace evershore::edge
