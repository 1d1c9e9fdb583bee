// Which bucket a region's name stands for. Each bucket carries a marker object with an id of its own; the site's facts remember
// it, so that a bucket that was swapped or made anew under the same name is noticed before any of its absences is believed.
//
//   facts      marker in the bucket   answer
//   none       none                   written; the region begins with nothing known
//   none       any                    adopted
//   an id      the same               ok
//   an id      none                   the bucket was emptied or replaced: a new marker and a new slot, so nothing known of the
//                                     old bucket counts any more, and a full scan
//   an id      another                held until accept_region(): it may be somebody else's data
#pragma once

#include "replicate/run/site_context.h"

namespace evershore::replicate {

inline constexpr std::string_view kMarkerKey = ".evershore/region";

class Membership {
 public:
  explicit Membership(SiteContext& context) : context_(context) {}

  // Reads the facts and gives every region of the site its slot.
  Task<Result<void>> load();
  // After a region was found reachable: probes its store once, checks its marker. Sets region.checked, region.held.
  Task<Result<void>> check(Region& region);
  // Believes a held region's present bucket, as a new one.
  Task<Result<void>> accept(Region& region);
  // Durable: the region is (or is no longer) behind, so that a restart does not forget it.
  Task<Result<void>> note_catching_up(Region& region, bool catching_up);
  Task<Result<void>> note_full_scan_needed(Region& region);
  Task<Result<void>> note_scan(RegionSet regions, Wall started, Wall ended);
  std::optional<Wall> last_scan(const Region& region) const;

 private:
  queue::RegionFacts* facts_of(const Region& region);
  Result<RegionSlot> free_slot() const;
  Task<Result<void>> save();
  Task<Result<std::string>> read_marker(Region& region);
  Task<Result<std::string>> write_marker(Region& region);
  Task<Result<void>> start_anew(Region& region, std::string marker_id);

  SiteContext& context_;
  queue::SiteFacts facts_;
  std::vector<Region*> probed_;
};

}  // namespace evershore::replicate
