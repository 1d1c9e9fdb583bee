// What people have declared outdated before its time. Pure and immutable: a purge makes a new list with a higher mark.
//
// An object carries the mark of the list as it was when its fetch began; what was purged later is not used. So a purge takes
// effect at once whatever lies where, and for what is on its way too.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "edge/stored_object.h"

namespace evershore::edge {

enum class PurgeKind : uint8_t { kKey, kPrefix, kTag, kSite };

struct PurgeOrder {
  PurgeKind kind = PurgeKind::kKey;
  std::string site;
  std::string value;  // of kSite: none
  bool operator==(const PurgeOrder&) const = default;
};

class PurgeList {
 public:
  uint64_t mark() const { return mark_; }
  // A purge of the same again only moves its mark. When a kind has more than its most, its older half becomes one purge of
  // everything from before: too much is purged rather than too little.
  PurgeList with(const PurgeOrder& order) const;

  // `cache_key`: site, NUL, key, and for a variant NUL and what selects it.
  bool purged(std::string_view cache_key, const StoredObject& object) const {
    return object.purge_mark < mark_ && purged_since(cache_key, object);
  }

  std::string encode() const;
  static std::optional<PurgeList> decode(std::string_view bytes);
  // All that has a lower mark than this, of all sites: for what comes from times that no list tells of.
  static PurgeList everything_before(uint64_t mark);

  size_t size() const { return keys_.size() + prefixes_.size() + tags_.size() + sites_.size(); }

  static constexpr size_t kKeysMax = 10'000, kPrefixesMax = 1'000, kTagsMax = 10'000, kSitesMax = 1'024;

 private:
  using Marks = std::map<std::string, uint64_t, std::less<>>;  // by site, NUL, value

  bool purged_since(std::string_view cache_key, const StoredObject& object) const;
  Marks& marks_of(PurgeKind kind);
  const Marks& marks_of(PurgeKind kind) const { return const_cast<PurgeList*>(this)->marks_of(kind); }
  void keep_within(Marks& marks, size_t most);

  uint64_t mark_ = 0;
  uint64_t floor_ = 0;  // what was fetched before this mark is purged
  Marks keys_, prefixes_, tags_, sites_;
};

// The words of Surrogate-Key, or of the metadata surrogate-key of an object in a bucket; in one line, 4 KiB at most.
std::string tags_of(const http::Headers& upstream);

}  // namespace evershore::edge
