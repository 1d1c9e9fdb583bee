// Tells those who read copies (model/key_news.h) what one site's replicator knows of them: which regions are behind for a key that
// has changed, and when all hold the newest. One thread.
//
//   event                                    behind                                       news
//   a change was reported by a region        all others, as long as the key is queued     yes
//   a removal was reported                   all others; none if removals do not spread   yes
//   a key is parked                          those it waits for                           of keys not heard of
//   a key has left the queue                 none                                         yes
//   the list of a region's keys was dropped  the region, for every key, until a scan      -
// What a scan finds is no news before it is settled: nobody has acknowledged it, and nobody knows which copy is the newest.
#pragma once

#include <vector>

#include "model/key_news.h"
#include "replicate/run/site_context.h"

namespace evershore::replicate {

enum class Removed : uint8_t { kNo, kYes };

class CopyNews {
 public:
  // `news` null: there is nobody to tell.
  CopyNews(const SiteContext& context, KeyNews* news, TellNews tell) : context_(context), news_(news), tell_(std::move(tell)) {}

  // What the queue holds from an earlier run; the regions have their slots.
  void load();
  // After the key was queued: before anybody hears that the change is accepted.
  void reported(const ObjectKey& key, RegionSlot by, Removed removed);
  void parked(const ObjectKey& key);
  // Of these, those that are no longer queued.
  void done(const std::vector<ObjectKey>& keys);
  // Around queue::TaskQueue::forget_parked().
  std::vector<ObjectKey> waiting_for(RegionSlot region) const;
  // Each tick.
  void look_at_regions();

 private:
  RegionNumbers numbers_of(RegionSet regions) const;

  static constexpr size_t kLoadedMax = KeyNews::kEntriesMax;

  const SiteContext& context_;
  KeyNews* news_;
  TellNews tell_;
};

}  // namespace evershore::replicate
