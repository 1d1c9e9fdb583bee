// A hit in the edge's memory cache: the look-up alone, and the whole handler from parsed request to finished answer.
#include <benchmark/benchmark.h>

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

}  // namespace
}  // namespace evershore::edge

BENCHMARK_MAIN();
