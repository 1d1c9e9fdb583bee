// A hit in the edge's memory cache: the look-up alone, and the whole handler from parsed request to finished answer.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <list>
#include <random>

#include "base/fake_scheduler.h"
#include "edge/run/fake_exchange.h"
#include "edge/run/fake_origin.h"
#include "edge/run/handler.h"

namespace evershore::edge {
namespace {

struct NoSink final : EvidenceSink {
  void report(std::string_view, ProbeResult) override {}
};

EdgeConfig bench_config() {
  SiteSettings site{.name = "assets", .hosts = {"site.test"}, .regions = {"east", "west"}};
  return make_edge_config({}, {}, {{"assets", site}}, 1);
}

// What serializing costs is the server's; this takes the answer and counts it.
class CountingExchange final : public io::HttpExchange {
 public:
  explicit CountingExchange(std::string target) {
    request_.method = "GET";
    request_.target = std::move(target);
    request_.host = "site.test";
    request_.headers = {{"Host", "site.test"}, {"Accept", "*/*"}, {"User-Agent", "bench"}};
  }
  const http::RequestHead& request() const override { return request_; }
  const io::Endpoint& peer() const override { return peer_; }
  bool tls() const override { return false; }
  io::Loop& loop() override { assertion_failed("no loop here", __FILE__, __LINE__); }
  Task<Result<std::span<const uint8_t>>> read_body() override { co_return std::span<const uint8_t>{}; }
  Task<Result<std::string>> read_whole_body(size_t) override { co_return std::string(); }
  Task<Result<void>> respond(http::ResponseHead head, std::span<const uint8_t> bytes) override {
    benchmark::DoNotOptimize(head.headers.size());
    sent += bytes.size();
    co_return Result<void>{};
  }
  Task<Result<void>> start(http::ResponseHead, std::optional<uint64_t>) override { co_return Result<void>{}; }
  Task<Result<void>> write(std::span<const uint8_t> piece) override {
    sent += piece.size();
    co_return Result<void>{};
  }
  Task<Result<void>> finish() override { co_return Result<void>{}; }
  void abort() override {}
  bool started() const override { return false; }
  size_t sent = 0;

 private:
  http::RequestHead request_;
  io::Endpoint peer_{"127.0.0.1", 1};
};

void cache_lookup(benchmark::State& state) {
  MemoryCache cache(256 << 20);
  std::vector<std::string> keys;
  for (int i = 0; i < 10'000; ++i) {
    keys.push_back("assets" + std::string(1, '\0') + "images/2026/picture-" + std::to_string(i) + ".jpg");
    cache.put(keys.back(), std::make_shared<const StoredObject>(make_stored({}, {}, std::make_shared<const Bytes>(1024), "east")));
  }
  size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(cache.find(keys[i++ * 7919 % keys.size()]));
}
BENCHMARK(cache_lookup);

void handler_hit(benchmark::State& state) {
  FakeScheduler time;
  FakeOrigin origin(time);
  NoSink sink;
  RegionBook book(time, sink, Log(), BreakerRules{});
  Fetcher fetcher(time, origin, book, Fetcher::Rules{});
  Published<EdgeConfig> config(std::make_shared<const EdgeConfig>(bench_config()));
  Published<HealthSnapshot> health(std::make_shared<const HealthSnapshot>());
  Published<Steering> steering(std::make_shared<const Steering>());
  Handler handler(time, fetcher, {config, health, steering}, 256 << 20);
  const auto size = static_cast<size_t>(state.range(0));
  origin.region("east").objects["images/picture.jpg"] = {
      std::string(size, 'x'), "\"0123456789abcdef0123456789abcdef\"", {{"Cache-Control", "max-age=3600"}, {"Content-Type", "image/jpeg"}}};
  CountingExchange exchange("/images/picture.jpg");
  TaskScope tasks;
  tasks.spawn(handler.serve(exchange));
  time.run_for(std::chrono::seconds(1));
  for (auto _ : state) tasks.spawn(handler.serve(exchange));
  if (handler.counters().cache_hits.get() < static_cast<uint64_t>(state.iterations())) state.SkipWithError("not all were hits");
}
BENCHMARK(handler_hit)->Arg(1024)->Arg(1 << 20);

// ---- hit ratio: what people ask for again and again (Zipf), and now and then a crawler that asks for everything once

class Lru {
 public:
  explicit Lru(uint64_t bytes_max) : bytes_max_(bytes_max) {}
  bool find(const std::string& key) {
    const auto at = places_.find(key);
    if (at == places_.end()) return false;
    order_.splice(order_.begin(), order_, at->second);
    return true;
  }
  void put(const std::string& key, uint64_t cost) {
    order_.emplace_front(key, cost);
    places_[key] = order_.begin();
    for (bytes_ += cost; bytes_ > bytes_max_; order_.pop_back()) {
      bytes_ -= order_.back().second;
      places_.erase(order_.back().first);
    }
  }

 private:
  uint64_t bytes_max_;
  uint64_t bytes_ = 0;
  std::list<std::pair<std::string, uint64_t>> order_;
  std::unordered_map<std::string, std::list<std::pair<std::string, uint64_t>>::iterator> places_;
};

// 400,000 requests: Zipf (exponent 1) over 50,000 keys, and after every 100,000th a scan over 20,000 others, if asked for.
std::vector<uint32_t> trace(bool with_scans) {
  constexpr uint32_t kKeys = 50'000, kScan = 20'000;
  std::vector<double> sums;
  for (uint32_t i = 0; i < kKeys; ++i) sums.push_back((sums.empty() ? 0.0 : sums.back()) + 1.0 / (i + 1));
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> any(0, sums.back());
  std::vector<uint32_t> keys;
  for (uint32_t i = 0; i < 400'000; ++i) {
    keys.push_back(static_cast<uint32_t>(std::lower_bound(sums.begin(), sums.end(), any(random)) - sums.begin()));
    if (with_scans && i % 100'000 == 99'999)
      for (uint32_t j = 0; j < kScan; ++j) keys.push_back(kKeys + i + j);
  }
  return keys;
}

// The scan's own requests cannot hit, so they do not count. range(0): scans or none; range(1): room for so many objects.
void hit_ratio(benchmark::State& state) {
  const auto keys = trace(state.range(0) != 0);
  const auto body = std::make_shared<const Bytes>(4096);
  const auto object = std::make_shared<const StoredObject>(make_stored({}, {}, body, "east"));
  const uint64_t cost = object->cost_bytes() + 12;
  const auto room = static_cast<uint64_t>(state.range(1)) * cost;
  double ours = 0, lru = 0, asked = 0;
  for (auto _ : state) {
    MemoryCache cache(room);
    Lru reference(room);
    ours = lru = asked = 0;
    for (const auto number : keys) {
      const auto key = fmt::format("site/{:07}", number);
      const bool counts = number < 50'000;
      asked += counts;
      if (cache.find(key)) {
        ours += counts;
      } else {
        cache.put(key, object);
      }
      if (reference.find(key)) {
        lru += counts;
      } else {
        reference.put(key, cost);
      }
    }
  }
  state.counters["s3_fifo"] = ours / asked;
  state.counters["lru"] = lru / asked;
}
BENCHMARK(hit_ratio)->ArgsProduct({{0, 1}, {500, 2'500, 5'000, 12'500}})->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace evershore::edge

BENCHMARK_MAIN();
