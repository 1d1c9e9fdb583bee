// The variants of one key: answers that differ by the client's fields (Vary, RFC 9111 4.1). Of sites that forward requests.
//
// Under the key itself lies a marker that says by which fields its answers differ; each variant lies under a key of its own.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "wire/http/message.h"

namespace evershore::edge {

inline constexpr size_t kVariantsMax = 16;   // of one key; a new one beyond it takes the place of the oldest
inline constexpr size_t kVaryNamesMax = 16;  // an answer that differs by more fields is not kept

struct Variants {
  std::vector<std::string> names;  // lower case, sorted; empty = no marker
  std::vector<std::string> keys;   // of the variants, oldest first
  bool lists(std::string_view key) const { return std::ranges::find(keys, key) != keys.end(); }
};

// What selects among the variants, from the client's fields: values joined, without optional white space; languages in lower
// case and in order of name, as their order without weights says nothing.
std::string selecting_key(const std::vector<std::string>& names, const http::Headers& client);

// The cache key of a variant.
std::string variant_cache_key(std::string_view cache_key, const std::vector<std::string>& names, const http::Headers& client);

// `marker` with this variant as its newest; a marker with other names begins anew. `dropped`: keys that are no longer listed.
struct VariantAdded {
  Variants marker;
  std::vector<std::string> dropped;
};
VariantAdded with_variant(const Variants& marker, const std::vector<std::string>& names, std::string key);

}  // namespace evershore::edge
