#include "replicate/reconcile.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "base/assert.h"
#include "replicate/filter.h"
#include "replicate/identity.h"
#include "replicate/version.h"

namespace evershore::replicate {

std::string_view action_name(ActionKind kind) {
  switch (kind) {
    case ActionKind::kNothing: return "nothing";
    case ActionKind::kCopy: return "copy";
    case ActionKind::kReplaceMetadata: return "replace metadata";
    case ActionKind::kDelete: return "delete";
    case ActionKind::kPark: return "wait for the region";
  }
  return "nothing";
}

namespace {

enum class Lineage : uint8_t {
  kRow,       // R itself
  kBehind,    // what was seen there before R
  kCopied,    // a copy of ours
  kKnewRow,   // a client's write over R
  kCrossing,  // a client's write that knew nothing of R
};

bool may_have_crossed(Lineage lineage) { return lineage == Lineage::kCrossing || lineage == Lineage::kCopied; }

struct Worth {
  Version version;
  Lineage lineage = Lineage::kCrossing;
};

struct Candidate {
  const Copy* copy = nullptr;
  Version version;
  Lineage lineage = Lineage::kCrossing;
  bool stamped = false;  // with exactly this version, by us
  ContentId content{};
  uint64_t meta_hash = 0;
  uint64_t untagged_hash = 0;

  // A stamped copy is as old as its source's second says; a client's own write of that second may have replaced that source.
  auto rank() const { return std::tuple(version, !stamped, content, meta_hash); }
};

const std::string* find_seen(const KeyRow& row, RegionSlot slot) {
  const auto at = std::ranges::find(row.seen, slot, &std::pair<RegionSlot, std::string>::first);
  return at == row.seen.end() ? nullptr : &at->second;
}

void set_seen(KeyRow& row, RegionSlot slot, const std::string& etag) {
  const auto at = std::ranges::lower_bound(row.seen, slot, {}, &std::pair<RegionSlot, std::string>::first);
  if (at != row.seen.end() && at->first == slot) {
    at->second = etag;
  } else {
    row.seen.insert(at, {slot, etag});
  }
}

void clear_seen(KeyRow& row, RegionSlot slot) {
  std::erase_if(row.seen, [slot](const auto& entry) { return entry.first == slot; });
}

// The region holds the row's bytes: by its own etag if it is confirmed, else by the common one.
bool same_bytes(const KeyRow& row, const Copy& copy) {
  if (row.tombstone || copy.info.size_bytes != row.size_bytes || copy.info.etag.empty()) return false;
  const std::string* own = row.synced.has(copy.slot) ? find_seen(row, copy.slot) : nullptr;
  return copy.info.etag == (own != nullptr ? *own : row.etag);
}

bool tags_as_stamped(const Copy& copy, const Stamp& stamp) {
  return !copy.tags_known || stamp.tags_hash == tags_hash_of(copy.info.headers);
}

// Same bytes, and nothing says that somebody gave them other headers or tags since.
bool is_row_itself(const KeyRow& row, const Copy& copy, uint64_t meta_hash, const std::optional<Stamp>& stamp) {
  if (!same_bytes(row, copy)) return false;
  const bool ours = stamp && stamp->version == row.version && tags_as_stamped(copy, *stamp);
  return ours || row.meta_hash == 0 || row.meta_hash == meta_hash;
}

// The table above.
Worth worth_of_copy(const std::optional<KeyRow>& row, const Copy& copy, uint64_t meta_hash, const std::optional<Stamp>& any_stamp) {
  const Version written = version_of_time(copy.info.last_modified);
  const bool valid = any_stamp && any_stamp->source_etag == copy.info.etag;
  if (row && is_row_itself(*row, copy, meta_hash, any_stamp)) return {row->version, Lineage::kRow};
  // Its Last-Modified is the time of our copy: new tags on old bytes must not beat a write that came between.
  if (valid && !tags_as_stamped(copy, *any_stamp)) {
    const bool of_row = row && row->synced.has(copy.slot) && same_bytes(*row, copy);
    if (of_row) return {next_after(row->version), Lineage::kKnewRow};
    const bool unknown = row && !known_etag(*row, copy.slot);
    return {next_after(any_stamp->version), unknown ? Lineage::kCrossing : Lineage::kCopied};
  }
  const auto known = row ? known_etag(*row, copy.slot) : std::nullopt;
  // Where R says nothing of a region, even a copy of ours may be the last one of a write that nobody replaced knowingly.
  if (!known) return {valid ? any_stamp->version : written, valid && !row ? Lineage::kCopied : Lineage::kCrossing};
  if (valid && any_stamp->version > row->version) return {any_stamp->version, Lineage::kCopied};
  if (!row->synced.has(copy.slot)) {
    if (*known == copy.info.etag && !known->empty()) return {Version{}, Lineage::kBehind};
    if (valid && any_stamp->version <= row->version) return {any_stamp->version, Lineage::kCopied};
    // Both of one second: what was seen there when R was already known is gone, so this is the later one.
    const bool same_second = written.millis == row->version.millis;
    if (!row->tombstone) return {same_second ? next_after(row->version) : written, Lineage::kCrossing};
  }
  return {std::max(written, next_after(row->version)), Lineage::kKnewRow};
}

Candidate weigh(const std::optional<KeyRow>& row, const Copy& copy) {
  Candidate candidate{.copy = &copy,
                      .meta_hash = meta_hash_of(copy.info.headers, copy.info.metadata),
                      .untagged_hash = untagged_hash_of(copy.info.headers, copy.info.metadata)};
  const auto stamp = stamp_of(copy.info);
  const Worth worth = worth_of_copy(row, copy, candidate.meta_hash, stamp);
  candidate.version = worth.version;
  candidate.lineage = worth.lineage;
  candidate.stamped = stamp && stamp->version == candidate.version;
  candidate.content = row && same_bytes(*row, copy) ? row->content_id : content_id_of(copy.info.size_bytes, copy.info.etag);
  return candidate;
}

std::vector<Candidate> weigh_all(const std::optional<KeyRow>& row, std::span<const Copy> copies) {
  std::vector<Candidate> candidates;
  for (const auto& copy : copies) {
    if (copy.presence == Presence::kFound) candidates.push_back(weigh(row, copy));
  }
  return candidates;
}

RegionSet with_presence(std::span<const Copy> copies, Presence presence) {
  RegionSet set;
  for (const auto& copy : copies) {
    if (copy.presence == presence) set.add(copy.slot);
  }
  return set;
}

// What is still known of a region that the new row does not confirm.
void carry_known(KeyRow& next, const std::optional<KeyRow>& row, const Copy& copy) {
  if (copy.presence == Presence::kFound) return set_seen(next, copy.slot, copy.info.etag);
  if (copy.presence == Presence::kAbsent) return set_seen(next, copy.slot, "");
  const auto known = row ? known_etag(*row, copy.slot) : std::nullopt;
  if (known) set_seen(next, copy.slot, *known);
}

class Planner {
 public:
  Planner(const ObjectKey& key, const std::optional<KeyRow>& row, std::span<const Copy> copies, const ReconcileRules& rules)
      : key_(key), row_(row), copies_(copies), rules_(rules), candidates_(weigh_all(row, copies)) {}

  Plan plan() {
    const Candidate* best = nullptr;
    for (const auto& candidate : candidates_) {
      if (best == nullptr || candidate.rank() > best->rank()) best = &candidate;
    }
    if (row_ && row_->tombstone && (best == nullptr || best->version <= row_->version)) return tombstone(row_->version, "deleted");
    if (removal_counts(best)) return tombstone(std::max(rules_.now, next_after(row_->version)), "removed in a region that held it");
    const auto away = with_presence(copies_, Presence::kUnreachable);
    if (const RegionSet holders = holders_away(best, away); !holders.empty())
      return wait(holders, "the newest copy is in a region that is away");
    if (best != nullptr && !passes_size(rules_.filter, best->copy->info.size_bytes)) return filtered();
    if (best != nullptr) return object(*best);
    if (!away.empty()) return wait(away, "no copy in the regions that can be reached");
    plan_.why = row_ ? "no copy is left in any region" : "no region has this key";
    plan_.row_changed = row_.has_value();
    return std::move(plan_);
  }

 private:
  bool removal_counts(const Candidate* best) const {
    if (!rules_.deletes || !row_ || row_->tombstone) return false;
    const auto gone = rules_.removed.both(row_->synced).both(with_presence(copies_, Presence::kAbsent));
    return !gone.empty() && (best == nullptr || best->version <= row_->version);
  }

  // No reachable copy has R's object: regions that are away may hold it, or something newer than what is left here.
  RegionSet holders_away(const Candidate* best, RegionSet away) const {
    if (!row_ || row_->tombstone || (best != nullptr && best->version >= row_->version)) return {};
    return away;
  }

  Plan filtered() {
    plan_.outcome = Outcome::kFiltered;
    for (const auto& copy : copies_) act(copy, ActionKind::kNothing);
    plan_.why = "its size is none of those that are replicated";
    return std::move(plan_);
  }

  Plan wait(RegionSet regions, std::string why) {
    plan_.outcome = Outcome::kWait;
    plan_.waiting_for = regions;
    if (row_) plan_.row = *row_;
    plan_.why = std::move(why);
    return std::move(plan_);
  }

  void act(const Copy& copy, ActionKind kind) {
    const bool found = copy.presence == Presence::kFound;
    plan_.actions.push_back({copy.slot, kind, found ? copy.info.etag : std::string()});
  }

  // A region that is away has nothing to do only if it confirmed this very version and reported no change since.
  void place_unreachable(const Copy& copy) {
    const bool confirmed =
        row_ && row_->version == plan_.row.version && row_->tombstone == plan_.row.tombstone && row_->synced.has(copy.slot);
    if (confirmed) {
      plan_.row.synced.add(copy.slot);
      if (const auto* own = find_seen(*row_, copy.slot); own != nullptr) set_seen(plan_.row, copy.slot, *own);
    } else if (!row_was_crossed_) {
      carry_known(plan_.row, row_, copy);  // else R may be there, and only there: it must not pass for what is merely behind
    }
    const bool park = !confirmed || rules_.reported.with(rules_.removed).has(copy.slot);
    if (park) plan_.waiting_for.add(copy.slot);
    act(copy, park ? ActionKind::kPark : ActionKind::kNothing);
  }

  Plan tombstone(Version version, std::string_view why) {
    plan_.outcome = Outcome::kTombstone;
    plan_.row = KeyRow{.key = key_, .version = version, .tombstone = true, .origin = row_->origin};
    plan_.new_tombstone = !row_->tombstone;
    for (const auto& copy : copies_) {
      if (copy.presence == Presence::kUnreachable) {
        place_unreachable(copy);
      } else if (copy.presence == Presence::kAbsent) {
        plan_.row.synced.add(copy.slot);
        act(copy, ActionKind::kNothing);
      } else {
        carry_known(plan_.row, row_, copy);
        const bool keeps = rules_.read_only.has(copy.slot);
        act(copy, keeps ? ActionKind::kNothing : ActionKind::kDelete);
        if (!keeps) note_loser(*candidate_of(copy), nullptr);
      }
    }
    plan_.why = fmt::format("{} at {}", why, format_version(version));
    return finish();
  }

  bool same_content(const Candidate& a, const Candidate& b) const {
    if (a.copy->info.size_bytes != b.copy->info.size_bytes) return false;
    if (a.copy->info.etag == b.copy->info.etag && !a.copy->info.etag.empty()) return true;
    return row_ && a.version == row_->version && b.version == row_->version && same_bytes(*row_, *a.copy) && same_bytes(*row_, *b.copy);
  }

  bool same_headers(const Candidate& winner, const Candidate& other) const {
    const bool compare_tags = winner.copy->tags_known && other.copy->tags_known;
    const bool same_tags = !compare_tags || tags_hash_of(winner.copy->info.headers) == tags_hash_of(other.copy->info.headers);
    if (!same_tags) return false;
    if (other.untagged_hash == winner.untagged_hash) return true;
    // Written by us with this version: the store keeps what it keeps, writing again would change nothing.
    return other.stamped && other.version == winner.version;
  }

  const Candidate* candidate_of(const Copy& copy) const {
    const auto at = std::ranges::find(candidates_, &copy, &Candidate::copy);
    return at == candidates_.end() ? nullptr : &*at;
  }

  // By the table of losers; `winner` nullptr = a tombstone.
  void note_loser(const Candidate& other, const Candidate* winner) {
    const bool clients = other.lineage == Lineage::kKnewRow || other.lineage == Lineage::kCrossing;
    const bool crossed_by_winner = other.lineage == Lineage::kRow && winner != nullptr && may_have_crossed(winner->lineage);
    if (!clients && !crossed_by_winner) return;
    const auto same = [&other](const Loser& loser) {
      return loser.copy->info.etag == other.copy->info.etag && loser.copy->info.size_bytes == other.copy->info.size_bytes;
    };
    if (std::ranges::none_of(plan_.losers, same)) plan_.losers.push_back({other.copy, other.version});
  }

  ActionKind place(const Candidate& winner, const Candidate& other) {
    if (!same_content(winner, other)) return ActionKind::kCopy;
    if (!same_headers(winner, other)) return ActionKind::kReplaceMetadata;
    return ActionKind::kNothing;
  }

  void start_object(const Candidate& winner) {
    const auto& info = winner.copy->info;
    const bool known = row_ && !row_->tombstone && winner.version == row_->version && same_bytes(*row_, *winner.copy);
    // Other bytes than R's that are not newer by number (R's object lost every holder, or both were written in the same
    // second): they become newer by decree, so that one version never stands for two contents.
    const bool decreed = row_ && !known && winner.version <= row_->version;
    plan_.row = KeyRow{.key = key_,
                       .version = decreed ? next_after(row_->version) : winner.version,
                       .size_bytes = info.size_bytes,
                       .etag = known ? row_->etag : info.etag,
                       .content_id = winner.content,
                       .meta_hash = known && row_->meta_hash != 0 ? row_->meta_hash : winner.meta_hash,
                       .origin = known && row_->origin != kNoRegionSlot ? row_->origin : winner.copy->slot};
  }

  Plan object(const Candidate& winner) {
    plan_.outcome = Outcome::kObject;
    row_was_crossed_ = row_ && !row_->tombstone && may_have_crossed(winner.lineage);
    start_object(winner);
    for (const auto& copy : copies_) {
      if (copy.presence == Presence::kUnreachable) {
        place_unreachable(copy);
        continue;
      }
      const Candidate* other = candidate_of(copy);
      const ActionKind kind = other == nullptr ? ActionKind::kCopy : place(winner, *other);
      if (kind != ActionKind::kNothing && rules_.read_only.has(copy.slot)) {
        carry_known(plan_.row, row_, copy);
        act(copy, ActionKind::kNothing);
        continue;
      }
      if (other != nullptr && kind == ActionKind::kCopy) note_loser(*other, &winner);
      if (kind == ActionKind::kNothing) {
        confirm(plan_.row, copy.slot, copy.info.etag);
        plan_.sources.push_back(&copy);
      } else {
        carry_known(plan_.row, row_, copy);
      }
      act(copy, kind);
    }
    const auto first = std::ranges::find(plan_.sources, winner.copy);
    std::rotate(plan_.sources.begin(), first, first + 1);
    plan_.why = fmt::format("{} bytes, etag {}, version {}", plan_.row.size_bytes, plan_.row.etag, format_version(plan_.row.version));
    return finish();
  }

  Plan finish() {
    plan_.row_changed = !row_ || plan_.row != *row_;
    return std::move(plan_);
  }

  const ObjectKey& key_;
  const std::optional<KeyRow>& row_;
  std::span<const Copy> copies_;
  const ReconcileRules& rules_;
  std::vector<Candidate> candidates_;
  bool row_was_crossed_ = false;
  Plan plan_;
};

}  // namespace

std::optional<std::string> known_etag(const KeyRow& row, RegionSlot slot) {
  if (const auto* seen = find_seen(row, slot); seen != nullptr) return *seen;
  if (row.synced.has(slot)) return row.tombstone ? std::string() : row.etag;
  return std::nullopt;
}

bool crossed_row(const std::optional<KeyRow>& row, const Copy& copy) {
  return row && !row->tombstone && may_have_crossed(weigh(row, copy).lineage);
}

Version version_of_found(const std::optional<KeyRow>& row, const Copy& copy) { return weigh(row, copy).version; }

void confirm(KeyRow& row, RegionSlot slot, const std::string& etag) {
  row.synced.add(slot);
  if (row.tombstone || etag == row.etag) {
    clear_seen(row, slot);
  } else {
    set_seen(row, slot, etag);
  }
}

void note_bad_copy(KeyRow& row, RegionSlot slot, const std::string& etag) {
  row.synced.drop(slot);
  set_seen(row, slot, etag);
}

Plan reconcile(const ObjectKey& key, const std::optional<KeyRow>& row, std::span<const Copy> copies, const ReconcileRules& rules) {
  EVERSHORE_ASSERT(!row || row->key == key);
  return Planner(key, row, copies, rules).plan();
}

}  // namespace evershore::replicate
