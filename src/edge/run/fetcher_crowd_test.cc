// How many requests a region gets at a time, and what a total outage may cost.
#include <gtest/gtest.h>

#include "base/fake_scheduler.h"
#include "base/text.h"
#include "edge/run/fake_origin.h"
#include "edge/run/fetcher.h"

namespace evershore::edge {
namespace {

using namespace std::chrono_literals;

struct NoSink final : EvidenceSink {
  void report(std::string_view, ProbeResult) override {}
};

class FetcherCrowdTest : public ::testing::Test {
 protected:
  FetcherCrowdTest() {
    for (const auto* name : {"east", "west"}) origin.region(name).objects["k"] = {"hello", "\"v1\""};
  }
  ~FetcherCrowdTest() override {
    tasks.spawn(fetcher.close());
    time.run_for(60s);
  }
  struct Outcome {
    bool done = false;
    GiveUp why = GiveUp::kNone;
    std::string region;
    Duration took{};
  };
  Task<void> run_fetch(std::vector<std::string> names, Outcome& outcome) {
    const Mono begun = time.now();
    FetchOrder order;
    order.request.key = "k";
    for (size_t i = 0; i < names.size(); ++i) order.regions.push_back({.region = names[i], .index = i});
    auto fetched = co_await fetcher.fetch(std::move(order));
    outcome = {true, fetched.why, fetched.region, Duration(time.now() - begun)};
    while (fetched.body) {
      auto piece = co_await fetched.body->next();
      if (!piece || piece->empty()) break;
    }
  }
  void ask(const std::vector<std::string>& names, size_t count) {
    const size_t first = outcomes.size();
    for (size_t i = 0; i < count; ++i) outcomes.push_back(std::make_unique<Outcome>());
    for (size_t i = first; i < outcomes.size(); ++i) tasks.spawn(run_fetch(names, *outcomes[i]));
  }
  size_t from(const std::string& region) const {
    return static_cast<size_t>(
        std::ranges::count_if(outcomes, [&](const auto& outcome) { return outcome->done && outcome->region == region; }));
  }
  size_t failed() const {
    return static_cast<size_t>(
        std::ranges::count_if(outcomes, [](const auto& outcome) { return outcome->done && outcome->why != GiveUp::kNone; }));
  }
  void limit_to(double limit, size_t line) { book.crowd_rules = {.start = limit, .least = 2, .most = 1'000, .waiting_max = line}; }

  FakeScheduler time;
  FakeOrigin origin{time};
  NoSink sink;
  RegionBook book{time, sink, Log(), BreakerRules{}};
  Fetcher fetcher{time, origin, book, Fetcher::Rules{}};
  TaskScope tasks;
  FakeRegion& east = origin.region("east");
  FakeRegion& west = origin.region("west");
  std::vector<std::unique_ptr<Outcome>> outcomes;
};

TEST_F(FetcherCrowdTest, what_a_region_does_not_bear_goes_to_another) {
  limit_to(10, 100);
  east.first_byte = west.first_byte = 20ms;
  ask({"east", "west"}, 10);
  time.run_for(1ms);
  EXPECT_EQ(book.record("east").counters.waiting_first_byte.get(), 10U);
  ask({"east", "west"}, 10);
  time.run_for(5s);
  EXPECT_EQ(from("east"), 10U);
  EXPECT_EQ(from("west"), 10U);
  EXPECT_EQ(book.record("east").counters.waited.get(), 0U);
}

TEST_F(FetcherCrowdTest, when_all_have_their_fill_requests_wait_their_turn) {
  limit_to(10, 100);
  east.first_byte = 20ms;
  ask({"east"}, 50);
  time.run_for(1ms);
  EXPECT_EQ(east.seen.size(), 10U);
  time.run_for(5s);
  EXPECT_EQ(from("east"), 50U);
  EXPECT_EQ(book.record("east").counters.waited.get(), 40U);
  EXPECT_EQ(book.record("east").breaker.phase, Phase::kClosed) << "a turn that was waited for is no silence of the region";
  EXPECT_GE(outcomes.back()->took, 80ms);
  EXPECT_EQ(book.record("east").counters.waiting_first_byte.get(), 0U);
}

TEST_F(FetcherCrowdTest, a_line_that_is_too_long_turns_away_at_once) {
  limit_to(10, 5);
  east.first_byte = 20ms;
  ask({"east"}, 20);
  time.run_for(5ms);
  EXPECT_EQ(failed(), 5U);
  EXPECT_EQ(book.record("east").counters.turned_away.get(), 5U);
  time.run_for(5s);
  EXPECT_EQ(from("east"), 15U);
}

TEST_F(FetcherCrowdTest, nobody_waits_in_line_for_longer_than_a_region_may_take_to_answer) {
  limit_to(2, 100);
  book.crowd_rules.most = 2;
  east.first_byte = 1900ms;
  ask({"east"}, 6);
  time.run_for(10s);
  EXPECT_EQ(from("east"), 4U) << "two at once, and two after them";
  EXPECT_EQ(failed(), 2U);
}

TEST_F(FetcherCrowdTest, refusals_for_overload_lower_the_limit_and_good_answers_raise_it) {
  limit_to(100, 1'000);
  ask({"east"}, 100);
  time.run_for(5s);
  const auto raised = book.record("east").counters.first_byte_limit.get();
  EXPECT_GE(raised, 100U);
  ask({"east"}, 1);
  east.become(FakeRegion::Mode::kAnswers503);
  ask({"east"}, 60);
  time.run_for(1s);
  EXPECT_LT(book.record("east").counters.first_byte_limit.get(), 60U);
}

TEST_F(FetcherCrowdTest, who_has_got_an_answer_elsewhere_leaves_the_line) {
  limit_to(2, 100);
  east.first_byte = west.first_byte = 150ms;
  ask({"east"}, 2);
  time.run_for(1ms);
  east.become(FakeRegion::Mode::kBlackHole);
  ask({"west", "east"}, 2);  // hedged after 100 ms, but east has its fill
  time.run_for(10s);
  EXPECT_EQ(from("west"), 2U);
  EXPECT_EQ(east.seen.size(), 2U);
}

// A total outage: 1,000 requests a second for 20 s, and nobody answers any of them well.
TEST_F(FetcherCrowdTest, a_total_outage_does_not_multiply_the_load) {
  for (const auto mode : {FakeRegion::Mode::kAnswers503, FakeRegion::Mode::kRefuses}) {
    east.become(mode);
    west.become(mode);
    const size_t seen_before = east.seen.size() + west.seen.size();
    constexpr size_t kRequests = 20'000;
    for (size_t i = 0; i < kRequests / 10; ++i) {
      ask({"east", "west"}, 10);
      time.run_for(10ms);
    }
    time.run_for(5s);
    const size_t asked = east.seen.size() + west.seen.size() - seen_before;
    // One for each request, retries for a fifth of them, what the budgets hold at the start and by time, and probes.
    EXPECT_LE(asked, kRequests * 5 / 4);
    EXPECT_EQ(failed(), outcomes.size());
    outcomes.clear();
    time.run_for(30s);
  }
}

// The same with a black hole: here the hedges are what must not multiply.
TEST_F(FetcherCrowdTest, a_total_black_hole_does_not_multiply_the_load) {
  east.become(FakeRegion::Mode::kBlackHole);
  west.become(FakeRegion::Mode::kBlackHole);
  constexpr size_t kRequests = 5'000;
  for (size_t i = 0; i < kRequests; ++i) {
    ask({"east", "west"}, 1);
    time.run_for(2ms);
  }
  time.run_for(20s);
  const size_t asked = east.seen.size() + west.seen.size();
  EXPECT_LE(asked, kRequests + kRequests * 3 / 10 + 100 + 100 + 30 * 20 + 200);
  EXPECT_EQ(failed(), kRequests);
}

}  // namespace
}  // namespace evershore::edge
