// Hit ratios of the edge's memory cache (S3-FIFO) beside LRU and W-TinyLFU, over the same requests in the same room.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <list>
#include <random>

#include "edge/memory_cache.h"

namespace evershore::edge {
namespace {

// One order of use, newest first, with what each key costs.
struct Order {
  struct Item {
    std::string key;
    uint64_t cost;
  };
  std::list<Item> items;
  uint64_t bytes = 0;
};

class Lru {
 public:
  explicit Lru(uint64_t bytes_max) : bytes_max_(bytes_max) {}
  bool find(const std::string& key) {
    const auto at = places_.find(key);
    if (at == places_.end()) return false;
    order_.items.splice(order_.items.begin(), order_.items, at->second);
    return true;
  }
  void put(const std::string& key, uint64_t cost) {
    order_.items.emplace_front(key, cost);
    places_[key] = order_.items.begin();
    for (order_.bytes += cost; order_.bytes > bytes_max_; order_.items.pop_back()) {
      order_.bytes -= order_.items.back().cost;
      places_.erase(order_.items.back().key);
    }
  }

 private:
  uint64_t bytes_max_;
  Order order_;
  std::unordered_map<std::string, std::list<Order::Item>::iterator> places_;
};

// How often keys were asked for lately: four rows of counters up to 15, all halved now and then.
class Sketch {
 public:
  explicit Sketch(size_t objects) : width_(std::bit_ceil(std::max<size_t>(objects, 64))), halve_after_(10 * objects) {
    for (auto& row : rows_) row.assign(width_, 0);
  }
  void note(const std::string& key) {
    for (size_t i = 0; i < rows_.size(); ++i) {
      uint8_t& counter = rows_[i][place(key, i)];
      if (counter < 15) ++counter;
    }
    if (++noted_ < halve_after_) return;
    noted_ = 0;
    for (auto& row : rows_)
      for (auto& counter : row) counter /= 2;
  }
  int of(const std::string& key) const {
    int least = 15;
    for (size_t i = 0; i < rows_.size(); ++i) least = std::min<int>(least, rows_[i][place(key, i)]);
    return least;
  }

 private:
  size_t place(const std::string& key, size_t row) const {
    return ((std::hash<std::string>{}(key) + row) * 0x9E3779B97F4A7C15ULL >> 20) & (width_ - 1);
  }
  size_t width_, halve_after_, noted_ = 0;
  std::array<std::vector<uint8_t>, 4> rows_;
};

// W-TinyLFU as in Caffeine: a window (LRU, 1 %) before a main part (a fifth on probation, the rest protected); what leaves the
// window gets in only if it was asked for more often than each of those it would drive out.
class TinyLfu {
 public:
  TinyLfu(uint64_t bytes_max, size_t objects) : window_max_(bytes_max / 100), main_max_(bytes_max - bytes_max / 100), sketch_(objects) {}

  bool find(const std::string& key) {
    sketch_.note(key);
    const auto at = places_.find(key);
    if (at == places_.end()) return false;
    if (at->second.part == kProbation) {
      move(at->second, kProtected);
      while (parts_[kProtected].bytes > main_max_ * 4 / 5) move(places_.at(parts_[kProtected].items.back().key), kProbation);
    } else {
      move(at->second, at->second.part);
    }
    return true;
  }
  void put(const std::string& key, uint64_t cost) {
    parts_[kWindow].items.emplace_front(key, cost);
    parts_[kWindow].bytes += cost;
    places_[key] = {kWindow, parts_[kWindow].items.begin()};
    while (parts_[kWindow].bytes > window_max_) admit(places_.at(parts_[kWindow].items.back().key));
  }

 private:
  enum Part : uint8_t { kWindow, kProbation, kProtected };
  struct Place {
    Part part;
    std::list<Order::Item>::iterator item;
  };
  void move(Place& place, Part to) {
    parts_[place.part].bytes -= place.item->cost;
    parts_[to].bytes += place.item->cost;
    parts_[to].items.splice(parts_[to].items.begin(), parts_[place.part].items, place.item);
    place.part = to;
  }
  void drop(const std::string& key) {
    const auto at = places_.find(key);
    parts_[at->second.part].bytes -= at->second.item->cost;
    parts_[at->second.part].items.erase(at->second.item);
    places_.erase(at);
  }
  void admit(Place& candidate) {
    const std::string key = candidate.item->key;
    move(candidate, kProbation);
    const int uses = sketch_.of(key);
    while (parts_[kProbation].bytes + parts_[kProtected].bytes > main_max_) {
      auto& victims = parts_[kProbation].items.size() > 1 ? parts_[kProbation] : parts_[kProtected];
      const std::string victim = victims.items.empty() ? key : victims.items.back().key;
      if (victim == key || sketch_.of(victim) >= uses) return drop(key);
      drop(victim);
    }
  }

  uint64_t window_max_, main_max_;
  Sketch sketch_;
  std::array<Order, 3> parts_;
  std::unordered_map<std::string, Place> places_;
};

// ---- the requests

constexpr uint32_t kKeys = 50'000, kRequests = 600'000, kScan = 20'000;
enum Kind : uint8_t { kSteady, kScans, kShifts };  // the same popularity throughout; a crawler now and then; new favourites by thirds

std::vector<uint32_t> trace(Kind kind, double skew) {
  std::vector<double> sums;
  for (uint32_t i = 0; i < kKeys; ++i) sums.push_back((sums.empty() ? 0.0 : sums.back()) + 1.0 / std::pow(i + 1, skew));
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> any(0, sums.back());
  std::vector<uint32_t> keys;
  for (uint32_t i = 0; i < kRequests; ++i) {
    const auto rank = static_cast<uint32_t>(std::lower_bound(sums.begin(), sums.end(), any(random)) - sums.begin());
    keys.push_back(kind == kShifts ? (rank + i / (kRequests / 3) * 17'000) % kKeys : rank);
    if (kind == kScans && i % 100'000 == 99'999)
      for (uint32_t j = 0; j < kScan; ++j) keys.push_back(kKeys + i + j);
  }
  return keys;
}

// All 4 KB, or 60 % 1 KB, 25 % 16 KB, 12 % 128 KB, 3 % 1 MB, by key.
size_t size_of(uint32_t key, bool mixed) {
  if (!mixed) return 4096;
  const uint32_t part = key * 7919 % 100;
  return part < 60 ? 1 << 10 : part < 85 ? 16 << 10 : part < 97 ? 128 << 10 : 1 << 20;
}

// A crawler's own requests cannot hit, so they do not count. Arguments: kind, skew in percent, mixed sizes, MiB of room.
void hit_ratio(benchmark::State& state) {
  const auto keys = trace(static_cast<Kind>(state.range(0)), static_cast<double>(state.range(1)) / 100);
  const bool mixed = state.range(2) != 0;
  const uint64_t room = static_cast<uint64_t>(state.range(3)) << 20;
  std::unordered_map<size_t, std::shared_ptr<const StoredObject>> objects;
  for (uint32_t key = 0; key < 100; ++key) {
    auto& object = objects[size_of(key, mixed)];
    if (!object)
      object = std::make_shared<const StoredObject>(make_stored({}, {}, std::make_shared<const Bytes>(size_of(key, mixed)), "east"));
  }
  double fifo_hits = 0, lru_hits = 0, lfu_hits = 0, asked = 0;
  for (auto _ : state) {
    MemoryCache fifo(room);
    Lru lru(room);
    TinyLfu lfu(room, room / (mixed ? 50'000 : 5'000));
    for (const auto number : keys) {
      const auto key = fmt::format("site/{:07}", number);
      const auto& object = objects[size_of(number, mixed)];
      const uint64_t cost = object->cost_bytes() + key.size();
      const bool counts = number < kKeys;
      const bool in_fifo = fifo.find(key) != nullptr, in_lru = lru.find(key), in_lfu = lfu.find(key);
      if (!in_fifo) fifo.put(key, object);
      if (!in_lru) lru.put(key, cost);
      if (!in_lfu) lfu.put(key, cost);
      asked += counts;
      fifo_hits += counts && in_fifo;
      lru_hits += counts && in_lru;
      lfu_hits += counts && in_lfu;
    }
  }
  state.counters["s3_fifo"] = fifo_hits / asked;
  state.counters["tiny_lfu"] = lfu_hits / asked;
  state.counters["lru"] = lru_hits / asked;
}
BENCHMARK(hit_ratio)
    ->ArgsProduct({{kSteady, kScans, kShifts}, {70, 90, 110}, {0}, {4, 16, 64}})
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(hit_ratio)->ArgsProduct({{kSteady, kScans, kShifts}, {90}, {1}, {32, 128}})->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace evershore::edge

BENCHMARK_MAIN();
