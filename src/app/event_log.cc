#include "app/event_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/assert.h"
#include "base/text.h"

namespace evershore::app {

namespace {

using Json = nlohmann::json;

// In the order of their ids.
std::string key_of(uint64_t id) { return fmt::format("{}{:016x}", kEventPrefix, id); }

std::string text_of(const console::Event& event) {
  const Json json{{"time", format_iso8601(event.time)}, {"kind", event.kind}, {"subject", event.subject}, {"text", event.text}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<console::Event> event_of(std::string_view key, std::string_view text) {
  const auto id = parse_hex_u64(key.substr(kEventPrefix.size()));
  const auto json = Json::parse(text, nullptr, false);
  if (!id || !json.is_object()) return std::nullopt;
  for (const char* field : {"time", "kind", "subject", "text"}) {
    if (!json.contains(field) || !json[field].is_string()) return std::nullopt;
  }
  const auto time = parse_iso8601(json["time"].get<std::string>());
  if (!time) return std::nullopt;
  return console::Event{.id = *id, .time = *time, .kind = json["kind"], .subject = json["subject"], .text = json["text"]};
}

}  // namespace

void EventLog::restore(const std::vector<std::pair<std::string, std::string>>& entries, KeepEvent keep) {
  EVERSHORE_ASSERT(!keep_);
  keep_ = std::move(keep);
  std::deque<console::Event> earlier;
  for (const auto& [key, value] : entries) {
    if (!key.starts_with(kEventPrefix)) continue;
    auto event = event_of(key, value);
    if (event) earlier.push_back(*std::move(event));
    if (!event) keep_(key, std::nullopt);
  }
  std::ranges::sort(earlier, {}, &console::Event::id);
  const uint64_t before = earlier.empty() ? 0 : earlier.back().id;
  // What has been added since the start comes behind.
  for (auto& event : events_) {
    event.id += before;
    keep_(key_of(event.id), text_of(event));
    earlier.push_back(std::move(event));
  }
  events_ = std::move(earlier);
  last_id_ += before;
  forget_old();
}

void EventLog::forget_old() {
  const Wall oldest = scheduler_.wall() - std::chrono::floor<std::chrono::microseconds>(kEventAgeMax);
  while (!events_.empty() && (events_.size() > kEventsKept || events_.front().time < oldest)) {
    if (keep_) keep_(key_of(events_.front().id), std::nullopt);
    events_.pop_front();
  }
}

void EventLog::add(std::string_view kind, std::string_view subject, std::string text) {
  log_.named("event").info("{}", text);
  events_.push_back(
      {.id = ++last_id_, .time = scheduler_.wall(), .kind = std::string(kind), .subject = std::string(subject), .text = std::move(text)});
  if (keep_) keep_(key_of(last_id_), text_of(events_.back()));
  forget_old();
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

std::vector<console::Event> EventLog::between(Wall from, Wall until, size_t max) const {
  std::vector<console::Event> found;
  for (auto at = events_.rbegin(); at != events_.rend() && at->time >= from && found.size() < max; ++at) {
    if (at->time <= until) found.push_back(*at);
  }
  std::ranges::reverse(found);
  return found;
}

Task<void> EventLog::wait(uint64_t after, Mono deadline) {
  if (last_id_ > after) co_return;
  co_await changed_.wait_until(deadline);
}

}  // namespace evershore::app
