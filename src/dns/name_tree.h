// The names of all zones as one tree that knows what exists: empty non-terminals, wildcards, cuts, and who owns what.
// For compiling, not for queries. Views into the zones it was made from, which must outlive it unchanged.
#pragma once

#include <unordered_map>
#include <vector>

#include "dns/plain_zone.h"

namespace evershore::dns {

class NameTree {
 public:
  enum class Kind : uint8_t { kData, kEmpty, kCut };  // kEmpty: an empty non-terminal (RFC 8020)
  struct Entry {
    const Name* name = nullptr;
    size_t zone = 0;
    Kind kind = Kind::kEmpty;
    const Node* node = nullptr;  // nullptr for kEmpty
    const RecordSet* parent_ds = nullptr;
    size_t parent_zone = SIZE_MAX;  // an apex whose parent zone is ours too: DS belongs there (RFC 4035 3.1.4.1)
  };

  explicit NameTree(const std::vector<PlainZone>& zones);

  const std::vector<PlainZone>& zones() const { return zones_; }
  const std::vector<Entry>& entries() const { return entries_; }
  const Entry* find(const Name& name) const;

  // RFC 4592: the name itself, or the cut above it, or the wildcard that stands for it, or nothing.
  struct Match {
    enum class Kind : uint8_t { kOutside, kExact, kWildcard, kReferral, kMissing } kind = Kind::kOutside;
    const Entry* entry = nullptr;  // the name, the wildcard, the cut, or for kMissing the closest encloser
  };
  Match match(const Name& name) const;

 private:
  struct Hash {
    size_t operator()(const Name& name) const { return dnswire::hash_name(name); }
  };
  void add_zone(size_t zone);
  void add_ancestors(size_t zone, const Name& name);

  const std::vector<PlainZone>& zones_;
  std::vector<Entry> entries_;
  std::unordered_map<Name, size_t, Hash> index_;
};

// CNAMEs from `start` on, inside our own zones (RFC 1034 3.6.2). Stops at loops and after kChainMax links.
inline constexpr size_t kChainMax = 8;
struct Chain {
  struct Link {
    Name owner;
    const RecordSet* set;
  };
  std::vector<Link> links;
  Name last;                  // the name after the last link
  NameTree::Match match;      // of `last`
  const Node* end = nullptr;  // its data, if it exists here and is no CNAME
};
Chain follow(const NameTree& tree, const Name& start);

}  // namespace evershore::dns
