// The heart of replication: from what is known of a key and what its copies look like now, which version wins and what each
// region lacks. State based: it never matters how often or in which order events told of the key. Pure.
//
// What one found copy is worth (R = the row; "knew" = the row says what this region held: synced, or in `seen`):
//
//   knew  copy                                                 version of the copy
//   -     same bytes and headers as R                          R.version
//   yes   stamped later than R                                 its stamp
//   yes   region not synced, etag as last seen                 older than everything: the region is merely behind
//   yes   region not synced, stamped no later than R           its stamp: a copy of ours whose answer was lost
//   yes   region not synced, else, R an object                 Last-Modified: it crossed R, neither knew of the other
//   yes   anything else                                        max(Last-Modified, R.version + 1): it replaced what we knew there,
//                                                              or crossed a delete, which never beats a write
//   no    stamped                                              its stamp
//   no    unstamped                                            Last-Modified
//
// The winner is the greatest (version, a client's own write before a copy, content id, metadata hash) of all copies and of R if it is a
// tombstone, so any two workers agree. Then, region by region:
//
//   winner      region                                          action
//   any         unreachable, but confirmed at this version      nothing
//   any         unreachable                                     park
//   object      same bytes, same headers                        nothing
//   object      same bytes, other headers                       replace metadata, if the etag is still that one
//   object      other bytes                                     copy, if the etag is still that one
//   object      absent                                          copy, if still absent (absence is restored, never spread)
//   tombstone   found                                           delete, if the etag is still that one
//   tombstone   absent                                          nothing
//
// A tombstone begins only with an explicit removal: by remove(), or where a region reported one, is seen to lack the key, was
// confirmed to hold R's object, and no copy elsewhere is newer than R. If no reachable region has R's object any more,
// the key waits for those that are away; with none away, the best copy that is left wins. If no copy is left anywhere, the
// row is forgotten.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/key_row.h"
#include "model/object.h"

namespace evershore::replicate {

enum class Presence : uint8_t { kFound, kAbsent, kUnreachable };

struct Copy {
  RegionSlot slot = kNoRegionSlot;
  Presence presence = Presence::kUnreachable;
  ObjectInfo info;  // if found
};

struct ReconcileRules {
  bool deletes = true;  // whether explicit removals spread
  RegionSet reported;   // must be seen before the key counts as looked at
  RegionSet removed;    // reported an explicit removal
  Version now;          // version of a tombstone that begins here, unless R's is later
};

enum class ActionKind : uint8_t { kNothing, kCopy, kReplaceMetadata, kDelete, kPark };
std::string_view action_name(ActionKind kind);

struct Action {
  RegionSlot slot = kNoRegionSlot;
  ActionKind kind = ActionKind::kNothing;
  std::string if_match;  // the etag that was seen there; "" = the key was absent
};

enum class Outcome : uint8_t {
  kObject,     // plan.row is an object; each region has an action
  kTombstone,  // plan.row is a tombstone; each region has an action
  kWait,       // only regions that are away can tell: park for them
  kForget,     // no copy is left, nothing to keep
};

struct Plan {
  Outcome outcome = Outcome::kForget;
  KeyRow row;                        // as it is before the actions; confirm() each that succeeds
  bool row_changed = false;          // against the row that came in
  bool new_tombstone = false;        // to be stored durably before the first delete
  std::vector<Action> actions;       // one a region, in the order of the copies
  std::vector<const Copy*> sources;  // reachable regions that hold the winner, its origin first; into the caller's copies
  RegionSet waiting_for;             // regions with kPark, or those of kWait
  std::string why;                   // for people
};

// `copies` names each member region once and outlives the plan.
Plan reconcile(const ObjectKey& key, const std::optional<KeyRow>& row, std::span<const Copy> copies, const ReconcileRules& rules);

// The region now holds the row's version (a tombstone's: lacks the key); `etag` is its own.
void confirm(KeyRow& row, RegionSlot slot, const std::string& etag);

// A copy that went wrong lies in this region: it is nobody's write, and to be replaced.
void note_bad_copy(KeyRow& row, RegionSlot slot, const std::string& etag);

// The version of one found copy, by the table above.
Version version_of_found(const std::optional<KeyRow>& row, RegionSlot slot, const ObjectInfo& info);

// What the row says this region held: its etag, "" for no copy, nullopt for never looked at.
std::optional<std::string> known_etag(const KeyRow& row, RegionSlot slot);

}  // namespace evershore::replicate
