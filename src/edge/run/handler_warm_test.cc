// Objects fetched before anybody asks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edge/run/handler_fixture.h"

namespace evershore::edge {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class HandlerWarmTest : public HandlerFixture {
 protected:
  Task<void> collect(std::vector<std::string> keys, std::vector<Warmed>& out) {
    out = co_await handler.warm_all("assets", std::move(keys));
  }
  std::vector<Warmed> warm(std::vector<std::string> keys) {
    std::vector<Warmed> ends;
    tasks.spawn(collect(std::move(keys), ends));
    time.run_for(60s);
    return ends;
  }
};

TEST_F(HandlerWarmTest, what_is_warmed_is_a_hit_and_what_is_fresh_is_left_alone) {
  put_everywhere("a", cacheable("one"));
  put_everywhere("b c", cacheable("two"));
  auto moved = cacheable("x");
  moved.headers.add("x-amz-website-redirect-location", "/a");
  put_everywhere("moved", moved);
  EXPECT_THAT(warm({"a", "b c", "none", "moved"}), ElementsAre(Warmed::kFetched, Warmed::kFetched, Warmed::kMissing, Warmed::kFetched));
  EXPECT_EQ(handler.counters().answers_by_class[2].get(), 0u);  // nobody was answered
}

TEST_F(HandlerWarmTest, fresh_copies_stay_and_dead_regions_are_told) {
  auto object = cacheable("one");
  object.headers.set("Cache-Control", "max-age=600");
  put_everywhere("a", object);
  EXPECT_THAT(warm({"a"}), ElementsAre(Warmed::kFetched));
  EXPECT_THAT(told(get("/a")), HasSubstr("cache=hit"));
  EXPECT_THAT(warm({"a"}), ElementsAre(Warmed::kWasThere));
  all_become(FakeRegion::Mode::kRefuses);
  EXPECT_THAT(warm({"b"}), ElementsAre(Warmed::kFailed));
  EXPECT_THAT(warm({std::string(2'000, 'k')}), ElementsAre(Warmed::kFailed));
}

TEST_F(HandlerWarmTest, few_are_asked_for_at_once) {
  std::vector<std::string> keys;
  for (int i = 0; i < 50; ++i) {
    keys.push_back("k" + std::to_string(i));
    put_everywhere(keys.back(), cacheable("x"));
  }
  std::vector<Warmed> ends;
  tasks.spawn(collect(keys, ends));
  time.run_for(1ms);
  EXPECT_EQ(east.seen.size(), Handler::kWarmedAtOnce);
  time.run_for(1s);
  EXPECT_EQ(east.seen.size(), 50u);
  EXPECT_EQ(ends.size(), 50u);
}

}  // namespace
}  // namespace evershore::edge
