// This node's history, for the console, explain and people: what changed, when and why. In memory, and kept over restarts: the newest
// kEventsKept of the last kEventAgeMax. One thread (control).
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/sync.h"
#include "console/run/node_api.h"

namespace evershore::app {

inline constexpr size_t kEventsKept = 10'000;
inline constexpr Duration kEventAgeMax = std::chrono::days(30);
inline constexpr std::string_view kEventPrefix = "event/";  // of keys on the board

// What is written durably: board key -> value, nullopt = remove.
using KeepEvent = std::function<void(std::string key, std::optional<std::string> value)>;

class EventLog {
 public:
  EventLog(Scheduler& scheduler, Log log) : scheduler_(scheduler), changed_(scheduler), log_(log) {}

  // Once, before anything that is to outlive this run is added: the events of earlier runs, from the board's entries; others are passed
  // over, and what cannot be read is forgotten. Ids go on where they were.
  void restore(const std::vector<std::pair<std::string, std::string>>& entries, KeepEvent keep);
  // Also one log line.
  void add(std::string_view kind, std::string_view subject, std::string text);
  // Oldest first, those with id > `after`, at most 1,000.
  std::vector<console::Event> after(uint64_t after) const;
  // The newest about this subject, newest first.
  std::vector<console::Event> about(std::string_view subject, size_t max) const;
  // Those of that time, oldest first; of too many the newest.
  std::vector<console::Event> between(Wall from, Wall until, size_t max) const;
  Task<void> wait(uint64_t after, Mono deadline);
  void wake() { changed_.notify_all(); }  // so that waiters can leave

 private:
  void forget_old();

  Scheduler& scheduler_;
  KeepEvent keep_;  // empty until restore()
  Signal changed_;
  Log log_;
  uint64_t last_id_ = 0;
  std::deque<console::Event> events_;
};

}  // namespace evershore::app
