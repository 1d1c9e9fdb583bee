#include "io/http_pool.h"

namespace evershore::io {

std::unique_ptr<Stream> HttpPool::take(const HttpOrigin& origin) {
  const auto at = idle_.find(origin);
  if (at == idle_.end()) return nullptr;
  auto& kept = at->second;
  std::unique_ptr<Stream> found;
  while (!found && !kept.empty()) {
    Idle newest = std::move(kept.back());
    kept.pop_back();
    const bool moved_on = newest.stream->named_since != kNever && loop_.now() - newest.stream->named_since >= age_max_;
    const bool young = loop_.now() - newest.since < idle_max_ && !moved_on;
    // Bytes that nobody asked for, or an end: not to be trusted with a request.
    if (young && newest.stream->silent()) found = std::move(newest.stream);
  }
  if (kept.empty()) idle_.erase(at);
  return found;
}

void HttpPool::give(const HttpOrigin& origin, std::unique_ptr<Stream> stream) {
  if (idle_per_origin_max_ == 0) return;
  if (stream->named_since != kNever && loop_.now() - stream->named_since >= age_max_) return;
  auto& kept = idle_[origin];
  if (kept.size() >= idle_per_origin_max_) kept.pop_front();
  stream->set_deadline(kNever);
  kept.push_back({std::move(stream), loop_.now()});
  if (sweep_timer_ == TimerId::kNone) sweep_timer_ = loop_.call_at(loop_.now() + idle_max_, [this] { sweep(); });
}

size_t HttpPool::size(const HttpOrigin& origin) const {
  const auto at = idle_.find(origin);
  return at == idle_.end() ? 0 : at->second.size();
}

void HttpPool::sweep() {
  sweep_timer_ = TimerId::kNone;
  Mono next = kNever;
  for (auto at = idle_.begin(); at != idle_.end();) {
    auto& kept = at->second;
    while (!kept.empty() && loop_.now() - kept.front().since >= idle_max_) kept.pop_front();
    if (!kept.empty()) next = std::min(next, kept.front().since + idle_max_);
    at = kept.empty() ? idle_.erase(at) : std::next(at);
  }
  if (next != kNever) sweep_timer_ = loop_.call_at(next, [this] { sweep(); });
}

}  // namespace evershore::io
