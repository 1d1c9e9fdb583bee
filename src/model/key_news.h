// What this node's replication knows of keys whose copies are not all of the same age, for those who read copies. Written by
// the replication thread, read by all loops without a lock.
//
// Two things are told of a key: which regions are behind (known to hold an older copy than one that was acknowledged, or still
// a deleted one), and the mark of its last news. Marks are counted up by each news. Who reads a copy notes mark() before it
// asks; if the key's mark is higher when the copy is there, the copy may be an older one.
//
// Memory is bounded: a table of kEntriesMax keys, made with the first news. Keys that are settled stay in it until their place is
// needed: so long they still prove that copies from before are old. A key that finds no place makes its regions
// count as behind for all keys of the site, until it is settled.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/counter.h"
#include "base/published.h"

namespace evershore {

// A set of regions of this process, by KeyNews::number_of().
struct RegionNumbers {
  uint32_t bits = 0;
  void add(uint8_t number) { bits |= 1U << number; }
  bool has(uint8_t number) const { return (bits >> number & 1U) != 0; }
  bool empty() const { return bits == 0; }
  RegionNumbers with(RegionNumbers other) const { return {bits | other.bits}; }
  bool operator==(const RegionNumbers&) const = default;
};

struct NewsOfKey {
  RegionNumbers behind;
  RegionNumbers perhaps_behind;  // for any key of the site, and nobody knows for which
  uint64_t mark = 0;             // of the last news; 0 = none
};

// News as it is told to those who keep copies.
struct KeyHasNews {
  std::string name;   // news_name()
  uint64_t mark = 0;  // copies that were asked for at an earlier mark may be older
};
using TellNews = std::function<void(std::vector<KeyHasNews>)>;

// A site's key as the cache names it: site, NUL, key of the object.
std::string news_name(std::string_view site, std::string_view key);

class KeyNews {
 public:
  KeyNews();
  ~KeyNews();
  KeyNews(const KeyNews&) = delete;
  KeyNews& operator=(const KeyNews&) = delete;

  static constexpr size_t kEntriesMax = 131'072;
  static constexpr size_t kNumbersMax = 24;

  // ---- any thread

  // The same name has the same number as long as the process lives. nullopt: there have been too many; of that region nothing is known.
  // Takes a lock: for settings, and for keys that something is known of.
  std::optional<uint8_t> number_of(std::string_view region);
  // Of the newest news of any key. A copy that was asked for at this mark is older than none with a mark up to it.
  uint64_t mark() const { return mark_.load(std::memory_order_acquire); }

  // One thread's view.
  class Reader {
   public:
    explicit Reader(const KeyNews& news) : news_(&news), sites_(news.sites_) {}
    uint64_t mark() const { return news_->mark(); }
    // `name`: news_name().
    NewsOfKey about(std::string_view name);

   private:
    using Sites = std::map<std::string, RegionNumbers, std::less<>>;
    const KeyNews* news_;
    Published<Sites>::Reader sites_;
  };

  struct Counters {
    Counter news;      // of keys
    Counter behind;    // gauge: keys in the table that some region is behind for
    Counter no_place;  // gauge: keys that found none
  };
  const Counters& counters() const { return counters_; }

  // ---- the replication thread; each returns the mark

  // The key has changed; these regions are behind, none if empty.
  uint64_t changed(std::string_view site, std::string_view key, RegionNumbers behind);
  // No new change: only these are (still) behind. Of a key that nothing is known of it is news.
  void narrow(std::string_view site, std::string_view key, RegionNumbers behind);
  // All regions hold the newest.
  uint64_t settled(std::string_view site, std::string_view key);
  // Regions that may be behind for any key of the site, because nobody knows for which.
  void site_behind(std::string_view site, RegionNumbers behind);
  // Nobody replicates any more: nothing is behind. Marks stay.
  void forget_all();

 private:
  // who: the hash's upper 40 bits and 24 bits of regions; 0 = free. Written by one thread, in the order mark, who.
  struct Entry {
    std::atomic<uint64_t> who{0};
    std::atomic<uint64_t> mark{0};
  };
  static constexpr size_t kBucketEntries = 8;
  static constexpr size_t kBuckets = kEntriesMax / kBucketEntries;
  using Bucket = std::array<Entry, kBucketEntries>;
  struct Homeless {
    std::string site;
    RegionNumbers behind;
  };

  Bucket& bucket_of(uint64_t hash) const;
  Entry* find(uint64_t hash) const;
  Entry* place_for(uint64_t hash);
  void write(std::string_view site, uint64_t hash, RegionNumbers behind, uint64_t mark);
  void set_homeless(std::string_view site, uint64_t hash, RegionNumbers behind);
  void count_homeless(const Homeless& key, int64_t by);
  void publish_sites();

  std::atomic<uint64_t> mark_{0};
  std::unique_ptr<std::array<Bucket, kBuckets>> table_owner_;
  std::atomic<std::array<Bucket, kBuckets>*> table_{nullptr};
  std::atomic<bool> some_site_behind_{false};
  Published<std::map<std::string, RegionNumbers, std::less<>>> sites_;
  Counters counters_;
  // the replication thread's own
  std::unordered_map<uint64_t, Homeless> homeless_;
  std::map<std::string, std::array<int64_t, kNumbersMax>, std::less<>> homeless_keys_;  // by site: that a region is behind for
  std::map<std::string, RegionNumbers, std::less<>> told_behind_;                       // by site_behind()
  std::mutex numbers_mutex_;
  std::vector<std::string> numbers_;  // under numbers_mutex_
};

}  // namespace evershore
