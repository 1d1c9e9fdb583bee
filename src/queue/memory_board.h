// A Board in memory, for commands and tests.
#pragma once

#include <map>

#include "queue/board.h"

namespace evershore::queue {

class MemoryBoard final : public Board {
 public:
  Task<Result<std::optional<std::string>>> get(std::string key) override;
  Task<Result<void>> put(std::string key, std::string value) override;
  Task<Result<void>> remove(std::string key) override;
  Task<Result<std::vector<std::pair<std::string, std::string>>>> list(std::string prefix) override;

 private:
  std::map<std::string, std::string> entries_;
};

}  // namespace evershore::queue
