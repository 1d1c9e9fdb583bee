// Compares any number of sorted listings and the rows of a site in one pass, page by page: what is equal everywhere costs
// a comparison, everything else comes out as a finding. Memory: the pages fed and not yet consumed. Pure.
//
//   copies in the scanned regions          row                                    verdict
//   none                                   object                                 differs
//   none                                   tombstone, all members confirmed, old  expired
//   none                                   tombstone, all members confirmed       equal
//   none                                   tombstone, somebody unconfirmed        differs
//   all, same size and etag                none                                   first seen
//   all, each as its row confirms          object                                 equal
//   anything else                                                                 differs
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/key_row.h"
#include "model/object.h"
#include "model/replication_filter.h"

namespace evershore::replicate {

enum class Verdict : uint8_t { kFirstSeen, kDiffers, kExpired, kEqual };

struct Finding {
  Verdict verdict = Verdict::kDiffers;
  ObjectKey key;
  RegionSet present;
  RegionSet absent;                   // scanned and without the key
  RegionSlot source = kNoRegionSlot;  // holds the key, if all that hold it agree on size and etag
  uint64_t size_bytes = 0;
  std::string etag;  // of the source
  KeyRow row;        // kFirstSeen: to put; kExpired: to erase
};

struct MergeOptions {
  std::vector<RegionSlot> scanned;  // one listing each, in order of preference
  RegionSet members;                // all regions of the site, scanned or not
  Version expired_before;           // tombstones below may go once every member confirmed them
  RegionSet read_only;              // their copies are never changed: what they lack, or have older, is no difference
  std::string prefix;               // the site's, for the filter
  ReplicationFilter filter;         // what does not pass is not there
  bool tell_equal = false;          // keys that some region has and that are equal come out too, as kEqual
};

class MergeScan {
 public:
  explicit MergeScan(MergeOptions options);

  // The next page of the listing at this place in options.scanned. kInvalid if its keys are not strictly increasing: such
  // a listing cannot be merged, and must not be skipped silently.
  Result<void> feed(size_t listing, std::vector<ListedObject> page, bool more);
  void feed_rows(std::vector<KeyRow> rows, bool more);

  // What needs its next page before advance() can go on.
  bool hungry(size_t listing) const { return listings_[listing].hungry(); }
  bool rows_hungry() const { return rows_.hungry(); }
  const ObjectKey& last_key(size_t listing) const { return listings_[listing].last_key; }
  const ObjectKey& last_row_key() const { return rows_.last_key; }

  // Goes on until something is hungry, all is done, or `findings_max` findings have come out.
  void advance(std::vector<Finding>& findings, size_t findings_max);
  bool done() const;
  uint64_t keys_seen() const { return keys_seen_; }
  uint64_t keys_present() const { return keys_present_; }  // that some listing has
  uint64_t own_keys() const { return own_keys_; }          // Evershore's own, each counted once

 private:
  template <class T>
  struct Input {
    std::vector<T> page;
    size_t at = 0;
    bool more = true;
    ObjectKey last_key;
    bool hungry() const { return at == page.size() && more; }
    bool ended() const { return at == page.size() && !more; }
    const T* peek() const { return at == page.size() ? nullptr : &page[at]; }
  };

  bool any_hungry() const;
  const ObjectKey* lowest_key() const;
  void gather(const ObjectKey& key);
  void judge(const ObjectKey& key, std::vector<Finding>& findings) const;
  void judge_absent(const ObjectKey& key, std::vector<Finding>& findings) const;
  bool is_filtered(const ObjectKey& key) const;
  bool all_as_row_says() const;
  bool only_read_only_left() const;
  bool agree() const;
  Finding differing(const ObjectKey& key) const;

  const MergeOptions options_;
  std::vector<Input<ListedObject>> listings_;
  Input<KeyRow> rows_;
  // Of the key in hand.
  std::vector<const ListedObject*> copies_;  // by listing; nullptr = absent
  const KeyRow* row_ = nullptr;
  size_t present_ = 0;
  uint64_t keys_seen_ = 0;
  uint64_t keys_present_ = 0;
  uint64_t own_keys_ = 0;
};

}  // namespace evershore::replicate
