#include "app/settings/problems.h"

#include <algorithm>
#include <tuple>

#include "base/text.h"

namespace evershore::app {

namespace {

// "a.b[1].c" -> "a.b[1]" -> "a.b" -> "a" -> ""
std::string_view parent_of(std::string_view path) {
  const size_t cut = path.find_last_of(".[");
  return cut == std::string_view::npos ? std::string_view{} : path.substr(0, cut);
}

}  // namespace

std::string format_problem(const Problem& problem) {
  return fmt::format("{}:{}:{}: {}", problem.file, problem.line, problem.column, problem.message);
}

Position Problems::position_of(std::string_view path) const {
  for (; !path.empty(); path = parent_of(path)) {
    if (const auto at = positions_.find(path); at != positions_.end()) return at->second;
  }
  return {};
}

void Problems::add_at(Position position, std::string message) {
  if (problems_.size() >= kProblemsMax) return;
  problems_.push_back({file_, position.line, position.column, std::move(message)});
}

void Problems::add(std::string_view path, std::string_view message) {
  add_at(position_of(path), fmt::format("{}: {}", path, message));
  ++bad_paths_[std::string(path)];
}

bool Problems::any_below(std::string_view path) const {
  for (auto at = bad_paths_.lower_bound(path); at != bad_paths_.end() && at->first.starts_with(path); ++at) {
    const std::string_view rest = std::string_view(at->first).substr(path.size());
    if (rest.empty() || rest.front() == '.' || rest.front() == '[') return true;
  }
  return false;
}

std::vector<Problem> Problems::take() {
  const auto place = [](const Problem& problem) { return std::tie(problem.line, problem.column, problem.message); };
  std::sort(problems_.begin(), problems_.end(), [&](const Problem& a, const Problem& b) { return place(a) < place(b); });
  problems_.erase(std::unique(problems_.begin(), problems_.end()), problems_.end());
  return std::move(problems_);
}

std::string did_you_mean(std::string_view word, std::span<const std::string> known) {
  constexpr size_t kWordMax = 64;  // edit distance is quadratic
  if (word.size() > kWordMax) return "";
  const std::string* best = nullptr;
  size_t best_distance = 1 + std::max<size_t>(1, word.size() / 3);
  for (const std::string& candidate : known) {
    if (candidate.size() > kWordMax) continue;
    const size_t distance = edit_distance(word, candidate);
    if (distance >= best_distance) continue;
    best = &candidate;
    best_distance = distance;
  }
  return best == nullptr ? "" : fmt::format("; did you mean \"{}\"?", *best);
}

}  // namespace evershore::app
