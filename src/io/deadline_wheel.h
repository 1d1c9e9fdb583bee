// The coarse deadlines of one loop: a wheel of 10 ms slots. Setting, moving and dropping a deadline cost a few loads
// and stores, whatever their number; a deadline that moves later is not touched until its old slot comes up.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/time.h"

namespace evershore::io {

class DeadlineWheel {
 public:
  static constexpr Duration kTick = Millis(10);
  static constexpr int64_t kSlots = 1024;  // farther deadlines are looked at again after one round, about every 10 s

  // Part of whatever has a deadline. Must be taken out by remove() before it goes.
  struct Node {
    Mono deadline = kNever;

   private:
    friend class DeadlineWheel;
    Node* prev = nullptr;
    Node* next = nullptr;
    int64_t tick = 0;  // when queued: the tick at which it is looked at
  };

  DeadlineWheel();
  DeadlineWheel(const DeadlineWheel&) = delete;
  DeadlineWheel& operator=(const DeadlineWheel&) = delete;

  // Makes sure that `node` is looked at no later than one tick after its deadline. Returns when (a wake-up is needed by then).
  Mono place(Node& node, Mono now);
  void remove(Node& node);
  bool queued(const Node& node) const { return node.next != nullptr; }

  // The earliest time at which a slot has to be looked at; kNever when the wheel is empty.
  Mono next_wake() const;
  // Takes out all nodes whose deadline has passed and appends them to `expired`.
  void take_expired(Mono now, std::vector<Node*>& expired);

 private:
  void link(Node& node, int64_t tick);
  Node& slot(int64_t tick) { return slots_[static_cast<size_t>(tick % kSlots)]; }
  const Node& slot(int64_t tick) const { return slots_[static_cast<size_t>(tick % kSlots)]; }

  std::array<Node, kSlots> slots_;  // heads of rings
  int64_t done_ = 0;                // all ticks up to this one have been looked at
  size_t size_ = 0;
};

}  // namespace evershore::io
