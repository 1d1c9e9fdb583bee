#include "io/deadline_wheel.h"

#include <algorithm>

namespace evershore::io {
namespace {

int64_t tick_before(Mono time) { return time.time_since_epoch() / DeadlineWheel::kTick; }
int64_t tick_after(Mono time) {
  if (time == kNever) return INT64_MAX;
  return tick_before(time) + (time.time_since_epoch() % DeadlineWheel::kTick == Duration::zero() ? 0 : 1);
}
Mono time_of(int64_t tick) { return Mono(DeadlineWheel::kTick * tick); }

}  // namespace

DeadlineWheel::DeadlineWheel() {
  for (Node& head : slots_) head.prev = head.next = &head;
}

void DeadlineWheel::link(Node& node, int64_t tick) {
  Node& head = slot(tick);
  node.tick = tick;
  node.next = &head;
  node.prev = head.prev;
  head.prev->next = &node;
  head.prev = &node;
  ++size_;
}

void DeadlineWheel::remove(Node& node) {
  if (!queued(node)) return;
  node.prev->next = node.next;
  node.next->prev = node.prev;
  node.prev = node.next = nullptr;
  --size_;
}

Mono DeadlineWheel::place(Node& node, Mono now) {
  // An empty wheel has nothing to look at between its last use and now.
  if (size_ == 0) done_ = std::max(done_, tick_before(now));
  const int64_t tick = std::clamp(tick_after(node.deadline), done_ + 1, done_ + kSlots - 1);
  if (queued(node)) {
    if (node.tick <= tick) return time_of(node.tick);
    remove(node);
  }
  link(node, tick);
  return time_of(tick);
}

Mono DeadlineWheel::next_wake() const {
  if (size_ == 0) return kNever;
  for (int64_t tick = done_ + 1; tick < done_ + kSlots; ++tick) {
    const Node& head = slot(tick);
    if (head.next != &head) return time_of(tick);
  }
  return kNever;
}

void DeadlineWheel::take_expired(Mono now, std::vector<Node*>& expired) {
  const int64_t until = tick_before(now);
  const int64_t first = std::max(done_ + 1, until - kSlots + 1);
  std::vector<Node*> later;
  for (int64_t tick = first; tick <= until; ++tick) {
    Node& head = slot(tick);
    while (head.next != &head) {
      Node* node = head.next;
      remove(*node);
      (node->deadline <= now ? expired : later).push_back(node);
    }
  }
  done_ = std::max(done_, until);
  for (Node* node : later) {
    if (node->deadline != kNever) place(*node, now);
  }
}

}  // namespace evershore::io
