#include "replicate/merge_scan.h"

#include <fmt/format.h>

#include <algorithm>

#include "replicate/filter.h"
#include "replicate/identity.h"
#include "replicate/reconcile.h"
#include "replicate/version.h"

namespace evershore::replicate {

MergeScan::MergeScan(MergeOptions options)
    : options_(std::move(options)), listings_(options_.scanned.size()), copies_(options_.scanned.size()) {}

Result<void> MergeScan::feed(size_t listing, std::vector<ListedObject> page, bool more) {
  auto& input = listings_[listing];
  const ObjectKey* last = &input.last_key;
  for (const auto& object : page) {
    if (object.key <= *last) {
      return fail(Fault::kInvalid, fmt::format("the store lists \"{}\" after \"{}\": its keys are not in byte order", object.key, *last));
    }
    last = &object.key;
  }
  if (!page.empty()) input.last_key = page.back().key;
  input.more = more && !page.empty();
  input.page = std::move(page);
  input.at = 0;
  return {};
}

void MergeScan::feed_rows(std::vector<KeyRow> rows, bool more) {
  if (!rows.empty()) rows_.last_key = rows.back().key;
  rows_.more = more && !rows.empty();
  rows_.page = std::move(rows);
  rows_.at = 0;
}

bool MergeScan::any_hungry() const {
  return rows_.hungry() || std::ranges::any_of(listings_, [](const auto& input) { return input.hungry(); });
}

bool MergeScan::done() const {
  return rows_.ended() && std::ranges::all_of(listings_, [](const auto& input) { return input.ended(); });
}

const ObjectKey* MergeScan::lowest_key() const {
  const ObjectKey* lowest = rows_.peek() == nullptr ? nullptr : &rows_.peek()->key;
  for (const auto& input : listings_) {
    const ListedObject* object = input.peek();
    if (object != nullptr && (lowest == nullptr || object->key < *lowest)) lowest = &object->key;
  }
  return lowest;
}

void MergeScan::gather(const ObjectKey& key) {
  present_ = 0;
  for (size_t i = 0; i < listings_.size(); ++i) {
    const ListedObject* object = listings_[i].peek();
    copies_[i] = object != nullptr && object->key == key ? object : nullptr;
    present_ += copies_[i] != nullptr ? 1 : 0;
  }
  row_ = rows_.peek() != nullptr && rows_.peek()->key == key ? rows_.peek() : nullptr;
}

void MergeScan::advance(std::vector<Finding>& findings, size_t findings_max) {
  while (findings.size() < findings_max && !any_hungry()) {
    const ObjectKey* key = lowest_key();
    if (key == nullptr) return;
    gather(*key);
    if (is_own_key(*key)) {
      ++own_keys_;
    } else if (!is_filtered(*key)) {
      ++keys_seen_;
      keys_present_ += present_ > 0 ? 1 : 0;
      judge(*key, findings);
    }
    for (size_t i = 0; i < listings_.size(); ++i) listings_[i].at += copies_[i] != nullptr ? 1 : 0;
    rows_.at += row_ != nullptr ? 1 : 0;
  }
}

// By size only where every copy is out: of others the winner decides.
bool MergeScan::is_filtered(const ObjectKey& key) const {
  if (!passes_key(options_.filter, options_.prefix, key)) return true;
  const auto passes = [this](const ListedObject* copy) { return copy != nullptr && passes_size(options_.filter, copy->size_bytes); };
  return present_ > 0 && std::ranges::none_of(copies_, passes);
}

bool MergeScan::agree() const {
  const ListedObject* first = nullptr;
  for (const auto* copy : copies_) {
    if (copy == nullptr) continue;
    if (first == nullptr) first = copy;
    if (copy->etag.empty() || copy->etag != first->etag || copy->size_bytes != first->size_bytes) return false;
  }
  return first != nullptr;
}

bool MergeScan::all_as_row_says() const {
  if (row_ == nullptr || row_->tombstone) return false;
  for (size_t i = 0; i < copies_.size(); ++i) {
    const RegionSlot slot = options_.scanned[i];
    if (options_.read_only.has(slot) && (copies_[i] == nullptr || known_etag(*row_, slot) == copies_[i]->etag)) continue;
    if (copies_[i] == nullptr) return false;
    if (!row_->synced.has(slot) || copies_[i]->size_bytes != row_->size_bytes) return false;
    const bool common = row_->seen.empty() ? copies_[i]->etag == row_->etag : known_etag(*row_, slot) == copies_[i]->etag;
    if (!common) return false;
  }
  return true;
}

// A tombstone whose key is only where nothing is deleted, as it was seen there.
bool MergeScan::only_read_only_left() const {
  if (row_ == nullptr || !row_->tombstone) return false;
  for (size_t i = 0; i < copies_.size(); ++i) {
    const RegionSlot slot = options_.scanned[i];
    if (copies_[i] != nullptr && (!options_.read_only.has(slot) || known_etag(*row_, slot) != copies_[i]->etag)) return false;
  }
  return row_->synced.with(options_.read_only).covers(options_.members);
}

Finding MergeScan::differing(const ObjectKey& key) const {
  Finding finding{.verdict = Verdict::kDiffers, .key = key};
  const ListedObject* source = nullptr;
  for (size_t i = 0; i < copies_.size(); ++i) {
    const RegionSlot slot = options_.scanned[i];
    if (copies_[i] == nullptr) {
      finding.absent.add(slot);
      continue;
    }
    finding.present.add(slot);
    if (source == nullptr) {
      source = copies_[i];
      finding.source = slot;
    }
    finding.size_bytes = std::max(finding.size_bytes, copies_[i]->size_bytes);
  }
  if (agree()) {
    finding.etag = source->etag;
  } else {
    finding.source = kNoRegionSlot;
  }
  return finding;
}

void MergeScan::judge_absent(const ObjectKey& key, std::vector<Finding>& findings) const {
  const bool settled = row_->tombstone && row_->synced.with(options_.read_only).covers(options_.members);
  if (!settled) return findings.push_back(differing(key));
  if (row_->version < options_.expired_before) findings.push_back({.verdict = Verdict::kExpired, .key = key, .row = *row_});
}

void MergeScan::judge(const ObjectKey& key, std::vector<Finding>& findings) const {
  if (present_ == 0) return judge_absent(key, findings);
  if (only_read_only_left()) return;
  if (all_as_row_says()) {
    if (options_.tell_equal) findings.push_back({.verdict = Verdict::kEqual, .key = key, .size_bytes = row_->size_bytes});
    return;
  }
  Finding finding = differing(key);
  if (row_ == nullptr && present_ == copies_.size() && agree()) {
    finding.verdict = Verdict::kFirstSeen;
    Wall newest{};
    for (const auto* copy : copies_) newest = std::max(newest, copy->last_modified);
    finding.row = KeyRow{.key = key,
                         .version = version_of_time(newest),
                         .size_bytes = finding.size_bytes,
                         .etag = finding.etag,
                         .content_id = content_id_of(finding.size_bytes, finding.etag),
                         .origin = finding.source,
                         .synced = finding.present};
  }
  findings.push_back(std::move(finding));
}

}  // namespace evershore::replicate
