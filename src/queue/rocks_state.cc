#include "queue/rocks_state.h"

namespace evershore::queue {
namespace {

std::string entry_key(const std::string& key) { return "b" + key; }

}  // namespace

Task<Result<std::optional<std::string>>> RocksBoard::get(std::string key) {
  std::vector<std::string> keys;
  keys.push_back(entry_key(key));
  CO_TRY(auto values, co_await engine_.get(Table::kBoard, std::move(keys)));
  co_return std::move(values[0]);
}

Task<Result<void>> RocksBoard::put(std::string key, std::string value) {
  if (key.empty() || key.size() > kBoardKeyBytesMax || value.size() > kBoardValueBytesMax)
    co_return fail(Fault::kInvalid, "a board entry has a key of 1 to 512 bytes and a value of up to 64 KiB: " + key.substr(0, 64));
  std::vector<Change> changes;
  changes.push_back({Table::kBoard, entry_key(key), std::move(value)});
  auto written = co_await engine_.commit(std::move(changes), Durability::kDurable);
  co_return written;
}

Task<Result<void>> RocksBoard::remove(std::string key) {
  std::vector<Change> changes;
  changes.push_back({Table::kBoard, entry_key(key), std::nullopt});
  auto written = co_await engine_.commit(std::move(changes), Durability::kDurable);
  co_return written;
}

Task<Result<std::vector<std::pair<std::string, std::string>>>> RocksBoard::list(std::string prefix) {
  constexpr size_t kPage = 1000;
  const std::string stored_prefix = entry_key(prefix);
  std::vector<std::pair<std::string, std::string>> found;
  std::string after;
  while (true) {
    CO_TRY(auto pairs, co_await engine_.scan(Table::kBoard, stored_prefix, after, kPage));
    for (KeyValue& pair : pairs) {
      after = pair.key;
      found.emplace_back(pair.key.substr(1), std::move(pair.value));
    }
    if (pairs.size() < kPage) co_return found;
  }
}

RocksState::RocksState(std::unique_ptr<RocksEngine> engine, std::unique_ptr<RocksQueue> queue)
    : engine_(std::move(engine)), queue_(std::move(queue)), rows_(*engine_), board_(*engine_) {}

Result<std::unique_ptr<RocksState>> RocksState::open(Scheduler& scheduler, const std::string& directory) {
  TRY(auto engine, RocksEngine::open(scheduler, directory));
  TRY(auto queue, RocksQueue::open(*engine));
  return std::unique_ptr<RocksState>(new RocksState(std::move(engine), std::move(queue)));
}

}  // namespace evershore::queue
