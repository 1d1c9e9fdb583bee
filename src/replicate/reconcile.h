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
//   yes   region not synced, else, R an object                 Last-Modified: it crossed R, neither knew of the other. In R's own second:
//   one
//                                                              step later than R, since something else was still there when R was seen
//   yes   anything else                                        max(Last-Modified, R.version + 1): it replaced what we knew there,
//                                                              or crossed a delete, which never beats a write
//   no    stamped                                              its stamp
//   no    unstamped                                            Last-Modified
//
// A stamp counts only for the bytes it was written with; with other tags than those the copy is one step later than its stamp. Regions
// that have no tags say nothing about them.
//
// The winner is the greatest (version, a client's own write before a copy, content id, metadata hash) of all copies and of R if it is a
// tombstone, so any two workers agree. Then, region by region:
//
//   winner      region                                          action
//   any         unreachable, but confirmed at this version      nothing
//   any         unreachable                                     park
//   object      same bytes, same headers                        nothing
//   object      same bytes, other headers or tags               replace metadata, if the etag is still that one
//   object      other bytes                                     copy, if the etag is still that one
//   object      absent                                          copy, if still absent (absence is restored, never spread)
//   tombstone   found                                           delete, if the etag is still that one
//   tombstone   absent                                          nothing
//   any         read-only                                       nothing; it is not confirmed unless it holds the winner
//
// Losers: of two writes that did not know of each other one is overwritten or deleted by the plan's actions. It is kept as a conflict
// first.
//
//   what is overwritten, other bytes than the winner        winner                       a loser
//   a client's write that R's copies do not explain         any                          yes
//   R itself                                                a write that crossed R       yes
//   R itself                                                a copy of ours later than R  yes: whether its writer knew R is not known
//   R itself                                                any other: it knew R         no
//   a copy of ours in a region of which R says nothing      any                          yes: it may be the last one
//   a copy of ours, or what was seen there before           any                          no
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
#include "model/replication_filter.h"

namespace evershore::replicate {

enum class Presence : uint8_t { kFound, kAbsent, kUnreachable };

struct Copy {
  RegionSlot slot = kNoRegionSlot;
  Presence presence = Presence::kUnreachable;
  ObjectInfo info;          // if found; kTagsHeader among its headers if it has tags
  bool tags_known = false;  // its region has tags, and they were asked for
};

struct ReconcileRules {
  bool deletes = true;       // whether explicit removals spread
  RegionSet reported;        // must be seen before the key counts as looked at
  RegionSet removed;         // reported an explicit removal
  RegionSet read_only;       // nothing is written or deleted there
  ReplicationFilter filter;  // by size
  Version now;               // version of a tombstone that begins here, unless R's is later
};

enum class ActionKind : uint8_t { kNothing, kCopy, kReplaceMetadata, kDelete, kPark };
std::string_view action_name(ActionKind kind);

struct Action {
  RegionSlot slot = kNoRegionSlot;
  ActionKind kind = ActionKind::kNothing;
  std::string if_match;  // the etag that was seen there; "" = the key was absent
};

// A copy that the actions take away although the winner's writer did not know of it.
struct Loser {
  const Copy* copy = nullptr;
  Version version;
};

enum class Outcome : uint8_t {
  kObject,     // plan.row is an object; each region has an action
  kTombstone,  // plan.row is a tombstone; each region has an action
  kWait,       // only regions that are away can tell: park for them
  kForget,     // no copy is left, nothing to keep
  kFiltered,   // the winner is none of those that are replicated: nothing is done or noted down
};

struct Plan {
  Outcome outcome = Outcome::kForget;
  KeyRow row;                        // as it is before the actions; confirm() each that succeeds
  bool row_changed = false;          // against the row that came in
  bool new_tombstone = false;        // to be stored durably before the first delete
  std::vector<Action> actions;       // one a region, in the order of the copies
  std::vector<const Copy*> sources;  // reachable regions that hold the winner, its origin first; into the caller's copies
  RegionSet waiting_for;             // regions with kPark, or those of kWait
  std::vector<Loser> losers;         // to be kept before anything is done or written down; one for each content
  std::string why;                   // for people
};

// `copies` names each member region once and outlives the plan.
Plan reconcile(const ObjectKey& key, const std::optional<KeyRow>& row, std::span<const Copy> copies, const ReconcileRules& rules);

// The region now holds the row's version (a tombstone's: lacks the key); `etag` is its own.
void confirm(KeyRow& row, RegionSlot slot, const std::string& etag);

// A copy that went wrong lies in this region: it is nobody's write, and to be replaced.
void note_bad_copy(KeyRow& row, RegionSlot slot, const std::string& etag);

// Whether this copy is a write that knew nothing of the row's object, or the copy of one: then the short road must not overwrite that.
bool crossed_row(const std::optional<KeyRow>& row, const Copy& copy);

// The version of one found copy, by the table above.
Version version_of_found(const std::optional<KeyRow>& row, const Copy& copy);

// What the row says this region held: its etag, "" for no copy, nullopt for never looked at.
std::optional<std::string> known_etag(const KeyRow& row, RegionSlot slot);

}  // namespace evershore::replicate
