#include "replicate/run/copy_news.h"

namespace evershore::replicate {

RegionNumbers CopyNews::numbers_of(RegionSet regions) const {
  RegionNumbers numbers;
  for (const auto& region : context_.regions) {
    const auto number = regions.has(region->slot) ? news_->number_of(region->name) : std::nullopt;
    if (number) numbers.add(*number);
  }
  return numbers;
}

namespace {
// Who may hold an older copy, by what the queue says of the key.
RegionSet behind_by(const queue::TaskRow& row, RegionSet members, bool deletes) {
  if (!row.waiting_for.empty()) return row.waiting_for;
  if (row.hint.reported.empty()) return {};
  if (!row.hint.removed.empty() && !deletes) return {};
  return members.without(row.hint.reported);
}
}  // namespace

void CopyNews::load() {
  if (news_ == nullptr) return;
  for (const auto& row : context_.queue.list(context_.rules.site, kLoadedMax)) {
    const auto behind = behind_by(row, context_.members(), context_.rules.deletes);
    if (!behind.empty()) news_->changed(context_.rules.site, row.key, numbers_of(behind));
  }
  look_at_regions();
}

void CopyNews::reported(const ObjectKey& key, RegionSlot by, Removed removed) {
  if (news_ == nullptr) return;
  // It may have been settled while it was being written down.
  const bool open = context_.queue.find(context_.rules.site, key).has_value();
  const bool spreads = open && (removed == Removed::kNo || context_.rules.deletes);
  const auto behind = spreads ? context_.members().without(RegionSet::of(by)) : RegionSet{};
  const uint64_t mark = news_->changed(context_.rules.site, key, numbers_of(behind));
  if (tell_) tell_({{news_name(context_.rules.site, key), mark}});
}

void CopyNews::parked(const ObjectKey& key) {
  if (news_ == nullptr) return;
  const auto row = context_.queue.find(context_.rules.site, key);
  // Not parked after all: it changed meanwhile, and that was told.
  if (row && !row->waiting_for.empty()) news_->narrow(context_.rules.site, key, numbers_of(row->waiting_for));
}

void CopyNews::done(const std::vector<ObjectKey>& keys) {
  if (news_ == nullptr) return;
  std::vector<KeyHasNews> told;
  for (const auto& key : keys) {
    if (context_.queue.find(context_.rules.site, key)) continue;
    told.push_back({news_name(context_.rules.site, key), news_->settled(context_.rules.site, key)});
  }
  if (tell_ && !told.empty()) tell_(std::move(told));
}

std::vector<ObjectKey> CopyNews::waiting_for(RegionSlot region) const {
  std::vector<ObjectKey> keys;
  if (news_ == nullptr) return keys;
  const auto all = context_.queue.counts(context_.rules.site).pending;
  for (auto& row : context_.queue.list(context_.rules.site, all))
    if (row.waiting_for.has(region)) keys.push_back(std::move(row.key));
  return keys;
}

void CopyNews::look_at_regions() {
  if (news_ == nullptr) return;
  RegionSet unknown;
  for (const auto& region : context_.regions)
    if (region->needs_full_scan) unknown.add(region->slot);
  news_->site_behind(context_.rules.site, numbers_of(unknown));
}

}  // namespace evershore::replicate
