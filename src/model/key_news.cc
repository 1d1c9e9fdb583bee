#include "model/key_news.h"

#include <limits>

#include "base/mix.h"

namespace evershore {

namespace {

constexpr uint64_t kRegionBits = (1U << KeyNews::kNumbersMax) - 1;

uint64_t hash_of(std::string_view name) { return mixed(std::hash<std::string_view>{}(name)); }

// Never 0, so that it differs from a free entry.
uint64_t tag_of(uint64_t hash) {
  const uint64_t tag = hash & ~kRegionBits;
  return tag == 0 ? kRegionBits + 1 : tag;
}

RegionNumbers regions_in(uint64_t who) { return {static_cast<uint32_t>(who & kRegionBits)}; }

}  // namespace

std::string news_name(std::string_view site, std::string_view key) {
  std::string name;
  name.reserve(site.size() + 1 + key.size());
  name.append(site);
  name.push_back('\0');
  name.append(key);
  return name;
}

KeyNews::KeyNews() : sites_(std::make_shared<const std::map<std::string, RegionNumbers, std::less<>>>()) {}
KeyNews::~KeyNews() = default;

std::optional<uint8_t> KeyNews::number_of(std::string_view region) {
  const std::scoped_lock lock(numbers_mutex_);
  for (size_t i = 0; i < numbers_.size(); ++i)
    if (numbers_[i] == region) return static_cast<uint8_t>(i);
  if (numbers_.size() == kNumbersMax) return std::nullopt;
  numbers_.emplace_back(region);
  return static_cast<uint8_t>(numbers_.size() - 1);
}

NewsOfKey KeyNews::Reader::about(std::string_view name) {
  NewsOfKey news;
  if (news_->table_.load(std::memory_order_acquire) == nullptr && !news_->some_site_behind_.load(std::memory_order_relaxed)) return news;
  if (const Entry* entry = news_->find(hash_of(name))) {
    news.behind = regions_in(entry->who.load(std::memory_order_acquire));
    news.mark = entry->mark.load(std::memory_order_acquire);
  }
  if (!news_->some_site_behind_.load(std::memory_order_acquire)) return news;
  const auto& sites = *sites_.get();
  const auto at = sites.find(name.substr(0, name.find('\0')));
  if (at != sites.end()) news.perhaps_behind = at->second;
  return news;
}

KeyNews::Bucket& KeyNews::bucket_of(uint64_t hash) const { return (*table_.load(std::memory_order_acquire))[hash % kBuckets]; }

KeyNews::Entry* KeyNews::find(uint64_t hash) const {
  if (table_.load(std::memory_order_acquire) == nullptr) return nullptr;
  for (Entry& entry : bucket_of(hash))
    if ((entry.who.load(std::memory_order_acquire) & ~kRegionBits) == tag_of(hash)) return &entry;
  return nullptr;
}

// A free entry, else that of the key which has been settled longest; nullptr: some region is behind for each key here.
KeyNews::Entry* KeyNews::place_for(uint64_t hash) {
  Entry* oldest = nullptr;
  uint64_t oldest_mark = std::numeric_limits<uint64_t>::max();
  for (Entry& entry : bucket_of(hash)) {
    const uint64_t who = entry.who.load(std::memory_order_relaxed);
    if (who == 0) return &entry;
    const uint64_t mark = entry.mark.load(std::memory_order_relaxed);
    if (!regions_in(who).empty() || mark >= oldest_mark) continue;
    oldest = &entry;
    oldest_mark = mark;
  }
  return oldest;
}

void KeyNews::write(std::string_view site, uint64_t hash, RegionNumbers behind, uint64_t mark) {
  if (table_owner_ == nullptr) {
    table_owner_ = std::make_unique<std::array<Bucket, kBuckets>>();
    table_.store(table_owner_.get(), std::memory_order_release);
  }
  Entry* entry = find(hash);
  const bool was_behind = entry != nullptr && !regions_in(entry->who.load(std::memory_order_relaxed)).empty();
  if (entry == nullptr) entry = place_for(hash);
  set_homeless(site, hash, entry == nullptr ? behind : RegionNumbers{});
  if (entry == nullptr) return;
  entry->mark.store(mark, std::memory_order_release);
  entry->who.store(tag_of(hash) | behind.bits, std::memory_order_release);
  counters_.behind.set(counters_.behind.get() + (behind.empty() ? 0 : 1) - (was_behind ? 1 : 0));
}

uint64_t KeyNews::changed(std::string_view site, std::string_view key, RegionNumbers behind) {
  counters_.news.add();
  const uint64_t mark = mark_.load(std::memory_order_relaxed) + 1;
  // The key first: whoever notes the new mark must find the key with it.
  write(site, hash_of(news_name(site, key)), behind, mark);
  mark_.store(mark, std::memory_order_release);
  return mark;
}

void KeyNews::narrow(std::string_view site, std::string_view key, RegionNumbers behind) {
  const uint64_t hash = hash_of(news_name(site, key));
  const Entry* entry = find(hash);
  if (entry == nullptr && !homeless_.contains(hash)) {
    changed(site, key, behind);
    return;
  }
  write(site, hash, behind, entry != nullptr ? entry->mark.load(std::memory_order_relaxed) : mark());
}

uint64_t KeyNews::settled(std::string_view site, std::string_view key) { return changed(site, key, {}); }

void KeyNews::set_homeless(std::string_view site, uint64_t hash, RegionNumbers behind) {
  const auto at = homeless_.find(hash);
  if (at == homeless_.end() ? behind.empty() : at->second.behind == behind) return;
  if (at != homeless_.end()) {
    count_homeless(at->second, -1);
    homeless_.erase(at);
  }
  if (!behind.empty()) count_homeless(homeless_[hash] = {std::string(site), behind}, 1);
  counters_.no_place.set(homeless_.size());
  publish_sites();
}

void KeyNews::count_homeless(const Homeless& key, int64_t by) {
  auto& keys = homeless_keys_[key.site];
  for (uint8_t number = 0; number < kNumbersMax; ++number)
    if (key.behind.has(number)) keys[number] += by;
}

void KeyNews::site_behind(std::string_view site, RegionNumbers behind) {
  const auto at = told_behind_.find(site);
  if (at == told_behind_.end() ? behind.empty() : at->second == behind) return;
  if (behind.empty()) {
    told_behind_.erase(at);
  } else {
    told_behind_[std::string(site)] = behind;
  }
  publish_sites();
}

void KeyNews::publish_sites() {
  auto all = told_behind_;
  for (const auto& [site, keys] : homeless_keys_)
    for (uint8_t number = 0; number < kNumbersMax; ++number)
      if (keys[number] > 0) all[site].add(number);
  if (all == *sites_.read()) return;
  const bool some = !all.empty();
  if (some) some_site_behind_.store(true, std::memory_order_release);
  sites_.publish(std::move(all));
  if (!some) some_site_behind_.store(false, std::memory_order_release);
}

void KeyNews::forget_all() {
  homeless_.clear();
  homeless_keys_.clear();
  told_behind_.clear();
  counters_.behind.set(0);
  counters_.no_place.set(0);
  publish_sites();
  if (table_owner_ == nullptr) return;
  for (Bucket& bucket : *table_owner_)
    for (Entry& entry : bucket) entry.who.store(entry.who.load(std::memory_order_relaxed) & ~kRegionBits, std::memory_order_release);
}

}  // namespace evershore
