// Two loops' handlers, here on one thread, that miss the same key.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edge/run/handler_fixture.h"

namespace evershore::edge {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class FillDeskTest : public HandlerFixture {
 protected:
  FillDeskTest() {
    for (auto* each : {&one, &two}) each->post_here = [this](Callback callback) { time.post(std::move(callback)); };
  }
  ~FillDeskTest() override {
    bool closed = false;
    tasks.spawn(close_both(closed));
    time.run_for(60s);
    EXPECT_TRUE(closed);
  }
  Task<void> close_both(bool& closed) {
    fetcher.cancel_all();
    co_await one.close();
    co_await two.close();
    closed = true;
  }
  Task<void> serve_by(Handler& by, FakeExchange& exchange) {
    co_await by.serve(exchange);
    exchange.returned = true;
  }
  Exchange start(Handler& by, std::string target) {
    auto exchange = std::make_unique<FakeExchange>("GET", std::move(target), http::Headers{});
    tasks.spawn(serve_by(by, *exchange));
    return exchange;
  }

  FillDesk desk;
  PurgeDesk purges{"", Wall{}};
  EdgeInputs inputs{config, health, steering, nullptr, &purges, {}, &desk};
  Handler one{time, fetcher, inputs, 64 << 20};
  Handler two{time, fetcher, inputs, 64 << 20};
};

TEST_F(FillDeskTest, the_second_loop_gets_what_the_first_one_fetches) {
  put_everywhere("k", cacheable(std::string(100'000, 'x')));
  east.piece_gap = 5ms;
  const auto first = start(one, "/k");
  time.run_for(10ms);
  const auto second = start(two, "/k");
  time.run_for(1s);
  EXPECT_TRUE(first->complete && second->complete);
  EXPECT_EQ(second->body.size(), 100'000u);
  EXPECT_EQ(east.seen.size(), 1u);
  const auto again = start(two, "/k");
  time.run_for(10ms);
  EXPECT_THAT(told(again), HasSubstr("cache=hit"));
}

TEST_F(FillDeskTest, what_is_not_shared_is_fetched_by_each) {
  put_everywhere("k", {"secret", "\"v1\"", {{"Cache-Control", "no-store"}}});
  const auto first = start(one, "/k");
  const auto second = start(two, "/k");
  time.run_for(1s);
  EXPECT_EQ(first->body, "secret");
  EXPECT_EQ(second->body, "secret");
  EXPECT_EQ(east.seen.size(), 2u);
}

TEST_F(FillDeskTest, a_follower_does_not_wait_for_ever) {
  put_everywhere("k", cacheable(std::string(1'000'000, 'x')));
  east.piece_gap = west.piece_gap = 100ms;
  const auto first = start(one, "/k");
  time.run_for(10ms);
  const auto second = start(two, "/k");
  time.run_for(20s);
  EXPECT_TRUE(first->complete && second->complete);
  EXPECT_EQ(second->body.size(), 1'000'000u);
  EXPECT_GE(east.seen.size() + west.seen.size(), 2u);
}

TEST_F(FillDeskTest, a_missing_key_is_asked_for_by_each) {
  const auto first = start(one, "/nope");
  const auto second = start(two, "/nope");
  time.run_for(1s);
  EXPECT_EQ(first->head.status, 404);
  EXPECT_EQ(second->head.status, 404);
}

TEST_F(FillDeskTest, what_was_purged_meanwhile_is_not_taken_over) {
  put_everywhere("k", cacheable(std::string(200'000, 'o')));
  east.piece_gap = 10ms;
  const auto first = start(one, "/k");
  time.run_for(20ms);
  ASSERT_TRUE(purges.purge({PurgeKind::kKey, "assets", "k"}));
  put_everywhere("k", cacheable("new", "\"v2\""));
  const auto second = start(two, "/k");
  time.run_for(2s);
  EXPECT_EQ(second->body, "new");
}

}  // namespace
}  // namespace evershore::edge
