// The last events of this node, in memory, for the console, explain and people: what changed, when and why. One thread (control).
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/sync.h"
#include "console/run/node_api.h"

namespace evershore::app {

inline constexpr size_t kEventsKept = 2'000;

class EventLog {
 public:
  EventLog(Scheduler& scheduler, Log log) : scheduler_(scheduler), changed_(scheduler), log_(log) {}

  // Also one log line.
  void add(std::string_view kind, std::string_view subject, std::string text);
  // Oldest first, those with id > `after`, at most 1,000.
  std::vector<console::Event> after(uint64_t after) const;
  // The newest about this subject, newest first.
  std::vector<console::Event> about(std::string_view subject, size_t max) const;
  Task<void> wait(uint64_t after, Mono deadline);
  void wake() { changed_.notify_all(); }  // so that waiters can leave

 private:
  Scheduler& scheduler_;
  Signal changed_;
  Log log_;
  uint64_t last_id_ = 0;
  std::deque<console::Event> events_;
};

}  // namespace evershore::app
