#include "app/event_log.h"

#include <algorithm>

namespace evershore::app {

void EventLog::add(std::string_view kind, std::string_view subject, std::string text) {
  log_.named("event").info("{}", text);
  events_.push_back(
      {.id = ++last_id_, .time = scheduler_.wall(), .kind = std::string(kind), .subject = std::string(subject), .text = std::move(text)});
  if (events_.size() > kEventsKept) events_.pop_front();
  changed_.notify_all();
}

std::vector<console::Event> EventLog::after(uint64_t after) const {
  constexpr size_t kMax = 1'000;
  const auto first = std::ranges::upper_bound(events_, after, {}, &console::Event::id);
  const auto count = std::min<size_t>(kMax, static_cast<size_t>(events_.end() - first));
  return {first, first + static_cast<std::ptrdiff_t>(count)};
}

std::vector<console::Event> EventLog::about(std::string_view subject, size_t max) const {
  std::vector<console::Event> found;
  for (auto at = events_.rbegin(); at != events_.rend() && found.size() < max; ++at) {
    if (at->subject == subject) found.push_back(*at);
  }
  return found;
}

Task<void> EventLog::wait(uint64_t after, Mono deadline) {
  if (last_id_ > after) co_return;
  co_await changed_.wait_until(deadline);
}

}  // namespace evershore::app
