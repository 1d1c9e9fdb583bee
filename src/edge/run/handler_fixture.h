// A handler over two regions that exist only in memory, in one thread with a clock of its own.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/fake_scheduler.h"
#include "edge/run/fake_exchange.h"
#include "edge/run/fake_origin.h"
#include "edge/run/handler.h"

namespace evershore::edge {

struct NoSink final : EvidenceSink {
  void report(std::string_view, ProbeResult) override {}
};

inline EdgeConfig test_config() {
  SiteSettings site;
  site.name = "assets";
  site.hosts = {"site.test"};
  site.regions = {"east", "west"};
  site.error_document = "404.html";
  EdgeSettings edge;
  edge.cache_memory_bytes = 64 << 20;
  return make_edge_config(edge, {}, {{"assets", site}}, 1);
}

class HandlerFixture : public ::testing::Test {
 protected:
  using Exchange = std::unique_ptr<FakeExchange>;
  ~HandlerFixture() override {
    bool closed = false;
    fetcher.cancel_all();
    tasks.spawn(close(closed));
    time.run_for(std::chrono::seconds(60));
    EXPECT_TRUE(closed);
  }
  Task<void> close(bool& closed) {
    co_await handler.close();
    co_await fetcher.close();
    closed = true;
  }
  Task<void> serve(FakeExchange& exchange) {
    co_await handler.serve(exchange);
    exchange.returned = true;
  }
  Exchange begin(std::string method, std::string target, http::Headers headers = {}) {
    auto exchange = std::make_unique<FakeExchange>(std::move(method), std::move(target), std::move(headers));
    tasks.spawn(serve(*exchange));
    return exchange;
  }
  Exchange ask(std::string method, std::string target, http::Headers headers = {}) {
    auto exchange = begin(std::move(method), std::move(target), std::move(headers));
    for (int i = 0; i < 100'000 && !exchange->returned && time.run_next(); ++i) {
    }
    EXPECT_TRUE(exchange->returned);
    return exchange;
  }
  Exchange get(std::string target, http::Headers headers = {}) { return ask("GET", std::move(target), std::move(headers)); }
  static std::string told(const Exchange& exchange) { return std::string(exchange->head.headers.get("x-evershore")); }
  void put_everywhere(const std::string& key, FakeObject object) {
    east.objects[key] = object;
    west.objects[key] = object;
  }
  static FakeObject cacheable(std::string bytes, std::string etag = "\"v1\"") {
    return {std::move(bytes), std::move(etag), {{"Cache-Control", "max-age=60"}, {"Content-Type", "text/plain"}}};
  }
  void all_become(FakeRegion::Mode mode) {
    east.become(mode);
    west.become(mode);
  }

  FakeScheduler time;
  FakeOrigin origin{time};
  NoSink sink;
  RegionBook book{time, sink, Log(), BreakerRules{}};
  Fetcher fetcher{time, origin, book, Fetcher::Rules{}};
  Published<EdgeConfig> config{std::make_shared<const EdgeConfig>(test_config())};
  Published<HealthSnapshot> health{std::make_shared<const HealthSnapshot>()};
  Published<Steering> steering{std::make_shared<const Steering>()};
  KeyNews news;
  NewsDesk news_desk{news};
  Handler handler{time, fetcher, {config, health, steering, nullptr, nullptr, CacheLimits{}, nullptr, &news_desk}, 64 << 20};
  TaskScope tasks;
  FakeRegion& east = origin.region("east");
  FakeRegion& west = origin.region("west");
};

}  // namespace evershore::edge
