#include "queue/memory_rows.h"

namespace evershore::queue {

void MemoryRows::note(Site& site, const ObjectKey& key) {
  if (tracking_ == CrashTracking::kOn) site.unsynced.insert(key);
}

void MemoryRows::sync() {
  sync_lazy_writes();
  if (on_sync_) on_sync_();
}

void MemoryRows::sync_lazy_writes() {
  for (auto& [name, site] : sites_) {
    for (const auto& key : site.unsynced) {
      const auto row = site.rows.find(key);
      if (row == site.rows.end()) {
        site.disk.erase(key);
      } else {
        site.disk[key] = row->second;
      }
    }
    site.unsynced.clear();
  }
}

void MemoryRows::crash() {
  for (auto& [name, site] : sites_) {
    site.unsynced.clear();
    site.rows = site.disk;
  }
}

Task<Result<std::vector<std::optional<KeyRow>>>> MemoryRows::get(std::string site, std::vector<ObjectKey> keys) {
  const auto& rows = sites_[site].rows;
  std::vector<std::optional<KeyRow>> found;
  found.reserve(keys.size());
  for (const auto& key : keys) {
    const auto row = rows.find(key);
    found.push_back(row == rows.end() ? std::nullopt : std::optional(row->second));
  }
  co_return found;
}

Task<Result<void>> MemoryRows::put(std::string site, std::vector<KeyRow> rows, Durability durability) {
  Site& at = sites_[site];
  for (auto& row : rows) {
    note(at, row.key);
    at.rows[row.key] = std::move(row);
  }
  if (durability == Durability::kDurable) sync();
  co_return Result<void>{};
}

Task<Result<void>> MemoryRows::put_new(std::string site, std::vector<KeyRow> rows) {
  Site& at = sites_[site];
  for (auto& row : rows) {
    note(at, row.key);
    at.rows.try_emplace(row.key, row);
  }
  co_return Result<void>{};
}

Task<Result<void>> MemoryRows::erase(std::string site, std::vector<Erase> rows) {
  Site& at = sites_[site];
  for (const auto& erase : rows) {
    const auto row = at.rows.find(erase.key);
    if (row == at.rows.end() || row->second.version != erase.version) continue;
    note(at, erase.key);
    at.rows.erase(row);
  }
  co_return Result<void>{};
}

Task<Result<RowPage>> MemoryRows::list(std::string site, ObjectKey start_after, size_t max) {
  const auto& rows = sites_[site].rows;
  RowPage page;
  auto row = rows.upper_bound(start_after);
  for (; row != rows.end() && page.rows.size() < max; ++row) page.rows.push_back(row->second);
  page.more = row != rows.end();
  co_return page;
}

uint64_t MemoryRows::count(const std::string& site) const {
  const auto at = sites_.find(site);
  return at == sites_.end() ? 0 : at->second.rows.size();
}

Task<Result<SiteFacts>> MemoryRows::facts(std::string site) { co_return sites_[site].facts; }

Task<Result<void>> MemoryRows::put_facts(std::string site, SiteFacts facts) {
  sites_[site].facts = std::move(facts);
  if (tracking_ == CrashTracking::kOn) sync();
  co_return Result<void>{};
}

}  // namespace evershore::queue
