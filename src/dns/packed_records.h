// The records of a zone that only new settings change, packed: a name takes its own bytes, those of its data and some 20 more, so
// that a million names are no burden. Immutable; shared by any number of threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dns/record_set.h"

namespace evershore::dns {

class PackedRecords {
 public:
  // One set of a name. `rdata`: each behind its length in two bytes, `count` of them.
  struct Set {
    uint16_t type = 0;
    uint32_t ttl = 0;
    size_t count = 0;
    std::string_view rdata;
  };
  // Takes one data out of what Set::rdata is.
  static std::string_view take_rdata(std::string_view& rdata);

  // The sets of one name, in the order of their types. Views the records.
  class Sets {
   public:
    explicit Sets(std::string_view bytes) : left_(bytes) {}
    bool next(Set& set);

   private:
    std::string_view left_;
  };

  size_t names() const { return at_.size(); }
  // Names come in the order of Name.
  Name name(size_t index) const;
  std::string_view owner(size_t index) const;  // in wire form
  Sets sets(size_t index) const;
  Node node(size_t index) const;
  std::optional<size_t> find(const Name& name) const;

  bool operator==(const PackedRecords&) const = default;

 private:
  friend class RecordPacker;
  size_t bytes_end(size_t index) const { return index + 1 < at_.size() ? at_[index + 1] : bytes_.size(); }

  std::string bytes_;
  std::vector<uint32_t> at_;  // of each name's records in `bytes_`
};

// Packs records that come name by name in the order of Name, set by set in the order of types.
class RecordPacker {
 public:
  static constexpr size_t kBytesMax = UINT32_MAX;

  void begin_name(std::string_view owner);
  void begin_set(uint16_t type, uint32_t ttl);
  void add_rdata(std::string_view rdata);
  size_t bytes() const { return out_.bytes_.size(); }
  PackedRecords finish() &&;

 private:
  PackedRecords out_;
  size_t count_at_ = 0;  // where the set's number of data is kept
};

}  // namespace evershore::dns
