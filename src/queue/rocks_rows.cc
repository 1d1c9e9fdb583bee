#include "queue/codec.h"
#include "queue/rocks_state.h"

namespace evershore::queue {
namespace {

// The board's table also holds the facts; the first letter keeps them apart.
std::string facts_key(const std::string& site) { return "f" + site; }

std::vector<Change> changes_for(const std::string& site, const std::vector<KeyRow>& rows) {
  std::vector<Change> changes;
  changes.reserve(rows.size());
  for (const KeyRow& row : rows) changes.push_back({Table::kRows, stored_key(site, row.key), encode(row)});
  return changes;
}

}  // namespace

Task<Result<std::vector<std::optional<KeyRow>>>> RocksRows::get(std::string site, std::vector<ObjectKey> keys) {
  std::vector<std::string> stored;
  stored.reserve(keys.size());
  for (const ObjectKey& key : keys) stored.push_back(stored_key(site, key));
  CO_TRY(auto values, co_await engine_.get(Table::kRows, std::move(stored)));
  std::vector<std::optional<KeyRow>> rows(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    if (!values[i]) continue;
    CO_TRY(rows[i], decode_row(std::move(keys[i]), *values[i]));
  }
  co_return rows;
}

Task<Result<void>> RocksRows::put(std::string site, std::vector<KeyRow> rows, Durability durability) {
  auto written = co_await engine_.commit(changes_for(site, rows), durability);
  co_return written;
}

Task<Result<void>> RocksRows::put_new(std::string site, std::vector<KeyRow> rows) {
  RocksEngine::Decide decide = [changes =
                                    changes_for(site, rows)](const RocksEngine::Lookup& lookup) mutable -> Result<std::vector<Change>> {
    std::vector<Change> fresh;
    for (Change& change : changes) {
      TRY(const auto present, lookup(change.table, change.key));
      if (!present) fresh.push_back(std::move(change));
    }
    return fresh;
  };
  auto written = co_await engine_.commit_decided(std::move(decide), Durability::kLazy);
  co_return written;
}

Task<Result<void>> RocksRows::erase(std::string site, std::vector<Erase> rows) {
  RocksEngine::Decide decide = [site, rows = std::move(rows)](const RocksEngine::Lookup& lookup) -> Result<std::vector<Change>> {
    std::vector<Change> gone;
    for (const Erase& row : rows) {
      std::string key = stored_key(site, row.key);
      TRY(const auto present, lookup(Table::kRows, key));
      if (!present) continue;
      TRY(const auto stored, decode_row(row.key, *present));
      if (stored.version == row.version) gone.push_back({Table::kRows, std::move(key), std::nullopt});
    }
    return gone;
  };
  auto written = co_await engine_.commit_decided(std::move(decide), Durability::kLazy);
  co_return written;
}

Task<Result<RowPage>> RocksRows::list(std::string site, ObjectKey start_after, size_t max) {
  std::string after = start_after.empty() ? std::string() : stored_key(site, start_after);
  CO_TRY(auto pairs, co_await engine_.scan(Table::kRows, stored_key(site, ""), std::move(after), max + 1));
  RowPage page;
  page.more = pairs.size() > max;
  if (page.more) pairs.pop_back();
  page.rows.reserve(pairs.size());
  for (const KeyValue& pair : pairs) {
    CO_TRY(const auto at, split_stored_key(pair.key));
    CO_TRY(auto row, decode_row(ObjectKey(at.key), pair.value));
    page.rows.push_back(std::move(row));
  }
  co_return page;
}

uint64_t RocksRows::count(const std::string& site) const { return engine_.estimate(Table::kRows, stored_key(site, "")); }

Task<Result<SiteFacts>> RocksRows::facts(std::string site) {
  std::vector<std::string> keys;
  keys.push_back(facts_key(site));
  CO_TRY(const auto values, co_await engine_.get(Table::kBoard, std::move(keys)));
  if (!values[0]) co_return SiteFacts{};
  co_return decode_facts(*values[0]);
}

Task<Result<void>> RocksRows::put_facts(std::string site, SiteFacts facts) {
  std::vector<Change> changes;
  changes.push_back({Table::kBoard, facts_key(site), encode(facts)});
  auto written = co_await engine_.commit(std::move(changes), Durability::kDurable);
  co_return written;
}

}  // namespace evershore::queue
