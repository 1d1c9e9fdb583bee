#include "replicate/filter.h"

#include <algorithm>

namespace evershore::replicate {

bool passes_key(const ReplicationFilter& filter, std::string_view prefix, const ObjectKey& key) {
  if (!key.starts_with(prefix)) return false;
  const auto own = std::string_view(key).substr(prefix.size());
  const auto begins = [own](const std::string& text) { return own.starts_with(text); };
  const auto ends = [own](const std::string& text) { return own.ends_with(text); };
  if (std::ranges::any_of(filter.exclude_prefixes, begins) || std::ranges::any_of(filter.exclude_suffixes, ends)) return false;
  return filter.suffixes.empty() || std::ranges::any_of(filter.suffixes, ends);
}

bool passes_size(const ReplicationFilter& filter, uint64_t size_bytes) {
  return size_bytes >= filter.size_min && (filter.size_max == 0 || size_bytes <= filter.size_max);
}

}  // namespace evershore::replicate
