#include "queue/memory_board.h"

namespace evershore::queue {

Task<Result<std::optional<std::string>>> MemoryBoard::get(std::string key) {
  const auto at = entries_.find(key);
  co_return at == entries_.end() ? std::nullopt : std::optional(at->second);
}

Task<Result<void>> MemoryBoard::put(std::string key, std::string value) {
  if (key.empty() || key.size() > kBoardKeyBytesMax || value.size() > kBoardValueBytesMax) {
    co_return fail(Fault::kInvalid, "a board entry has a key of 1 to 512 bytes and a value of up to 64 KiB: " + key.substr(0, 64));
  }
  entries_[key] = std::move(value);
  co_return Result<void>{};
}

Task<Result<void>> MemoryBoard::remove(std::string key) {
  entries_.erase(key);
  co_return Result<void>{};
}

Task<Result<std::vector<std::pair<std::string, std::string>>>> MemoryBoard::list(std::string prefix) {
  std::vector<std::pair<std::string, std::string>> found;
  for (auto at = entries_.lower_bound(prefix); at != entries_.end() && at->first.starts_with(prefix); ++at) found.push_back(*at);
  co_return found;
}

}  // namespace evershore::queue
