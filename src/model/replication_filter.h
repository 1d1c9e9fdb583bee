// Which keys of a site are replicated.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace evershore {

struct ReplicationFilter {
  std::vector<std::string> exclude_prefixes;  // behind the site's own prefix
  std::vector<std::string> suffixes;          // only keys that end so; empty = all
  std::vector<std::string> exclude_suffixes;
  uint64_t size_min = 0;
  uint64_t size_max = 0;  // 0 = no limit
  bool operator==(const ReplicationFilter&) const = default;
};

}  // namespace evershore
