// The records at the host: one batch, all or nothing, so that the name has answers at every moment.
#include <fmt/format.h>

#include <algorithm>

#include "aws/planner.h"

namespace evershore::aws {

namespace {

const RecordSet* find_set(const std::vector<RecordSet>& sets, const RecordSet& like) {
  const auto at = std::ranges::find_if(sets, [&](const RecordSet& set) {
    return set.name == like.name && set.type == like.type && set.set_identifier == like.set_identifier;
  });
  return at == sets.end() ? nullptr : &*at;
}

// CNAME stands alone; sets of one type share one routing policy.
bool excludes(const RecordSet& theirs, const RecordSet& ours) {
  if (theirs.name != ours.name) return false;
  if (theirs.type == "CNAME" || ours.type == "CNAME") return true;
  return theirs.type == ours.type;
}

std::string label(const RecordSet& set) { return set.failover.empty() ? set.type : fmt::format("{} {}", set.failover, set.type); }

}  // namespace

bool is_our_record(const RecordSet& set, const Layout& layout, const Present& present) {
  if (set.name != layout.host) return false;
  if (set.set_identifier.starts_with(kSetPrefix)) return true;
  return set.set_identifier.empty() && set.alias && present.distribution && set.alias->name == present.distribution->summary.domain;
}

// Ours that differ or are not there, and ours that are there and not wanted.
void Planner::gather_record_changes(std::vector<RecordChange>& batch, std::vector<FieldChange>& fields, bool& fresh) {
  for (const auto& set : have_.records) {
    if (!is_our_record(set, want_, have_) || find_set(want_.records, set) != nullptr) continue;
    batch.push_back({RecordAction::kDelete, set});
    fields.push_back({label(set), joined(set.values), ""});
    fresh = false;
  }
  for (const auto& want : want_.records) {
    const auto* have = find_set(have_.records, want);
    if (have != nullptr && !is_our_record(*have, want_, have_)) have = nullptr;
    const auto next = fields_of(filled(want, known_));
    auto changes = have != nullptr ? differing(fields_of(*have), next) : all_new(next);
    if (changes.empty()) continue;
    if (have != nullptr) fresh = false;
    for (auto& change : changes) fields.push_back({label(want) + ": " + change.name, change.from, change.to});
    batch.push_back({RecordAction::kUpsert, want});
  }
}

void Planner::gather_foreign_records(std::vector<RecordChange>& batch, std::vector<FieldChange>& fields) {
  for (const auto& set : have_.records) {
    const bool in_the_way = std::ranges::any_of(want_.records, [&](const RecordSet& want) { return excludes(set, want); });
    if (!in_the_way || is_our_record(set, want_, have_)) continue;
    if (!options_.take_over_records) {
      problem(fmt::format("{} has a {} record that is not ours ({}): --take-over replaces it in one batch with ours", set.name, set.type,
                          set.alias ? set.alias->name : joined(set.values)));
      continue;
    }
    // Its own type and identifier may be ours too: then the upsert alone replaces it.
    if (find_set(want_.records, set) == nullptr) batch.push_back({RecordAction::kDelete, set});
    fields.push_back({"not ours: " + label(set), set.alias ? set.alias->name : joined(set.values), ""});
  }
}

void Planner::records() {
  std::vector<RecordChange> batch;
  std::vector<FieldChange> fields;
  bool fresh = true;
  gather_foreign_records(batch, fields);
  gather_record_changes(batch, fields, fresh);
  if (batch.empty()) return;
  if (leaves_a_name_empty(have_.records, batch)) problem(fmt::format("{} would be left without records", want_.host));
  if (const auto limit = broken_batch_limit(batch); !limit.empty()) problem(limit);
  auto& step = add("records", "records at " + want_.host, fresh ? Verb::kMake : Verb::kChange,
                   "clients are led to what is healthy; all in one batch", ChangeRecordSets{ref_to("zone"), batch});
  step.fields = std::move(fields);
  if (want_.distribution) step.before = {WaitFor::kDistributionDeployed};
  step.after = {WaitFor::kInSync};
}

}  // namespace evershore::aws
