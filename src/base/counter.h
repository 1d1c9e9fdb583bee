// Counters sit in a struct beside the code that counts; one thread writes each, any thread reads.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstdint>

namespace evershore {

class Counter {
 public:
  void add(uint64_t n = 1) { value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed); }
  void set(uint64_t n) { value_.store(n, std::memory_order_relaxed); }  // for gauges
  uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

// Latencies in power-of-two microsecond buckets: bucket i counts values below 2^i us.
class LatencyHistogram {
 public:
  static constexpr size_t kBuckets = 32;

  void add(std::chrono::nanoseconds value) {
    const auto us = static_cast<uint64_t>(value.count() < 0 ? 0 : value.count() / 1000);
    const auto bucket = static_cast<size_t>(std::bit_width(us));
    buckets_[bucket < kBuckets ? bucket : kBuckets - 1].add();
    sum_us_.add(us);
    count_.add();
  }
  uint64_t bucket(size_t index) const { return buckets_[index].get(); }
  uint64_t count() const { return count_.get(); }
  uint64_t sum_us() const { return sum_us_.get(); }

 private:
  std::array<Counter, kBuckets> buckets_;
  Counter sum_us_;
  Counter count_;
};

}  // namespace evershore
