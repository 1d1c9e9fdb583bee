#include "health/alert_desk.h"

#include <algorithm>
#include <array>

namespace evershore::health {

bool is_trouble(const AlertEvent& event) {
  constexpr std::array<std::string_view, 8> kGood{"up", "answered", "renewed", "in sync", "settled", "released", "enough", "in time"};
  return std::ranges::find(kGood, event.state) == kGood.end();
}

bool AlertDesk::take(const AlertEvent& event, Mono now) {
  const auto key = std::pair(event.kind, event.name);
  const auto at = items_.find(key);
  const bool known = at != items_.end();
  if (!known && items_.size() >= kAlertsOpenMax) return false;
  if (is_trouble(event)) {
    if (!known || at->second.notice.kind == AlertNotice::Kind::kRecovery) {
      items_[key] = {.notice = {.kind = AlertNotice::Kind::kTrouble, .event = event, .since = event.at},
                     .due_at = now + rules_.hold,
                     .number = ++numbers_};
      return true;
    }
    auto& item = at->second;
    const bool other = item.told && item.notice.event.state != event.state;
    item.notice.event = event;
    if (other) item.due_at = now;
    return true;
  }
  if (known && (!at->second.told || !rules_.recovery)) {
    items_.erase(at);
  } else if (rules_.recovery) {
    const Wall since = known ? at->second.notice.since : Wall{};
    items_[key] = {.notice = {.kind = AlertNotice::Kind::kRecovery, .event = event, .since = since}, .due_at = now, .number = ++numbers_};
  }
  return true;
}

Mono AlertDesk::due_at(const Item& item) const {
  const bool over = item.notice.kind == AlertNotice::Kind::kRecovery;
  return over ? item.due_at : std::max(item.due_at, silenced_(item.notice.event));
}

std::vector<AlertNotice> AlertDesk::due(Mono now) {
  std::vector<std::pair<uint64_t, AlertNotice>> found;
  if (next() > now) return {};
  for (auto at = items_.begin(); at != items_.end();) {
    auto& item = at->second;
    if (due_at(item) > now) {
      ++at;
      continue;
    }
    found.emplace_back(item.number, item.notice);
    if (item.notice.kind == AlertNotice::Kind::kRecovery) {
      at = items_.erase(at);
      continue;
    }
    item.told = true;
    item.notice.kind = AlertNotice::Kind::kAgain;
    item.due_at = rules_.repeat > Duration{} ? now + rules_.repeat : kNever;
    ++at;
  }
  std::ranges::sort(found, {}, &std::pair<uint64_t, AlertNotice>::first);
  std::vector<AlertNotice> notices;
  for (auto& [number, notice] : found) notices.push_back(std::move(notice));
  return notices;
}

Mono AlertDesk::next() const {
  Mono first = kNever;
  for (const auto& [key, item] : items_) first = std::min(first, due_at(item));
  return first == kNever ? kNever : first + rules_.group;
}

}  // namespace evershore::health
