// Collects what is wrong, and knows where in the file each setting stands.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/settings/settings.h"

namespace evershore::app {

inline constexpr size_t kProblemsMax = 1'000;

struct Position {
  uint32_t line = 1;
  uint32_t column = 1;
};

// Settings are named by their path: "sites.assets.regions[1]".
class Problems {
 public:
  explicit Problems(std::string_view file) : file_(file) {}

  void place(std::string path, Position position) { positions_.insert_or_assign(std::move(path), position); }
  // Of the setting, or of what it is in, if it is not in the file itself.
  Position position_of(std::string_view path) const;
  const std::map<std::string, Position, std::less<>>& positions() const { return positions_; }
  bool present(std::string_view path) const { return positions_.contains(path); }

  void add_at(Position position, std::string message);
  // At the setting's place, with its path in front: "sites.assets.regions[1]: MESSAGE".
  void add(std::string_view path, std::string_view message);
  // Anything wrong with this setting or inside it?
  bool any_below(std::string_view path) const;

  // Sorted by place.
  std::vector<Problem> take();

 private:
  std::string file_;
  std::vector<Problem> problems_;
  std::map<std::string, size_t, std::less<>> bad_paths_;
  std::map<std::string, Position, std::less<>> positions_;
};

// `; did you mean "interval"?`, or "" where nothing in `known` is near.
std::string did_you_mean(std::string_view word, std::span<const std::string> known);

}  // namespace evershore::app
