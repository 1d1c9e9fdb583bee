// The names of all zones as one tree that knows what exists: empty non-terminals, wildcards, cuts, and who owns what.
// For compiling, not for queries: it makes the table that queries look into. Views into the zones it was made from, which outlive it
// and whose names stay the same; what a name has in `contents` may change, but for NS records, which cut the tree and have no policy.
// One thread's.
#pragma once

#include <deque>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "dns/plain_zone.h"
#include "dns/snapshot.h"
#include "wire/dns/split_name.h"

namespace evershore::dns {

inline constexpr size_t kChainMax = 8;  // CNAMEs and DNAMEs in a row inside our own zones (RFC 1034 3.6.2)

class NameTree {
 public:
  enum class Kind : uint8_t { kData, kEmpty, kCut };  // kEmpty: an empty non-terminal (RFC 8020)
  struct Entry {
    const Name* name = nullptr;
    uint32_t number = 0;  // in the table
    size_t zone = 0;
    Kind kind = Kind::kEmpty;
    const Node* node = nullptr;     // nullptr for an empty non-terminal
    size_t parent_zone = SIZE_MAX;  // an apex whose parent zone is ours too: DS belongs there (RFC 4035 3.1.4.1)
  };

  explicit NameTree(std::vector<const PlainZone*> zones);
  NameTree(const NameTree&) = delete;
  NameTree& operator=(const NameTree&) = delete;

  size_t zones() const { return zones_.size(); }
  const PlainZone& zone(size_t number) const { return *zones_[number]; }
  // To be filled with answers; not touched any more once it is shared.
  const std::shared_ptr<FixedAnswers>& fixed() const { return fixed_; }
  const NameTable& table() const { return fixed_->table; }

  // What follows hands out entries, which live until the next forget().
  const Entry& entry(uint32_t number);
  const Entry* find(const Name& name);
  // RFC 4592: the name itself, or the cut above it, or the wildcard that stands for it, or nothing.
  struct Match {
    enum class Kind : uint8_t { kOutside, kExact, kWildcard, kReferral, kMissing } kind = Kind::kOutside;
    const Entry* entry = nullptr;  // the name, the wildcard, the cut, or for kMissing the closest encloser
  };
  Match match(const Name& name);
  // What a zone has at a name, whether it is the zone's to answer or glue. nullptr: nothing.
  const Node* node_of(size_t zone, const Name& name);
  const RecordSet& soa_of(size_t zone);
  void forget();

  // Does it stand in a zone's `contents`, and so may change with each state?
  bool varies(uint32_t number) const { return (table().names[number].source & kVaryingBit) != 0; }
  // A packed name's sets; nullopt: it varies, or has nothing.
  std::optional<PackedRecords::Sets> packed_sets(uint32_t number) const;
  // Was anything of `contents` handed out since the last forget()? Whoever used it depends on the state.
  bool touched() const { return touched_; }

 private:
  static constexpr uint32_t kVaryingBit = 0x8000'0000;  // in CompiledName::source: a number in varying_; else of the zone's packed name
  static constexpr uint32_t kNoSource = 0x7FFF'FFFF;    // an empty non-terminal

  void add_zone(size_t zone);
  void add(size_t zone, std::string_view owner, uint32_t source);
  void add_known(size_t zone, CompiledName& known, uint32_t source);
  void add_ancestors(size_t zone, const dnswire::SplitName& name);
  void link_wildcards();
  Kind kind_of(const CompiledName& name) const;
  const CompiledName* look_up(const Name& name) const;
  const Entry* hand_out(const CompiledName& name) { return &entry(static_cast<uint32_t>(&name - table().names.data())); }

  std::vector<const PlainZone*> zones_;
  std::shared_ptr<FixedAnswers> fixed_ = std::make_shared<FixedAnswers>();
  std::vector<Entry> varying_;
  // While a zone is added:
  std::set<std::string, std::less<>> cuts_;  // lower case, wire form
  std::vector<std::string> child_apexes_;    //
  size_t apex_labels_ = 0;
  // Handed out:
  std::deque<Entry> entries_;
  std::deque<Name> names_;
  std::deque<Node> nodes_;
  bool touched_ = false;
};

}  // namespace evershore::dns
