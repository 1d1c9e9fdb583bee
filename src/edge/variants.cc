#include "edge/variants.h"

#include <algorithm>

#include "base/text.h"
#include "wire/http/lists.h"

namespace evershore::edge {

namespace {

std::string normalised(std::string_view name, const std::string& value) {
  const bool languages = name == "accept-language";
  std::vector<std::string> members;
  for (const auto member : http::split_list(value)) members.push_back(languages ? to_lower(member) : std::string(member));
  if (languages && value.find(';') == std::string::npos) std::ranges::sort(members);
  std::string joined;
  for (const auto& member : members) joined.append(member).push_back(',');
  return joined;
}

}  // namespace

std::string selecting_key(const std::vector<std::string>& names, const http::Headers& client) {
  std::string key;
  for (const auto& name : names) {
    key.append(name).push_back(client.has(name) ? '=' : '!');  // absent and empty are different
    key.append(normalised(name, client.joined(name))).push_back('\n');
  }
  return key;
}

std::string variant_cache_key(std::string_view cache_key, const std::vector<std::string>& names, const http::Headers& client) {
  std::string key(cache_key);
  key.push_back('\0');  // behind the site's name and the key: neither has one
  key.append(selecting_key(names, client));
  return key;
}

VariantAdded with_variant(const Variants& marker, const std::vector<std::string>& names, std::string key) {
  VariantAdded added;
  if (marker.names == names) {
    added.marker = marker;
    std::erase(added.marker.keys, key);
  } else {
    added.dropped = marker.keys;
    added.marker.names = names;
  }
  if (added.marker.keys.size() == kVariantsMax) {
    added.dropped.push_back(std::move(added.marker.keys.front()));
    added.marker.keys.erase(added.marker.keys.begin());
  }
  added.marker.keys.push_back(std::move(key));
  return added;
}

}  // namespace evershore::edge
